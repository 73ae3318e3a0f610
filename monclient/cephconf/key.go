package cephconf

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// defaultKeyrings is where clients have their keyrings.
const defaultKeyrings = "/etc/ceph/$cluster.$name.keyring,/etc/ceph/$cluster.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin"

// findKey looks for the key if cephx is offered. Without one cephx is not offered, unless it is all
// that is.
func (s *Login) findKey(conf *File, keyringPath string) error {
	if !slices.Contains(s.Methods, wire.AuthCephx) {
		return nil
	}
	if text, ok := conf.Get(s.Name, "key"); ok && keyringPath == "" {
		var err error
		s.Key, err = cephx.ParseCryptoKey(text)
		s.KeyFrom = conf.Path()
		return errors.WithMessagef(err, "%s: key of %v", conf.Path(), s.Name)
	}
	if path, ok := conf.Get(s.Name, "keyfile"); ok && keyringPath == "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return errors.Wrapf(err, "%s: keyfile", conf.Path())
		}
		s.Key, err = cephx.ParseCryptoKey(strings.TrimSpace(string(b)))
		s.KeyFrom = path
		return errors.WithMessagef(err, "keyfile %s: key of %v", path, s.Name)
	}
	paths := []string{keyringPath}
	if keyringPath == "" {
		value, ok := conf.Get(s.Name, "keyring")
		if env := os.Getenv("CEPH_KEYRING"); env != "" {
			value = env
		} else if !ok {
			value = conf.Expand(s.Name, defaultKeyrings)
		}
		paths = List(value)
	}
	for _, path := range paths {
		if key, ok := loadKeyOnly(path); ok {
			s.Key, s.KeyFrom = key, path
			return nil
		}
		keyring, err := cephx.LoadKeyring(path)
		if errors.Is(err, os.ErrNotExist) {
			s.Searched = append(s.Searched, path)
			continue
		}
		if err != nil {
			return err
		}
		entry, err := keyring.Lookup(s.Name)
		switch {
		case err != nil && len(keyring.Names()) == 0:
			return errors.Errorf("keyring %s is empty: put the key of %v there, as \"ceph auth "+
				"get %v\" prints it", path, s.Name, s.Name)
		case err != nil:
			return errors.Errorf("keyring %s has no key for %v, only for %v: log in as one of "+
				"those with --name, or add it", path, s.Name, keyring.Names())
		}
		s.Key, s.KeyFrom = entry.Key, path
		return nil
	}
	if keyringPath != "" || !slices.Contains(s.Methods, wire.AuthNone) {
		return s.noKeyring()
	}
	s.Methods = slices.DeleteFunc(s.Methods, func(m uint32) bool { return m == wire.AuthCephx })
	return nil
}

// loadKeyOnly reads a file that has nothing but a key in it, as keyfile names one and "ceph auth
// get-key" prints it.
func loadKeyOnly(path string) (cephx.CryptoKey, bool) {
	f, err := os.Open(path)
	if err != nil {
		return cephx.CryptoKey{}, false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return cephx.CryptoKey{}, false
	}
	key, err := cephx.ParseCryptoKey(strings.TrimSpace(string(b)))
	return key, err == nil && !key.IsZero()
}

func (s *Login) noKeyring() error {
	return errors.Errorf("no keyring found at %s: say where the key of %v is with --keyring",
		strings.Join(s.Searched, ", "), s.Name)
}
