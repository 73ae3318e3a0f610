package conformance

import (
	"path"
	"slices"
	"strings"
	"time"

	"simplemessenger/conformance/script"
)

// DefaultTimeout is how long each step waits for what is expected.
const DefaultTimeout = 5 * time.Second

// Options say which cases are run, and how. The zero value runs all cases of a server.
type Options struct {
	// Role is that of the target; RoleServer if it is empty.
	Role Role
	// Cases are the cases to choose from; those of the kit if it is nil.
	Cases []*script.Case
	// Run and Skip are names, patterns of names, as path.Match has them, or beginnings of names: a
	// case is run if it fits one of Run, or Run is empty, and none of Skip. The whole name of a
	// case means that one alone.
	Run, Skip []string
	// Rules are ids: only cases of one of them are run, if there are any.
	Rules []string
	// Strict makes a failure of what is non-strict.
	Strict bool
	// Require names what the target is known to be able to: lossy or lossless sessions, or what
	// cases need, feature:NAME too. If probing does not find it, because that is broken, a case
	// that needs it breaks its first rule, and is not unsupported.
	Require []string
	// Timeout is how long each step waits; DefaultTimeout if it is 0.
	Timeout time.Duration
	// Parallel is how many cases run at the same time; 8 if it is 0.
	Parallel int
	// Seed is that of what is drawn: the names of peers.
	Seed uint64
	// OnStart is called once, when probing is over, with the report as it is before the first case,
	// and how many cases there will be.
	OnStart func(r *Report, cases int)
	// OnResult is called with each result, in the order of the cases, by one goroutine at a time.
	OnResult func(*Result)
}

// Select returns the cases that the options choose.
func (o *Options) Select() []*script.Case {
	all := o.Cases
	if all == nil {
		all = Cases()
	}
	names := make(map[string]bool, len(all))
	for _, c := range all {
		names[c.Name] = true
	}
	var chosen []*script.Case
	for _, c := range all {
		if c.Role == string(o.role()) && o.chooses(c, names) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

func (o *Options) role() Role {
	if o.Role == "" {
		return RoleServer
	}
	return o.Role
}

func (o *Options) parallel() int {
	if o.Parallel <= 0 {
		return 8
	}
	return o.Parallel
}

func (o *Options) chooses(c *script.Case, names map[string]bool) bool {
	if len(o.Rules) > 0 && !slices.ContainsFunc(o.Rules,
		func(id string) bool { return slices.Contains(c.Rules, id) }) {
		return false
	}
	return (len(o.Run) == 0 || fitsOne(o.Run, c.Name, names)) && !fitsOne(o.Skip, c.Name, names)
}

func fitsOne(patterns []string, name string, names map[string]bool) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if names[pattern] {
			return pattern == name
		}
		matched, err := path.Match(pattern, name)
		return err == nil && matched || strings.HasPrefix(name, pattern)
	})
}
