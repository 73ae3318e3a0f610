package conformance

import (
	_ "embed" // rules.txt
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Level says how binding a rule is, in the sense of RFC 2119.
type Level string

// The levels. Whoever breaks a Must loses messages, sessions or peers. Both genuine messengers keep
// each of them, as far as they were watched; what only one of them does is Should or May.
const (
	Must   Level = "must"
	Should Level = "should"
	May    Level = "may"
)

// Role is a part that an implementation plays in a conversation.
type Role string

// The roles. A RolePeer is both of the others towards one and the same peer, as two monitors are.
const (
	RoleServer Role = "server" // accepts connections
	RoleClient Role = "client" // opens them
	RolePeer   Role = "peer"   // does both, at one address
)

// Rule is one normative statement of docs/protocol.md or docs/negotiation.md.
type Rule struct {
	ID    string // "V1-AREA-N"; it never changes its meaning, and is not given twice
	Level Level
	Text  string // what is to be so, in one or two sentences
	// Section is where it is explained: a file in docs and an anchor in it.
	Section string
	// Source is where the rule comes from: the release and the function or document, captures by
	// their names in testdata/captures, or "ours" with the reason.
	Source string
	// Since is the oldest release of Ceph that is known to keep the rule; "none" if it is ours.
	Since string
	Roles []Role // whom it binds
	// Row is the rule's row in the table of answers or of reactions, by its first column; empty
	// if it has none.
	Row        string
	Untestable string // why nobody can see from outside whether it is kept; mostly empty
}

// Area is the middle part of a rule's id, such as "ACCEPT".
func (r Rule) Area() string {
	area, _ := splitID(r.ID)
	return area
}

// Binds reports whether the rule is one for that role. Whoever plays both parts towards a peer is
// bound by the rules of each.
func (r Rule) Binds(role Role) bool {
	return slices.Contains(r.Roles, role) || role == RolePeer
}

//go:embed rules.txt
var rulesText string

// rules are those of rules.txt. That it can be read is what TestRulesAreRead says; a program that
// links this package never sees the panic.
var rules = func() []Rule {
	all, err := parseRules(rulesText)
	if err != nil {
		panic(err)
	}
	return all
}()

var ruleOf = func() map[string]Rule {
	byID := make(map[string]Rule, len(rules))
	for _, r := range rules {
		byID[r.ID] = r
	}
	return byID
}()

// Rules returns all rules, area by area, in the order in which the docs have them. The slice is the
// caller's, what the rules hold is shared and not to be changed.
func Rules() []Rule { return slices.Clone(rules) }

// RuleByID returns the rule with that id.
func RuleByID(id string) (Rule, bool) {
	r, found := ruleOf[id]
	return r, found
}

var (
	ruleID      = regexp.MustCompile(`^V1-([A-Z]+)-([1-9][0-9]{0,2})$`)
	ruleSection = regexp.MustCompile(`^[a-z]+\.md#[a-z0-9_-]+$`)
	ruleSince   = regexp.MustCompile(`^(none|[0-9]+\.[0-9]+(\.[0-9]+)?)$`)
)

// splitID returns area and number of an id, or nothing if it is none.
func splitID(id string) (area string, number int) {
	m := ruleID.FindStringSubmatch(id)
	if m == nil {
		return "", 0
	}
	number, _ = strconv.Atoi(m[2]) // three digits
	return m[1], number
}

// ruleKeys are the lines of a block behind its first, in order.
var ruleKeys = []struct {
	name     string
	optional bool
	set      func(*Rule, string) error
}{
	{"text", false, func(r *Rule, v string) error {
		if !strings.HasSuffix(v, ".") {
			return errors.New("text is not a sentence: it has no full stop")
		}
		r.Text = v
		return nil
	}},
	{"section", false, func(r *Rule, v string) error {
		if !ruleSection.MatchString(v) {
			return errors.Errorf("section %q is not FILE.md#ANCHOR", v)
		}
		r.Section = v
		return nil
	}},
	{"source", false, func(r *Rule, v string) error {
		if r.Level == Must && strings.HasPrefix(v, "ours") {
			return errors.New("a rule of ours cannot be a must: genuine messengers differ")
		}
		r.Source = v
		return nil
	}},
	{"since", false, func(r *Rule, v string) error {
		if !ruleSince.MatchString(v) {
			return errors.Errorf("since %q is neither a release nor none", v)
		}
		if (v == "none") != strings.HasPrefix(r.Source, "ours") {
			return errors.New("since is none for the rules that are ours, and for no other")
		}
		r.Since = v
		return nil
	}},
	{"roles", false, setRoles},
	{"row", true, func(r *Rule, v string) error { r.Row = v; return nil }},
	{"untestable", true, func(r *Rule, v string) error { r.Untestable = v; return nil }},
}

// setRoles reads names of roles with commas between them, or "both" for server and client.
func setRoles(r *Rule, v string) error {
	if v == "both" {
		v = string(RoleServer) + ", " + string(RoleClient)
	}
	for _, name := range strings.Split(v, ", ") {
		role := Role(name)
		switch role {
		case RoleServer, RoleClient, RolePeer:
		default:
			return errors.Errorf("no role is called %q", name)
		}
		if slices.Contains(r.Roles, role) {
			return errors.Errorf("role %s is there twice", role)
		}
		r.Roles = append(r.Roles, role)
	}
	return nil
}

// parseRules reads blocks with one empty line between them. The first line of a block is id and
// level, each other one "key: value". Errors name the line, counted from 1.
func parseRules(text string) ([]Rule, error) {
	var all []Rule
	line := 1
	for _, block := range strings.Split(strings.TrimSuffix(text, "\n"), "\n\n") {
		lines := strings.Split(block, "\n")
		r, at, err := parseRule(lines)
		if err != nil {
			return nil, errors.Wrapf(err, "rules.txt:%d", line+at)
		}
		if err := follows(all, r); err != nil {
			return nil, errors.Wrapf(err, "rules.txt:%d", line)
		}
		all = append(all, r)
		line += len(lines) + 1
	}
	return all, nil
}

// parseRule reads one block. at is the line of the block, counted from 0, that an error is about.
func parseRule(lines []string) (r Rule, at int, err error) {
	id, level, _ := strings.Cut(lines[0], " ")
	if area, _ := splitID(id); area == "" {
		return r, 0, errors.Errorf("%q is not an id of the form V1-AREA-N", id)
	}
	r.ID, r.Level = id, Level(level)
	switch r.Level {
	case Must, Should, May:
	default:
		return r, 0, errors.Errorf("%s: no level is called %q", id, level)
	}
	at = 1
	for _, key := range ruleKeys {
		value, is := "", false
		if at < len(lines) {
			value, is = strings.CutPrefix(lines[at], key.name+": ")
		}
		switch {
		case is && strings.TrimSpace(value) != value || is && value == "":
			return r, at, errors.Errorf("%s: space around the value of %s, or none", id, key.name)
		case is:
			if err := key.set(&r, value); err != nil {
				return r, at, errors.Wrap(err, id)
			}
			at++
		case !key.optional:
			return r, min(at, len(lines)-1), errors.Errorf("%s: %q is missing here", id, key.name)
		}
	}
	if at < len(lines) {
		return r, at, errors.Errorf("%s: %q is no key, or not in its place", id, lines[at])
	}
	return r, 0, nil
}

// follows says what is wrong with a rule behind those: areas are not interrupted, and numbers go up
// within them, so that each id is there once.
func follows(all []Rule, r Rule) error {
	if len(all) == 0 {
		return nil
	}
	area, number := splitID(r.ID)
	last, before := splitID(all[len(all)-1].ID)
	if area == last {
		if number <= before {
			return errors.Errorf("%s behind %s", r.ID, all[len(all)-1].ID)
		}
		return nil
	}
	if slices.ContainsFunc(all, func(o Rule) bool { return o.Area() == area }) {
		return errors.Errorf("%s: area %s is interrupted", r.ID, area)
	}
	return nil
}
