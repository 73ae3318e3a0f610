package lab3

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

// policy is how a registry behaves towards all its peers.
type policy struct {
	Local      structures.Addr `json:"local"`
	Lossy      bool            `json:"lossy"`
	Server     bool            `json:"server"`
	ResetCheck bool            `json:"reset_check"`
}

// entry is a registered pipe, with the session that it carries.
type entry struct {
	Pipe int             `json:"pipe"`
	Peer structures.Addr `json:"peer"`
	// Session is the number of the pipe with which the session began.
	Session       int    `json:"session"`
	State         string `json:"state"`
	ConnectSeq    uint32 `json:"connect_seq"`
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	InSeq         uint64 `json:"in_seq"`
}

// happening is what happens to a registry. Its op says which of the fields count.
type happening struct {
	Op         string          `json:"-"`
	Pipe       int             `json:"pipe"`
	Peer       structures.Addr `json:"peer"`
	ConnectSeq uint32          `json:"connect_seq"`
	GlobalSeq  uint32          `json:"global_seq"`
	Seq        uint64          `json:"seq"`
}

// outcome is what a registry says of it. Decision is for arrivals, Pipe for dials, Closed is the
// pipe that had to go.
type outcome struct {
	Decision decision `json:"decision"`
	Pipe     int      `json:"pipe"`
	Closed   int      `json:"closed"`
	Entries  []entry  `json:"entries"`
}

// registry is the model: one pipe for each peer address, and the library's decisions.
type registry struct {
	policy  policy
	entries []entry // ordered by pipe
}

func (r *registry) at(match func(entry) bool) *entry {
	if i := slices.IndexFunc(r.entries, match); i >= 0 {
		return &r.entries[i]
	}
	return nil
}

func (r *registry) ofPeer(peer structures.Addr) *entry {
	return r.at(func(e entry) bool { return e.Peer == peer })
}

func (r *registry) remove(gone entry) {
	r.entries = slices.DeleteFunc(r.entries, func(e entry) bool { return e == gone })
}

func (r *registry) insert(e entry) {
	r.entries = append(r.entries, e)
	slices.SortFunc(r.entries, func(a, b entry) int { return a.Pipe - b.Pipe })
}

// happens applies what happens.
func (r *registry) happens(h happening) (o outcome) {
	mine := r.at(func(e entry) bool { return e.Pipe == h.Pipe })
	switch h.Op {
	case "arrive":
		o = r.arrive(h)
	case "dial":
		o.Pipe = h.Pipe
		if e := r.ofPeer(h.Peer); e != nil {
			o.Pipe = e.Pipe
			break
		}
		r.insert(entry{Pipe: h.Pipe, Peer: h.Peer, Session: h.Pipe, State: "CONNECTING"})
	case "opened":
		if mine != nil && mine.State == "CONNECTING" {
			mine.State, mine.ConnectSeq = "OPEN", h.ConnectSeq
			mine.PeerGlobalSeq = h.GlobalSeq
		}
	case "received":
		if mine != nil {
			mine.InSeq = max(mine.InSeq, h.Seq)
		}
	case "fault":
		switch {
		case mine == nil:
		case r.policy.Lossy:
			r.remove(*mine)
		case mine.State == "OPEN":
			mine.State = "STANDBY"
		}
	case "mark_down":
		if e := r.ofPeer(h.Peer); e != nil {
			o.Closed = e.Pipe
			r.remove(*e)
		}
	}
	o.Entries = append([]entry{}, r.entries...)
	return o
}

func (r *registry) arrive(h happening) (o outcome) {
	s := plain()
	s.Arrival.ConnectSeq, s.Arrival.GlobalSeq = h.ConnectSeq, h.GlobalSeq
	s.Arrival.Peer, s.Arrival.Local = h.Peer, r.policy.Local
	s.Arrival.ResetCheck = r.policy.ResetCheck
	e := r.ofPeer(h.Peer)
	if e != nil {
		s.Existing = &existing{State: e.State, ConnectSeq: e.ConnectSeq,
			PeerGlobalSeq: e.PeerGlobalSeq, Lossy: r.policy.Lossy, Server: r.policy.Server,
			Insists: e.State == "CONNECTING"}
	}
	d := decide(s)
	o.Decision = decisionOf(d)
	if !d.Opens() {
		return o
	}
	next := entry{Pipe: h.Pipe, Peer: h.Peer, Session: h.Pipe, State: "OPEN",
		ConnectSeq: h.ConnectSeq + 1, PeerGlobalSeq: h.GlobalSeq}
	if e != nil {
		o.Closed = e.Pipe
		if !o.Decision.EndSession {
			next.Session = e.Session
		}
		if !d.FreshPeer {
			next.InSeq = e.InSeq
		}
		r.remove(*e)
	}
	r.insert(next)
	return o
}

// registries asks for the registry: told stories first, and then many that are drawn.
func registries(s *grade.Session) error {
	for _, t := range tales() {
		if err := follow(s, t.policy, t.what, t.happenings); err != nil {
			return err
		}
	}
	for i := range 30 {
		p := policy{Local: lower, Lossy: i%3 == 0, Server: i%2 == 0, ResetCheck: i%5 < 3}
		if i%4 == 0 {
			p.Local = higher
		}
		if err := follow(s, p, "a drawn one", drawn(s)); err != nil {
			return err
		}
	}
	return nil
}

func follow(s *grade.Session, p policy, what string, happenings []happening) error {
	model := &registry{policy: p}
	if err := s.Ask("new_registry", p, nil); err != nil {
		return err
	}
	for i, h := range happenings {
		var got outcome
		if err := s.Ask(h.Op, h, &got); err != nil {
			return err
		}
		want := model.happens(h)
		if err := differ(got, want); err != nil {
			err.Asked = fmt.Sprintf("The story %q, step %d: %s %s", what, i+1, h.Op, h.text())
			return err
		}
	}
	return nil
}

// text names the fields that count.
func (h happening) text() string {
	switch h.Op {
	case "arrive":
		return fmt.Sprintf("of the pipe %d, from %v: connect_seq %d, global_seq %d", h.Pipe, h.Peer,
			h.ConnectSeq, h.GlobalSeq)
	case "dial":
		return fmt.Sprintf("to %v, with the pipe %d if there is none", h.Peer, h.Pipe)
	case "opened":
		return fmt.Sprintf("the pipe %d: connect_seq %d, the peer's global_seq %d", h.Pipe,
			h.ConnectSeq, h.GlobalSeq)
	case "received":
		return fmt.Sprintf("on the pipe %d: message %d", h.Pipe, h.Seq)
	case "mark_down":
		return h.Peer.String()
	}
	return fmt.Sprintf("of the pipe %d", h.Pipe)
}

// differ returns a story if the outcomes are not the same.
func differ(got, want outcome) *grade.Story {
	const why = "At each address there is one pipe. Who replaces another one takes over its " +
		"session and in_seq, unless the decision says otherwise; a pipe that is not registered " +
		"any more changes nothing, whatever its socket tells later."
	switch {
	case got.Decision != want.Decision:
		return &grade.Story{Expected: "the decision " + want.Decision.String(),
			Got: "the decision " + got.Decision.String(), Why: why}
	case got.Closed != want.Closed:
		return &grade.Story{Expected: fmt.Sprintf("that the pipe %d is closed (0 is none)",
			want.Closed), Got: fmt.Sprintf("%d", got.Closed), Why: why}
	case got.Pipe != want.Pipe:
		return &grade.Story{Expected: fmt.Sprintf("the pipe %d", want.Pipe),
			Got: fmt.Sprintf("the pipe %d", got.Pipe), Why: why}
	case !slices.Equal(got.Entries, want.Entries):
		return &grade.Story{Expected: "the registry " + listing(want.Entries),
			Got: "the registry " + listing(got.Entries), Why: why}
	}
	return nil
}

func listing(entries []entry) string {
	var all []string
	for _, e := range entries {
		b, err := json.Marshal(e)
		if err != nil {
			return err.Error()
		}
		all = append(all, string(b))
	}
	if len(all) == 0 {
		return "(empty)"
	}
	return strings.Join(all, " ")
}
