package script

import (
	"fmt"
	"slices"
	"strings"
)

// Case is one case: what is to be seen, by which steps.
type Case struct {
	// Name is unique; the part before the slash is the group.
	Name string
	// About says in a sentence what happens and what must hold.
	About string
	// Rules are the ids of the rules that it tests, the most important one first.
	Rules []string
	// Role is that of the messenger under test: "server", "client" or "peer".
	Role string
	// Policy is that of the session: "lossy", "lossless", or "any".
	Policy string
	// Needs are capabilities that the messenger must have; see docs/conformance.md.
	Needs []string
	// Address is what the kit's own address must be: "lower" or "higher" than that of the
	// messenger, "ipv6", or nothing if it does not matter.
	Address string
	// Harm says that genuine messengers are known to end by this case, and which.
	Harm string
	// Alone says why no other case is to run at the same time: what it holds up in whom.
	Alone string
	Steps []Step

	// File and Line say where it stands.
	File string
	Line int
}

// Group returns the part of the name before the slash.
func (c *Case) Group() string {
	group, _, _ := strings.Cut(c.Name, "/")
	return group
}

// Step is one line of a case.
type Step struct {
	Line int
	// Text is the line as it was written, without comment.
	Text string
	// Socket is the name behind @, empty for that of the step before.
	Socket string
	Verb   string
	// Words are what stands behind the verb without =, Args what stands there with it, in order.
	Words []string
	Args  []Arg
	// Rule is the id in brackets.
	Rule string
}

// Arg is NAME=VALUE.
type Arg struct{ Name, Value string }

// Arg returns the value of the last argument with that name.
func (s *Step) Arg(name string) (value string, found bool) {
	for _, a := range s.Args {
		if a.Name == name {
			value, found = a.Value, true
		}
	}
	return value, found
}

// Without returns the step without the arguments of that name.
func (s *Step) Without(name string) *Step {
	c := *s
	c.Args = slices.DeleteFunc(slices.Clone(s.Args), func(a Arg) bool { return a.Name == name })
	return &c
}

// Word returns word number i, or nothing.
func (s *Step) Word(i int) string {
	if i < len(s.Words) {
		return s.Words[i]
	}
	return ""
}

// Error is a mistake in a file of cases.
type Error struct {
	File string
	Line int
	Text string
}

// Error returns FILE:LINE: what is wrong.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// String returns the case as Parse reads it.
func (c *Case) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "case %s\n", c.Name)
	for _, line := range []struct{ name, value string }{
		{"about", c.About}, {"rules", strings.Join(c.Rules, " ")}, {"role", c.Role},
		{"policy", c.Policy}, {"needs", strings.Join(c.Needs, " ")},
		{"address", c.Address}, {"harm", c.Harm}, {"alone", c.Alone},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "%-7s %s\n", line.name, line.value)
		}
	}
	b.WriteByte('\n')
	for i := range c.Steps {
		fmt.Fprintln(&b, c.Steps[i].String())
	}
	return b.String()
}

// String returns the step as a line.
func (s *Step) String() string {
	var words []string
	if s.Socket != "" {
		words = append(words, "@"+s.Socket)
	}
	words = append(append(words, s.Verb), s.Words...)
	for _, a := range s.Args {
		words = append(words, a.Name+"="+a.Value)
	}
	if s.Rule != "" {
		words = append(words, "["+s.Rule+"]")
	}
	return strings.Join(words, " ")
}
