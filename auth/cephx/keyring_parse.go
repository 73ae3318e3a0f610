package cephx

import (
	"bufio"
	"io"
	"os"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
)

const (
	maxKeyringSize = 16 << 20
	maxKeyringLine = 1 << 20
)

// LoadKeyring reads the keyring in a file.
func LoadKeyring(path string) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "cephx: keyring")
	}
	defer func() { _ = f.Close() }() // it was only read
	return ParseKeyring(f, path)
}

// ParseKeyring reads a keyring as Ceph writes and reads it; file stands in errors, together with
// the line. Errors do not quote values.
//
//	# a comment; so is what begins with a semicolon
//	[client.admin]
//	    key = AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==
//	    caps mon = "allow *"
//
// Values may stand in double or single quotes, in which a backslash stands before a quote or a
// backslash. A section or field that comes again adds to and replaces the earlier one. A field
// auid, which old releases wrote, is passed over.
func ParseKeyring(r io.Reader, file string) (*Keyring, error) {
	p := keyringParser{keyring: &Keyring{}, file: file}
	limited := &io.LimitedReader{R: r, N: maxKeyringSize + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(nil, maxKeyringLine)
	for scanner.Scan() {
		p.number++
		if err := p.line(scanner.Text()); err != nil {
			return nil, err
		}
	}
	if limited.N == 0 {
		return nil, p.errorf("keyring is longer than %d bytes", maxKeyringSize)
	}
	if err := scanner.Err(); err != nil {
		p.number++
		return nil, p.errorf("%v", err)
	}
	return p.keyring, nil
}

type keyringParser struct {
	keyring *Keyring
	file    string
	number  int // of the line, from 1
	section *auth.EntityName
}

func (p *keyringParser) errorf(format string, args ...any) error {
	return errors.WithMessagef(errors.Errorf(format, args...), "cephx: keyring %s:%d", p.file,
		p.number)
}

func (p *keyringParser) line(s string) error {
	s = strings.TrimSpace(s)
	if p.number == 1 {
		s = strings.TrimPrefix(s, "\ufeff")
	}
	switch {
	case s == "" || s[0] == '#' || s[0] == ';':
		return nil
	case s[0] == '[':
		return p.header(s)
	}
	return p.field(s)
}

func (p *keyringParser) header(s string) error {
	name, rest, found := strings.Cut(s[1:], "]")
	if !found {
		return p.errorf("section has no closing bracket")
	}
	if err := p.onlyComment(rest); err != nil {
		return err
	}
	entity, err := auth.ParseEntityName(strings.TrimSpace(name))
	if err != nil {
		return p.errorf("%v", err)
	}
	p.section = &entity
	p.keyring.Set(entity, p.keyring.entries[entity])
	return nil
}

func (p *keyringParser) field(s string) error {
	name, value, found := strings.Cut(s, "=")
	if !found {
		return p.errorf("want a section such as [client.admin] or a field such as key = ...")
	}
	if p.section == nil {
		return p.errorf("field before the first section")
	}
	value, err := p.value(strings.TrimSpace(value))
	if err != nil {
		return err
	}
	entry := p.keyring.entries[*p.section]
	words := strings.Fields(strings.ReplaceAll(name, "_", " ")) // Ceph takes both for the same
	switch {
	case len(words) == 1 && words[0] == "key":
		if entry.Key, err = ParseCryptoKey(value); err != nil {
			return p.errorf("key of %v: %v", *p.section, err)
		}
	case len(words) == 2 && words[0] == "caps":
		if entry.Caps == nil {
			entry.Caps = map[string]string{}
		}
		entry.Caps[words[1]] = value
	case len(words) == 1 && words[0] == "auid":
		return nil
	case len(words) == 1 && words[0] == "caps":
		return p.errorf("caps of %v without a kind of service (want a form such as caps mon = ...)",
			*p.section)
	default:
		// The name is not quoted: in a file that is not a keyring it could be anything.
		return p.errorf("unknown field of %v (want key or caps)", *p.section)
	}
	p.keyring.Set(*p.section, entry)
	return nil
}

// value takes quotes and a comment at the end off a value.
func (p *keyringParser) value(s string) (string, error) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		if end := strings.IndexAny(s, "#;"); end >= 0 {
			s = s[:end]
		}
		return strings.TrimSpace(s), nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return b.String(), p.onlyComment(s[i+1:])
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '"' || s[i+1] == '\''):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", p.errorf("value has no closing quote")
}

func (p *keyringParser) onlyComment(s string) error {
	if s = strings.TrimSpace(s); s != "" && s[0] != '#' && s[0] != ';' {
		return p.errorf("more text behind the end")
	}
	return nil
}
