package cluster

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/cephconf"
	"simplemessenger/monclient"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Options say which cluster, and as whom. What is empty comes from ceph.conf.
type Options struct {
	Conf    string // ceph.conf; empty for the one that cephconf.Find finds
	MonHost string
	Keyring string
	Name    string // empty for client.admin
	Timeout time.Duration
	Tracer  trace.Tracer // sees the conversation with the monitors; nil for none
}

// Settings are Options with everything filled in.
type Settings struct {
	Options
	Name         auth.EntityName
	Monitors     []wire.EntityAddr
	Methods      []uint32 // to offer to the monitors
	Key          cephx.CryptoKey
	KeyFrom      string   // the file with the key; empty without
	Searched     []string // where a keyring would have been
	Requirements cephx.Requirements
}

// defaultKeyrings is where clients have their keyrings.
const defaultKeyrings = "/etc/ceph/$cluster.$name.keyring,/etc/ceph/$cluster.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin"

// defaultRequireVersion is that of Ceph 16.2; 14.2 requires nothing, and can.
const defaultRequireVersion = 2

// Resolve fills in what the options leave to ceph.conf, and finds the key. The errors are for people.
func (o Options) Resolve(ctx context.Context) (Settings, error) {
	overrides, err := o.applyCephArgs()
	if err != nil {
		return Settings{Options: o}, err
	}
	s := Settings{Options: o}
	name := o.Name
	if name == "" {
		name = "client.admin"
	}
	if s.Name, err = auth.ParseEntityName(name); err != nil {
		return s, errors.Errorf("name %q: want a type and an id, such as client.admin", name)
	}
	conf, err := cephconf.Find(o.Conf)
	if err != nil {
		return s, err
	}
	conf = override(conf, overrides)
	if s.Monitors, err = o.monitors(ctx, conf, s.Name); err != nil {
		return s, err
	}
	if s.Methods, err = methods(conf, s.Name); err != nil {
		return s, err
	}
	if s.Requirements, err = requirements(conf, s.Name); err != nil {
		return s, err
	}
	return s, s.findKey(conf)
}

func (o Options) monitors(ctx context.Context, conf *cephconf.File, name auth.EntityName) ([]wire.EntityAddr, error) {
	if o.MonHost != "" {
		return ParseMonHost(ctx, o.MonHost)
	}
	if value, ok := conf.Get(name, "mon_host"); ok {
		addrs, err := ParseMonHost(ctx, value)
		return addrs, errors.WithMessage(err, conf.Path())
	}
	if addrs, err := monitorSections(ctx, conf); err != nil || len(addrs) > 0 {
		return addrs, errors.WithMessage(err, conf.Path())
	}
	if conf.Path() != "" {
		return nil, errors.Errorf("%s has no mon_host, and no [mon.…] with mon addr: say where the monitors are with --mon-host", conf.Path())
	}
	return nil, errors.Errorf("no monitors known: there is no ceph.conf at %s; say where it is with --conf, or where the monitors are with --mon-host",
		strings.Join(cephconf.SearchPath(), ", "))
}

func methods(conf *cephconf.File, name auth.EntityName) (all []uint32, err error) {
	option, otherwise := "auth_client_required", "cephx, none"
	if name.Type != wire.EntityClient {
		option, otherwise = "auth_cluster_required", "cephx"
	}
	value, ok := conf.Get(name, "auth_supported")
	if !ok || value == "" {
		if value, ok = conf.Get(name, option); !ok {
			value = otherwise
		}
	}
	for _, method := range cephconf.List(value) {
		switch method {
		case "cephx":
			all = append(all, wire.AuthCephx)
		case "none":
			all = append(all, wire.AuthNone)
		default:
			return nil, errors.Errorf("%s: %s = %s: method %q is not known here", conf.Path(), option, value, method)
		}
	}
	return all, nil
}

// requirements reads the cephx_ options.
func requirements(conf *cephconf.File, name auth.EntityName) (r cephx.Requirements, err error) {
	var sign bool
	for _, o := range []struct {
		name      string
		value     *bool
		otherwise bool
	}{
		{"cephx_sign_messages", &sign, true},
		{"cephx_require_signatures", &r.RequireSignatures, false},
		{"cephx_cluster_require_signatures", &r.ClusterRequireSignatures, false},
		{"cephx_service_require_signatures", &r.ServiceRequireSignatures, false},
	} {
		if *o.value, err = conf.GetBool(name, o.name, o.otherwise); err != nil {
			return r, err
		}
	}
	r.DisableSignMessages = !sign
	for _, o := range []struct {
		name  string
		value *int
	}{
		{"cephx_require_version", &r.RequireVersion},
		{"cephx_cluster_require_version", &r.ClusterRequireVersion},
		{"cephx_service_require_version", &r.ServiceRequireVersion},
	} {
		if *o.value, err = conf.GetInt(name, o.name, defaultRequireVersion); err != nil {
			return r, err
		}
	}
	return r, nil
}

// findKey looks for the key if cephx is offered. Without one cephx is not offered, unless it is all that is.
func (s *Settings) findKey(conf *cephconf.File) error {
	if !slices.Contains(s.Methods, wire.AuthCephx) {
		return nil
	}
	if text, ok := conf.Get(s.Name, "key"); ok && s.Options.Keyring == "" {
		var err error
		s.Key, err = cephx.ParseCryptoKey(text)
		s.KeyFrom = conf.Path()
		return errors.WithMessagef(err, "%s: key of %v", conf.Path(), s.Name)
	}
	if path, ok := conf.Get(s.Name, "keyfile"); ok && s.Options.Keyring == "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return errors.Wrapf(err, "%s: keyfile", conf.Path())
		}
		s.Key, err = cephx.ParseCryptoKey(strings.TrimSpace(string(b)))
		s.KeyFrom = path
		return errors.WithMessagef(err, "keyfile %s: key of %v", path, s.Name)
	}
	paths := []string{s.Options.Keyring}
	if s.Options.Keyring == "" {
		value, ok := conf.Get(s.Name, "keyring")
		if env := os.Getenv("CEPH_KEYRING"); env != "" {
			value = env
		} else if !ok {
			value = conf.Expand(s.Name, defaultKeyrings)
		}
		paths = cephconf.List(value)
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
			return errors.Errorf("keyring %s is empty: put the key of %v there, as \"ceph auth get %v\" prints it", path, s.Name, s.Name)
		case err != nil:
			return errors.Errorf("keyring %s has no key for %v, only for %v: log in as one of those with --name, or add it", path, s.Name, keyring.Names())
		}
		s.Key, s.KeyFrom = entry.Key, path
		return nil
	}
	if s.Options.Keyring != "" || !slices.Contains(s.Methods, wire.AuthNone) {
		return s.noKeyring()
	}
	s.Methods = slices.DeleteFunc(s.Methods, func(m uint32) bool { return m == wire.AuthCephx })
	return nil
}

// loadKeyOnly reads a file that has nothing but a key in it, as keyfile names one and "ceph auth get-key" prints it.
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

func (s *Settings) noKeyring() error {
	return errors.Errorf("no keyring found at %s: say where the key of %v is with --keyring", strings.Join(s.Searched, ", "), s.Name)
}

// Config returns the configuration of a client that wants tickets for these services.
func (s Settings) Config(services wire.EntityType) monclient.Config {
	c := monclient.Config{Monitors: s.Monitors, Name: s.Name, Key: s.Key, Methods: s.Methods, Services: services, Requirements: s.Requirements}
	c.Messenger.Pipe.Tracer = s.Tracer
	return c
}
