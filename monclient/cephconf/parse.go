package cephconf

import (
	"bufio"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// File is a configuration file. The zero value is an empty one.
type File struct {
	path     string
	sections map[string]map[string]Option // names of options have underscores
	override map[string]Option            // goes before all sections
}

// Option is an option and where it stands.
type Option struct {
	Name    string // with underscores
	Value   string // as it stands there, with its variables
	Section string
	File    string // empty if Override has set it
	Line    int    // the first one, if it is continued
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
//	    keyring = /etc/ceph/$cluster.$name.keyring, \
//	/somewhere/else
//	    mon host = "v1:10.0.0.1:6789"
//
// It reads what Ceph 16.2 reads, as it does, and what 14.2 alone reads too: options before the
// first section are of "global", comment signs within quotes are text. A comment is never
// continued; what is continued keeps the blanks of the next line. Blanks and underscores in the
// names of options are the same. A backslash takes the meaning from whatever follows it. A section
// or option that comes again adds to and replaces the earlier one.
func Parse(r io.Reader, path string) (*File, error) {
	f := &File{path: path, sections: map[string]map[string]Option{}}
	section := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		line, first := lines.Text(), number
		if number == 1 {
			line = strings.TrimPrefix(line, "\ufeff") // which some editors put there
		}
		for isContinued(line) && lines.Scan() {
			number++
			line = line[:len(line)-1] + lines.Text()
		}
		fail := func(what string) (*File, error) {
			return nil, errors.Errorf("%s:%d: %s", path, first, what)
		}

		line = strings.TrimSpace(line)
		if line == "" || isComment(line[0]) {
			continue
		}
		if line[0] == '[' {
			name, rest, ok := strings.Cut(line[1:], "]")
			switch name, rest = strings.TrimSpace(name), strings.TrimSpace(rest); {
			case !ok:
				return fail("section without a closing bracket")
			case name == "":
				return fail("section without a name")
			case rest != "" && !isComment(rest[0]):
				return fail("text behind the bracket that closes a section")
			}
			section = name
			continue
		}
		option, value, err := splitOption(line)
		if err != nil {
			return fail(err.Error())
		}
		if section == "" {
			section = "global"
		}
		f.section(section)[normalize(option)] = Option{Name: normalize(option), Value: value,
			Section: section, File: path, Line: first}
	}
	return f, errors.Wrap(lines.Err(), path)
}

// Override sets an option for everybody, whatever the file says, as an argument of Ceph's commands
// does.
func (f *File) Override(option, value string) {
	if f.override == nil {
		f.override = map[string]Option{}
	}
	f.override[normalize(option)] = Option{Name: normalize(option), Value: value}
}

func (f *File) section(name string) map[string]Option {
	s := f.sections[name]
	if s == nil {
		s = map[string]Option{}
		f.sections[name] = s
	}
	return s
}

// Sections returns the names of the sections, in order.
func (f *File) Sections() []string {
	names := make([]string, 0, len(f.sections))
	for name := range f.sections {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func isComment(c byte) bool { return c == '#' || c == ';' }

// isContinued reports whether a line ends with a backslash that is neither escaped itself nor
// within a comment.
func isContinued(line string) bool {
	_, end := scanValue(line)
	n := len(line)
	return end == n && strings.HasSuffix(line, `\`) && (n-len(strings.TrimRight(line, `\`)))%2 == 1
}

// splitOption reads "name = value", with a comment behind it or without. The errors are for people.
func splitOption(line string) (option, value string, err error) {
	option, value, ok := strings.Cut(line, "=")
	option = strings.TrimSpace(option)
	switch {
	case !ok:
		return "", "", errors.New("neither a section nor an option with a value")
	case option == "":
		return "", "", errors.New("a value without the name of an option")
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return option, "", nil
	}
	if quote := value[0]; quote == '"' || quote == '\'' {
		text, end := scanQuoted(value)
		rest := strings.TrimSpace(value[end:])
		switch {
		case end == 0:
			return "", "", errors.Errorf("a quote %c that is not closed", quote)
		case rest != "" && !isComment(rest[0]):
			return "", "", errors.New("text behind the quote that closes a value")
		}
		return option, strings.TrimSpace(text), nil // as Ceph does
	}
	text, _ := scanValue(value)
	return option, text, nil
}

// scanValue returns what stands before a comment, without the blanks there, and what backslashes
// stand for; end is where the comment begins, or the length of s.
func scanValue(s string) (text string, end int) {
	var b strings.Builder
	kept := 0 // length of the text up to the last character that is no blank
	for end < len(s) && !isComment(s[end]) {
		c := s[end]
		if c == '\\' && end+1 < len(s) {
			end++
			c = s[end]
			b.WriteByte(c)
			kept = b.Len()
		} else if b.WriteByte(c); c != ' ' && c != '\t' && c != '\r' {
			kept = b.Len()
		}
		end++
	}
	return b.String()[:kept], end
}

// scanQuoted returns what stands between the quotes with which s begins, and where they end; 0 if
// they do not.
func scanQuoted(s string) (text string, end int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == s[0]:
			return b.String(), i + 1
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0
}

// normalize returns the one form of an option's name.
func normalize(option string) string {
	return strings.Join(strings.FieldsFunc(option, func(c rune) bool {
		return c == ' ' || c == '\t' || c == '\r'
	}), "_")
}
