package lab2

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

// maxAllocated is how many bytes of memory a machine may take for what came in a turn.
const maxAllocated = 1 << 20

// output is what a machine gave for one piece of input, of which it is the number.
type output struct {
	Piece  int            `json:"piece"`
	Send   structures.Hex `json:"send"`
	Events []event        `json:"events"`
}

// outputs are those of a turn that are not empty, and the memory that was taken meanwhile.
type outputs struct {
	Outputs   []output `json:"outputs"`
	Allocated uint64   `json:"allocated"`
}

// way is how input is cut into pieces.
type way struct {
	name string
	cut  func(r *rand.Rand, b []byte) []structures.Hex
}

var ways = []way{
	{"all at once", func(_ *rand.Rand, b []byte) []structures.Hex {
		return []structures.Hex{structures.HexOf(b)}
	}},
	{"one byte at a time", func(_ *rand.Rand, b []byte) (pieces []structures.Hex) {
		for i := range b {
			pieces = append(pieces, structures.HexOf(b[i:i+1]))
		}
		return pieces
	}},
	{"in pieces of many sizes", func(r *rand.Rand, b []byte) (pieces []structures.Hex) {
		for len(b) > 0 {
			n := min(len(b), 1+r.IntN(1+r.IntN(100)))
			pieces, b = append(pieces, structures.HexOf(b[:n])), b[n:]
		}
		return pieces
	}},
}

// play plays scripts in every way.
func play(s *grade.Session, scripts ...*script) error { return playIn(s, ways, scripts...) }

// playIn plays scripts in some ways.
func playIn(s *grade.Session, some []way, scripts ...*script) error {
	for _, one := range scripts {
		for _, w := range some {
			p := &player{session: s, script: one, way: w}
			if err := p.play(); err != nil {
				return err
			}
		}
	}
	return nil
}

// player plays a script in one way.
type player struct {
	session *grade.Session
	script  *script
	way     way
	global  uint32 // the latest global_seq of a client
}

func (p *player) play() error {
	var o outputs
	if err := p.session.Ask("new_"+p.script.side, p.script.config, &o); err != nil {
		return err
	}
	start := turn{says: "nothing yet", send: p.script.start, connectAt: -1,
		layout: serverHello(p.script), why: startWhy[p.script.side]}
	if err := p.compare(start, o, 1); err != nil {
		return err
	}
	for _, t := range p.script.turns {
		if err := p.turn(t); err != nil {
			return err
		}
	}
	return nil
}

var startWhy = map[string]string{
	"client": "This client waits for the server's banner before it says anything: it may learn " +
		"its own address there.",
	"server": "The server speaks first, as soon as there is a socket: banner, own address, and " +
		"the address of the socket's other end.",
}

func (p *player) turn(t turn) error {
	var o outputs
	if t.verdict != nil {
		if err := p.session.Ask("answer", t.verdict, &o); err != nil {
			return err
		}
		return p.compare(t, o, 1)
	}
	pieces := p.way.cut(p.session.Random, t.input)
	if err := p.session.Ask("receive", pieces, &o); err != nil {
		return err
	}
	return p.compare(t, o, len(pieces))
}

// asked names the situation in a story.
func (p *player) asked(t turn) string {
	how := ""
	if len(t.input) > 1 {
		how = fmt.Sprintf(" (%d bytes, %s)", len(t.input), p.way.name)
	}
	return fmt.Sprintf("Your %s, in the conversation %q. It has got: %s%s.", p.script.side,
		p.script.what, t.says, how)
}

// compare compares what came of a turn with what should have.
func (p *player) compare(t turn, o outputs, pieces int) error {
	story := &grade.Story{Asked: p.asked(t), Why: t.why + p.cutWhy()}
	var send []byte
	var events []event
	for _, out := range o.Outputs {
		if out.Piece < pieces-1 && !t.early {
			story.Expected = "nothing before the last byte"
			story.Got = fmt.Sprintf("after the piece %d of %d: sent %q, told %s", out.Piece+1,
				pieces, out.Send, tell(out.Events))
			return story
		}
		send, events = append(send, out.Send.Bytes()...), append(events, out.Events...)
	}
	want := p.choose(t, send)
	if err := grade.Compare(story.Asked, t.layout, want, string(structures.HexOf(send)),
		story.Why); err != nil {
		return err
	}
	if w, g := tell(t.events), tell(events); w != g {
		story.Expected, story.Got = "the events "+w, "the events "+g
		return story
	}
	if o.Allocated > maxAllocated {
		story.Expected = "no memory for what has not come"
		story.Got = fmt.Sprintf("%d MiB were taken", o.Allocated>>20)
		return story
	}
	return nil
}

func (p *player) cutWhy() string {
	if p.way.name == ways[0].name {
		return ""
	}
	return " All at once the same bytes were handled well: TCP is a stream, and keeps no " +
		"boundaries. What is not complete has to be kept until more comes."
}

// choose returns what should be sent, with the global_seq that the machine has chosen if it may
// choose it.
func (p *player) choose(t turn, got []byte) []byte {
	if t.connectAt < 0 {
		return t.send
	}
	want := append([]byte(nil), t.send...)
	const offset = 12 // of global_seq in a connect message
	at := t.connectAt + offset
	if len(got) < at+4 {
		return want
	}
	chosen := binary.LittleEndian.Uint32(got[at:])
	least := max(t.leastGlobal, p.global)
	if chosen < least {
		binary.LittleEndian.PutUint32(want[at:], least)
		return want
	}
	p.global = chosen
	binary.LittleEndian.PutUint32(want[at:], chosen)
	return want
}

// tell puts events into a line, with what counts in each. Bytes that were told in pieces are one.
func tell(events []event) string {
	var all []string
	var rest structures.Hex
	for _, e := range events {
		var detail any
		switch e.Kind {
		case kindConnect:
			detail = map[string]any{"peer": e.Peer, "connect": e.Connect}
		case kindOpen:
			detail = e.Open
		case kindBytes:
			rest += e.Bytes
			continue
		case kindFault, kindReset, kindWait:
			all = append(all, e.Kind)
			continue
		default:
			all = append(all, fmt.Sprintf("%q, which is no kind", e.Kind))
			continue
		}
		b, err := json.Marshal(detail)
		if err != nil {
			return err.Error()
		}
		all = append(all, e.Kind+" "+string(b))
	}
	if rest != "" {
		all = append(all, kindBytes+" "+string(rest))
	}
	if len(all) == 0 {
		return "(none)"
	}
	return strings.Join(all, ", ")
}

// serverHello is the layout of what a server says first.
func serverHello(s *script) grade.Layout {
	c, is := s.config.(serverConfig)
	if !is {
		return nil
	}
	return structures.ServerBanner{Addr: c.Own, PeerAddr: c.Socket}.Layout()
}
