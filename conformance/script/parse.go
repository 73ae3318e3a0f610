package script

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// MaxLine bounds the bytes of a line of a file of cases, and MaxSteps the steps of a case.
const (
	MaxLine  = 4096
	MaxSteps = 1000
)

// Roles, policies and addresses that a case may name.
var (
	Roles    = []string{"server", "client", "peer"}
	Policies = []string{"any", "lossy", "lossless"}
	// Addresses are what a case may want of the kit's own address.
	Addresses = []string{AddressLower, AddressHigher, AddressIPv6}
)

// What a case may want of the kit's own address: that it is lower or higher than that of the
// messenger under test, or of IPv6.
const (
	AddressLower  = "lower"
	AddressHigher = "higher"
	AddressIPv6   = "ipv6"
)

// Parse reads cases. File is the name for errors, which are of type *Error.
func Parse(r io.Reader, file string) ([]*Case, error) {
	p := parser{file: file}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, MaxLine)
	for lines.Scan() {
		p.line++
		text := stripComment(lines.Text())
		if text == "" {
			continue
		}
		if err := p.add(text); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, p.errorf("cannot be read: " + err.Error())
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.cases, nil
}

// stripComment cuts what follows a # at the beginning of a word.
func stripComment(line string) string {
	if i := strings.Index(line, "#"); i == 0 || i > 0 && (line[i-1] == ' ' || line[i-1] == '\t') {
		line = line[:i]
	}
	return strings.TrimSpace(line)
}

type parser struct {
	file  string
	line  int
	cases []*Case
	names map[string]int
}

func (p *parser) errorf(text string) error { return &Error{File: p.file, Line: p.line, Text: text} }

func (p *parser) add(text string) error {
	verb, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	if verb == "case" {
		if err := p.finish(); err != nil {
			return err
		}
		return p.begin(rest)
	}
	if len(p.cases) == 0 {
		return p.errorf("a file begins with: case NAME")
	}
	c := p.cases[len(p.cases)-1]
	if len(c.Steps) == 0 {
		if known, err := p.header(c, verb, rest); known || err != nil {
			return err
		}
	}
	if len(c.Steps) == MaxSteps {
		return p.errorf("too many steps")
	}
	step, err := p.step(text)
	c.Steps = append(c.Steps, step)
	return err
}

func (p *parser) begin(name string) error {
	group, rest, found := strings.Cut(name, "/")
	if !found || group == "" || rest == "" || strings.ContainsAny(name, " \t") {
		return p.errorf("a case is called GROUP/NAME, not " + name)
	}
	if p.names == nil {
		p.names = make(map[string]int)
	}
	if _, found := p.names[name]; found {
		return p.errorf("there is a case " + name + " already")
	}
	p.names[name] = p.line
	p.cases = append(p.cases, &Case{Name: name, Policy: "any", File: p.file, Line: p.line})
	return nil
}

// header takes a header line. It reports whether it is one.
func (p *parser) header(c *Case, name, value string) (known bool, err error) {
	switch name {
	case "about":
		c.About = strings.TrimSpace(c.About + " " + value)
	case "rules":
		c.Rules = append(c.Rules, strings.FieldsFunc(value, isSeparator)...)
	case "role":
		if !slices.Contains(Roles, value) {
			return true, p.errorf("role is one of " + strings.Join(Roles, ", "))
		}
		c.Role = value
	case "policy":
		if !slices.Contains(Policies, value) {
			return true, p.errorf("policy is one of " + strings.Join(Policies, ", "))
		}
		c.Policy = value
	case "needs":
		c.Needs = append(c.Needs, strings.FieldsFunc(value, isSeparator)...)
	case "address":
		if !slices.Contains(Addresses, value) {
			return true, p.errorf("address is one of " + strings.Join(Addresses, ", "))
		}
		c.Address = value
	case "harm":
		c.Harm = strings.TrimSpace(c.Harm + " " + value)
	case "alone":
		c.Alone = strings.TrimSpace(c.Alone + " " + value)
	default:
		return false, nil
	}
	return true, nil
}

func isSeparator(r rune) bool { return r == ' ' || r == ',' || r == '\t' }

func (p *parser) step(text string) (Step, error) {
	s := Step{Line: p.line, Text: text}
	words := strings.Fields(text)
	if last := words[len(words)-1]; strings.HasPrefix(last, "[") && strings.HasSuffix(last, "]") {
		s.Rule = last[1 : len(last)-1]
		words = words[:len(words)-1]
	}
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		s.Socket = words[0][1:]
		words = words[1:]
		if s.Socket == "" {
			return s, p.errorf("@ needs the name of a socket")
		}
	}
	if len(words) == 0 {
		return s, p.errorf("a step begins with a verb")
	}
	s.Verb = words[0]
	if _, known := verbs[s.Verb]; !known {
		return s, p.errorf("unknown verb " + s.Verb)
	}
	for _, word := range words[1:] {
		if name, value, found := strings.Cut(word, "="); found && name != "" {
			s.Args = append(s.Args, Arg{Name: name, Value: value})
		} else {
			s.Words = append(s.Words, word)
		}
	}
	if n := verbs[s.Verb]; len(s.Words) < n.least || len(s.Words) > n.most {
		return s, p.errorf(s.Verb + " is followed by " + n.what)
	}
	return s, nil
}

// finish checks the case that is complete.
func (p *parser) finish() error {
	if len(p.cases) == 0 {
		return nil
	}
	c := p.cases[len(p.cases)-1]
	wrong := func(text string) error {
		return &Error{File: p.file, Line: c.Line, Text: c.Name + ": " + text}
	}
	switch {
	case c.Role == "":
		return wrong("a case needs a role")
	case c.About == "":
		return wrong("a case needs a line about")
	case len(c.Rules) == 0:
		return wrong("a case needs rules")
	case len(c.Steps) == 0:
		return wrong("a case needs steps")
	}
	return nil
}

// verbs are all verbs, and how many words without = stand behind them.
var verbs = map[string]struct {
	least, most int
	what        string
}{
	"dial":       {0, 0, "nothing"},
	"accept":     {0, 0, "nothing"},
	"send":       {1, 2, "a piece, and bytes perhaps"},
	"expect":     {1, 2, "a piece, or a duration"},
	"open":       {0, 0, "fields"},
	"welcome":    {0, 0, "fields"},
	"let":        {2, 2, "a variable and a field of what was expected last"},
	"check":      {2, 2, "a value and a pattern"},
	"wait":       {1, 1, "a duration"},
	"close":      {0, 0, "nothing"},
	"half-close": {0, 0, "nothing"},
	"reset":      {0, 0, "nothing"},
	"forget":     {0, 0, "nothing"},
	"as":         {1, 1, "the name of a peer"},
	"become":     {0, 0, "fields"},
	"repeat":     {1, 1, "how often the steps up to end are done"},
	"end":        {0, 0, "nothing"},
}
