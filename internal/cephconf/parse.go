package cephconf

import (
	"bufio"
	"io"
	"os"
	"strings"

	"github.com/pkg/errors"
)

// File is a configuration file. The zero value is an empty one.
type File struct {
	path     string
	sections map[string]map[string]string // names of options have underscores
}

// Load reads the file at path.
func Load(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	defer f.Close()
	return Parse(f, path)
}

// Parse reads a configuration file; path stands in errors, together with the line.
//
//	# a comment; so is what follows a semicolon
//	[client.admin]
//	    keyring = /etc/ceph/$cluster.$name.keyring \
//	              , /somewhere/else
//	    mon host = "v1:10.0.0.1:6789"
//
// Spaces, dashes and underscores in the names of options are the same. Within quotes, and behind a backslash, comment signs count as
// text. A section or option that comes again adds to and replaces the earlier one.
func Parse(r io.Reader, path string) (*File, error) {
	f := &File{path: path, sections: map[string]map[string]string{}}
	var section map[string]string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		line, first := lines.Text(), number
		for strings.HasSuffix(line, `\`) && lines.Scan() {
			number++
			line = strings.TrimSuffix(line, `\`) + strings.TrimLeft(lines.Text(), " \t")
		}
		fail := func(what string) (*File, error) { return nil, errors.Errorf("%s:%d: %s", path, first, what) }

		line = strings.TrimSpace(uncomment(line))
		if line == "" {
			continue
		}
		if strings.HasPrefix(line, "[") {
			name, ok := strings.CutSuffix(line[1:], "]")
			if !ok {
				return fail("section without a closing bracket")
			}
			section = f.section(strings.TrimSpace(name))
			continue
		}
		option, value, ok := strings.Cut(line, "=")
		switch {
		case !ok:
			return fail("neither a section nor an option with a value")
		case section == nil:
			return fail("option outside of any section")
		}
		section[normalize(option)] = unquote(strings.TrimSpace(value))
	}
	return f, errors.Wrap(lines.Err(), path)
}

func (f *File) section(name string) map[string]string {
	s := f.sections[name]
	if s == nil {
		s = map[string]string{}
		f.sections[name] = s
	}
	return s
}

// uncomment cuts off a comment.
func uncomment(line string) string {
	var quote byte
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ';' || c == '#':
			return line[:i]
		}
	}
	return line
}

// unquote takes away quotes around a value, and backslashes before comment signs.
func unquote(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return strings.NewReplacer(`\;`, ";", `\#`, "#", `\\`, `\`, `\"`, `"`).Replace(value)
}

// normalize returns the one form of an option's name.
func normalize(option string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(option), func(c rune) bool {
		return c == ' ' || c == '\t' || c == '_' || c == '-'
	}), "_")
}
