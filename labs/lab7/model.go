package lab7

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// kitAddr is where all peers are; their nonces tell them apart.
var kitAddr = netip.MustParseAddrPort("10.0.0.2:5000")

// digits are bytes, which are hexadecimal digits in a question or an answer.
type digits []byte

// MarshalText implements encoding.TextMarshaler.
func (d digits) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *digits) UnmarshalText(b []byte) (err error) {
	*d, err = hex.AppendDecode(nil, b)
	return err
}

// event is what happens.
type event struct {
	Conn     int    `json:"conn"`
	Data     digits `json:"data"`
	Room     int    `json:"room"`
	Throttle string `json:"throttle"`
	N        int    `json:"n"`
}

// did is what a connection has done.
type did struct {
	Conn     int       `json:"conn"`
	States   []string  `json:"states"`
	Wrote    digits    `json:"wrote"`
	Messages []message `json:"messages"`
	Closed   bool      `json:"closed"`
}

type result struct {
	Did   []did          `json:"did"`
	Taken map[string]int `json:"taken"`
}

// world is what should be: connections, and what is taken from throttles.
type world struct {
	s      *grade.Session
	limits map[string]int
	taken  map[string]int
	conns  []*conn
	// why is told if something is not as it should be.
	why string
}

// conn is a connection as it should be.
type conn struct {
	*script
	at           int // of waits; that one was entered
	entered      bool
	fed, used    int  // bytes that have come, and that were taken
	room         int  // bytes that the socket has been able to take in all; negative for any
	closed, gone bool // closed by this side; hung up by the peer
	mine         map[string]int
	wrote        []byte
	stamps       [][]byte
	lastAck      uint64
}

func newWorld(s *grade.Session, messages, size, dispatch int) (*world, error) {
	w := &world{s: s, taken: map[string]int{}, limits: map[string]int{"messages": messages,
		"bytes": size, "dispatch": dispatch}}
	return w, s.Ask("centre", w.limits, nil)
}

func (w *world) accept(p *script, room int) (*conn, error) {
	c := &conn{script: p, room: room, mine: map[string]int{}}
	w.conns = append(w.conns, c)
	return c, w.ask("accept", event{Conn: p.id, Room: room}, c,
		fmt.Sprintf("connection %d is accepted; its socket takes %s", p.id, amount(room)))
}

func amount(n int) string {
	if n < 0 {
		return "any number of bytes"
	}
	return fmt.Sprintf("%d bytes", n)
}

// feed has the next n bytes of the script come, all that are left if n is negative.
func (w *world) feed(c *conn, n int) error {
	if left := len(c.bytes) - c.fed; n < 0 || n > left {
		n = left
	}
	data := c.bytes[c.fed : c.fed+n]
	c.fed += n
	return w.ask("readable", event{Conn: c.id, Data: data}, c,
		fmt.Sprintf("connection %d is readable: %d more bytes, %d in all", c.id, n, c.fed))
}

func (w *world) writable(c *conn, n int) error {
	if c.room += n; n < 0 {
		c.room = -1
	}
	return w.ask("writable", event{Conn: c.id, Room: n}, c,
		fmt.Sprintf("connection %d is writable: its socket takes %s more", c.id, amount(n)))
}

func (w *world) hangup(c *conn) error {
	c.gone = true
	return w.ask("hangup", event{Conn: c.id}, c, fmt.Sprintf("the peer of connection %d closes",
		c.id))
}

// take has others take from a throttle, or give back.
func (w *world) take(throttle string, n int) error {
	w.taken[throttle] += n
	return w.ask("take", event{Throttle: throttle, N: n}, nil,
		fmt.Sprintf("somebody else takes %d from the throttle %s", n, throttle))
}

func (w *world) give(throttle string, n int) error {
	w.taken[throttle] -= n
	return w.ask("give", event{Throttle: throttle, N: n}, nil,
		fmt.Sprintf("somebody else gives back %d to the throttle %s", n, throttle))
}

// ask asks, and compares with what should be.
func (w *world) ask(op string, e event, touched *conn, asked string) error {
	var got result
	if err := w.s.Ask(op, e, &got); err != nil {
		return err
	}
	want := map[int]*did{}
	for again := true; again; { // who gives back lets others go on
		again = false
		for _, c := range w.conns {
			d := want[c.id]
			if d == nil {
				d = &did{Conn: c.id}
				want[c.id] = d
			}
			again = w.advance(c, d) || again
		}
	}
	byConn := map[int]did{}
	for _, d := range got.Did {
		byConn[d.Conn] = d
	}
	for _, c := range w.conns {
		if err := w.compare(c, *want[c.id], byConn[c.id], asked); err != nil {
			return err
		}
	}
	for _, name := range []string{"messages", "bytes", "dispatch"} {
		if got.Taken[name] != w.taken[name] {
			return &grade.Story{Asked: asked,
				Why: w.why + " What was taken for a message is given back once: when it was " +
					"dispatched, or when its connection ends before.",
				Expected: fmt.Sprintf("%d are taken from the throttle %s", w.taken[name], name),
				Got:      fmt.Sprint(got.Taken[name])}
		}
	}
	return nil
}

// advance leads a connection as far as it can go. It reports whether it has given something back.
func (w *world) advance(c *conn, d *did) (gave bool) {
	for !c.closed {
		now := c.waits[c.at]
		if !c.entered {
			c.entered = true
			d.States = append(d.States, now.state)
		}
		if now.throttle != "" {
			limit, taken := w.limits[now.throttle], w.taken[now.throttle]
			if limit != 0 && taken+now.n > limit && (now.n <= limit || taken > limit) {
				break
			}
			w.taken[now.throttle] += now.n
			c.mine[now.throttle] += now.n
		}
		if c.fed-c.used < now.read || c.room >= 0 && c.room < now.written {
			break
		}
		c.used += now.read
		if now.broken {
			c.closed, d.Closed = true, true
			return w.giveBack(c) || gave
		}
		if now.message != nil {
			d.Messages = append(d.Messages, *now.message)
			c.lastAck = now.ack
			gave = w.giveBack(c) || gave
		}
		if now.stamp != nil {
			c.stamps = append(c.stamps, now.stamp)
		}
		c.at, c.entered = c.at+1, false
	}
	// The end of the stream is seen where bytes are waited for: what came before it is read.
	if now := c.waits[c.at]; c.gone && !c.closed && c.fed-c.used < now.read {
		c.closed, d.Closed = true, true
		gave = w.giveBack(c) || gave
	}
	return gave
}

func (w *world) giveBack(c *conn) (gave bool) {
	for name, n := range c.mine {
		w.taken[name] -= n
		gave = gave || n > 0
	}
	clear(c.mine)
	return gave
}

// compare compares what a connection has done with what it should have.
func (w *world) compare(c *conn, want, got did, asked string) error {
	story := &grade.Story{Asked: asked, Why: w.why}
	a, b := strings.Join(want.States, " → "), strings.Join(got.States, " → ")
	switch {
	case want.Closed && got.Closed:
		// Through which states it went before that does not count.
	case a != b:
		story.Expected = fmt.Sprintf("connection %d goes: %s", c.id, none(a))
		story.Got = none(b)
		return story
	case want.Closed != got.Closed:
		words := map[bool]string{true: "closed", false: "open"}
		story.Expected = fmt.Sprintf("connection %d is %s", c.id, words[want.Closed])
		story.Got = words[got.Closed]
		return story
	}
	if fmt.Sprint(want.Messages) != fmt.Sprint(got.Messages) {
		const fields = " (each seq, tid, and the lengths of front, middle and data)"
		story.Expected = fmt.Sprintf("connection %d dispatches %v%s", c.id, want.Messages, fields)
		story.Got = fmt.Sprint(got.Messages)
		return story
	}
	c.wrote = append(c.wrote, got.Wrote...)
	if err := c.written(); err != "" && !c.closed {
		story.Expected, story.Got = c.owed(), err
		return story
	}
	return nil
}

func none(states string) string {
	if states == "" {
		return "no other state is entered"
	}
	return states
}

// owed says what the socket should have been given.
func (c *conn) owed() string {
	return fmt.Sprintf("on connection %d in all, as far as the socket takes it (%s): banner and "+
		"addresses, %d bytes; the reply; answers to %d keepalives, in order; an ack of %d",
		c.id, amount(c.room), bannerSize, len(c.stamps), c.lastAck)
}

// written returns what is wrong with what was written, nothing if it is right.
func (c *conn) written() string {
	if c.room >= 0 && len(c.wrote) > c.room {
		return fmt.Sprintf("%d bytes", len(c.wrote))
	}
	whole := c.room < 0
	b := c.wrote
	if !bytes.HasPrefix(b, []byte(wire.Banner)) && len(b) >= len(wire.Banner) {
		return fmt.Sprintf("bytes that do not begin with the banner: %x", b[:len(wire.Banner)])
	}
	replied := c.at > 4 || c.at == 4 && c.entered
	want := bannerSize
	if replied {
		want = c.script.written
	}
	if len(b) < want {
		if whole || c.room > len(b) {
			return fmt.Sprintf("%d bytes", len(b))
		}
		return ""
	}
	if !replied && len(b) > want {
		return fmt.Sprintf("%d bytes", len(b))
	}
	return c.frames(b[want:], whole)
}

// frames looks at what was written behind the handshake.
func (c *conn) frames(b []byte, whole bool) string {
	stamps, ack := c.stamps, uint64(0)
	for len(b) >= 9 {
		switch wire.Tag(b[0]) {
		case wire.TagKeepalive2Ack:
			i := slices.IndexFunc(stamps, func(s []byte) bool { return bytes.Equal(s, b[1:9]) })
			if i < 0 {
				return fmt.Sprintf("an answer to a keepalive with the stamp %x", b[1:9])
			}
			stamps = stamps[i+1:] // the latest answers those before it too
		case wire.TagAck:
			ack = binary.LittleEndian.Uint64(b[1:])
		default:
			return fmt.Sprintf("a frame with the tag %d, or what is no frame: %x…", b[0], b[:9])
		}
		b = b[9:]
	}
	switch {
	case ack > c.lastAck:
		return fmt.Sprintf("an ack of %d", ack)
	case whole && len(b) > 0:
		return fmt.Sprintf("a piece of a frame: %x", b)
	case whole && len(stamps) > 0:
		return fmt.Sprintf("no answer to the last %d keepalives", len(stamps))
	case whole && ack != c.lastAck && c.fed == c.used: // or it may wait while more is read
		return fmt.Sprintf("an ack of %d as the last", ack)
	}
	return ""
}
