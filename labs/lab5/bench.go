package lab5

import (
	"fmt"
	"strings"
	"time"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// benchTold is how much of what happened a story tells.
const benchTold = 12

// bench has a machine of the subject's before it, plays its user, its sockets, its clock and its
// peer, and expects. After the first thing that is not as expected nothing is done any more, and
// err says what it was.
type bench struct {
	s      *grade.Session
	config config
	err    error
	now    time.Duration
	told   []string

	sockets map[int]*end
	last    int // socket
	// What the machine has done and nobody has expected yet.
	dials, resets, remoteResets int
	delivered                   []message
	globalSeq                   uint32 // of its last connect message
	peerGlobal                  uint32 // of ours
}

// end is the peer's end of a socket.
type end struct {
	out    []byte // written by the machine, and not read yet
	closed bool   // by the machine
	known  bool   // that is expected
	gone   bool   // closed by the peer
}

// newBench has the subject make a machine.
func newBench(s *grade.Session, c config) *bench {
	b := &bench{s: s, config: c, sockets: map[int]*end{}, peerGlobal: 10}
	b.tell("a machine with the policy %s", c.Policy)
	b.err = s.Ask("machine", making{"m", c}, nil)
	return b
}

// String names a policy as the docs do.
func (p policy) String() string {
	switch p {
	case losslessClient:
		return "lossless client"
	case lossyClient:
		return "lossy client"
	case losslessPeer:
		return "lossless peer"
	case statefulServer:
		return "stateful server"
	case statelessServer:
		return "stateless server"
	}
	return fmt.Sprintf("%+v", struct{ Lossy, Server, Standby, ResetCheck bool }(p))
}

func (b *bench) tell(format string, args ...any) {
	b.told = append(b.told, fmt.Sprintf(format, args...))
}

// fail says what is wrong, if nothing was before.
func (b *bench) fail(expected, got, why string) {
	if b.err != nil {
		return
	}
	told := b.told
	if len(told) > benchTold {
		told = append([]string{told[0], "…"}, told[len(told)-benchTold:]...)
	}
	b.err = &grade.Story{Asked: strings.Join(told, "; "), Expected: expected, Got: got, Why: why}
}

// do tells the machine of an event. What it has done before must all have been expected.
func (b *bench) do(told string, e event) {
	b.quiet("Nothing more was to be done.")
	if b.err != nil {
		return
	}
	b.tell("%.3f s: %s", b.now.Seconds(), told)
	b.ask(e)
}

func (b *bench) ask(e event) {
	var actions []action
	b.err = b.s.Ask("handle", happening{"m", b.now.Milliseconds(), e}, &actions)
	for _, a := range actions {
		if b.err == nil {
			b.done(a)
		}
	}
}

// done notes what the machine does.
func (b *bench) done(a action) {
	socket := b.sockets[a.Socket]
	lost := socket == nil || socket.closed || socket.gone
	switch a.Kind {
	case "dial":
		b.dials++
	case "write":
		if lost {
			b.fail("nothing", fmt.Sprintf("it writes to socket %d", a.Socket),
				"There is no such socket any more.")
			return
		}
		socket.out = append(socket.out, a.Bytes...)
	case "close":
		if lost {
			b.fail("nothing", fmt.Sprintf("it closes socket %d", a.Socket),
				"There is no such socket any more.")
			return
		}
		socket.closed = true
	case "deliver":
		if a.Message == nil {
			b.fail("a message with deliver", "none", "")
			return
		}
		b.delivered = append(b.delivered, *a.Message)
	case "reset":
		b.resets++
	case "remote reset":
		b.remoteResets++
	default:
		b.fail("an action that there is", fmt.Sprintf("%q", a.Kind), "See events.go.")
	}
}

// The events.

func (b *bench) connects() { b.do("the user wants a session", event{Kind: "connect"}) }

func (b *bench) sends(ids ...int) {
	b.quiet("Nothing more was to be done.")
	for _, id := range ids {
		if b.err != nil {
			return
		}
		m := numbered(id)
		b.tell("%.3f s: the user sends message %d", b.now.Seconds(), id)
		b.ask(event{Kind: "send", Message: &m})
	}
}

func (b *bench) marksDown() { b.do("the user marks the peer down", event{Kind: "mark down"}) }

func (b *bench) refused() { b.do("dialing fails", event{Kind: "refused"}) }

// opened: what was dialed is there. It returns the socket.
func (b *bench) opened() int { return b.socket("what was dialed is", "opened") }

// accepted: the peer has dialed.
func (b *bench) accepted() int { return b.socket("the peer opens", "accepted") }

func (b *bench) socket(what, kind string) int {
	b.last++
	b.sockets[b.last] = &end{}
	b.do(fmt.Sprintf("%s socket %d", what, b.last), event{Kind: kind, Socket: b.last})
	return b.last
}

// says: the peer writes.
func (b *bench) says(socket int, what string, bytes []byte) {
	b.do(fmt.Sprintf("the peer says %s on socket %d", what, socket),
		event{Kind: "bytes", Socket: socket, Bytes: bytes})
}

// saysSlowly writes as well, a few bytes at a time, as the seed has it.
func (b *bench) saysSlowly(socket int, what string, bytes []byte) {
	b.tell("the peer says %s on socket %d, a few bytes at a time", what, socket)
	for len(bytes) > 0 && b.err == nil {
		n := min(1+b.s.Random.IntN(9), len(bytes))
		b.ask(event{Kind: "bytes", Socket: socket, Bytes: bytes[:n]})
		bytes = bytes[n:]
	}
}

// breaks: a socket is gone.
func (b *bench) breaks(socket int) {
	if b.err == nil && b.sockets[socket].closed {
		b.fail(fmt.Sprintf("socket %d is open", socket), "the machine has closed it", "")
	}
	b.do(fmt.Sprintf("socket %d breaks", socket), event{Kind: "closed", Socket: socket})
	b.sockets[socket].gone = true
}

// passes: time passes, in ticks.
func (b *bench) passes(d time.Duration) {
	b.quiet("Nothing more was to be done.")
	b.tell("%v pass", d)
	until := b.now + d
	for b.err == nil && b.now < until {
		b.now = min(until, b.now+max(d/8, time.Millisecond))
		b.ask(event{Kind: "tick"})
		if b.dials > 0 && b.now < until {
			return // it is told, and nobody has expected it yet
		}
	}
}

// The name of the peer.
var peerName = wire.OSD(4)
