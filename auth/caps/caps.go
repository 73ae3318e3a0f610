package caps

import (
	"encoding/binary"
	"strings"

	"github.com/pkg/errors"
)

// MaxText is the longest text of capabilities that is read, in bytes.
const MaxText = 64 << 10

// Permission is a set of what may be done.
type Permission uint8

// What may be done.
const (
	Read    Permission = 1 << iota // r
	Write                          // w
	Execute                        // x: methods of classes, commands
	All                = Read | Write | Execute | any
	// any is what "*" has beyond rwx: administration.
	any Permission = 1 << 7
)

// String returns the usual form: "rw", "*" for All, "-" for nothing.
func (p Permission) String() string {
	if p == All {
		return "*"
	}
	text := ""
	for i, letter := range "rwx" {
		if p&(1<<i) != 0 {
			text += string(letter)
		}
	}
	if text == "" {
		return "-"
	}
	return text
}

// Clause narrows a grant: pool=images. Value is empty for a word that has none (root_squash).
type Clause struct{ Key, Value string }

// Grant is one of the grants between commas.
type Grant struct {
	Permissions Permission
	Profile     string // "osd" of "profile osd"; empty for none
	Clauses     []Clause
}

// Caps are the capabilities of one principal at one kind of daemon. The zero value permits nothing.
type Caps struct {
	Text   string // as the administrator has written it
	Grants []Grant
}

// String returns the text.
func (c Caps) String() string { return c.Text }

// Decode reads what stands in auth.Identity.Capabilities. None at all are Caps that permit nothing.
//
//	u32 length and text, of which nothing is left over
func Decode(capabilities []byte) (Caps, error) {
	if len(capabilities) == 0 {
		return Caps{}, nil
	}
	if len(capabilities) < 4 {
		return Caps{}, errors.Errorf("caps: length of the text: %d bytes of 4", len(capabilities))
	}
	n, text := binary.LittleEndian.Uint32(capabilities), capabilities[4:]
	if uint64(n) != uint64(len(text)) {
		return Caps{}, errors.Errorf("caps: text of %d bytes is said to have %d", len(text), n)
	}
	return Parse(string(text))
}

// Encode is the inverse of Decode, for tickets.
func Encode(text string) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)
}

// May reports whether all of p is permitted on something, whatever it is. It is for a first look:
// who has no such right anywhere need not be listened to.
func (c Caps) May(p Permission) bool {
	for _, g := range c.Grants {
		if g.Permissions&p == p {
			return true
		}
	}
	return false
}

// Target is what somebody wants to do something with. What is empty is not known, or none: a grant
// for one pool does not permit it.
type Target struct {
	Pool      string
	Namespace string
	Object    string
}

// MayOn reports whether all of p is permitted on a target, by one grant.
func (c Caps) MayOn(p Permission, t Target) bool {
	for _, g := range c.Grants {
		if g.Permissions&p == p && g.covers(t) {
			return true
		}
	}
	return false
}

// covers reports whether all clauses of a grant are known and about the target.
func (g Grant) covers(t Target) bool {
	for _, clause := range g.Clauses {
		switch clause.Key {
		case "pool":
			if clause.Value != t.Pool {
				return false
			}
		case "namespace":
			if !matches(clause.Value, t.Namespace) {
				return false
			}
		case "object_prefix":
			if t.Object == "" || !strings.HasPrefix(t.Object, clause.Value) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// matches knows the one wildcard that there is, a star at the end.
func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// Profiles returns the names of the profiles, which say more than can be asked here.
func (c Caps) Profiles() (names []string) {
	for _, g := range c.Grants {
		if g.Profile != "" {
			names = append(names, g.Profile)
		}
	}
	return names
}
