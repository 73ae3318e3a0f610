package main

import (
	"encoding/binary"
	"encoding/hex"
)

// This file is given. It is an event centre without a system below: the grader says what comes in,
// how much a socket takes, and who gives back to a throttle.

// A Centre has connections, which share throttles and sessions. One thing happens at a time.
type Centre struct {
	// Messages, Bytes and Dispatch are the throttles that a message passes, in this order.
	Messages, Bytes, Dispatch *Throttle

	conns    map[int]*Conn
	sessions map[string]*Session // by the peer's address
}

// A Session is what outlives a connection.
type Session struct {
	ConnectSeq uint32
	InSeq      uint64 // of the last message that was dispatched
}

// A Conn is a connection: a socket, the state that it is in, and whatever you keep of it.
type Conn struct {
	ID     int
	Centre *Centre
	State  State
	// Session is nil until Decide has found or made it.
	Session *Session
	// Mine are your fields: see process.go.
	Mine

	in       []byte // has come and was not taken
	room     int    // how much the socket takes at present; negative for any amount
	ended    bool   // the peer has closed
	closed   bool
	waitsFor *Throttle
	did      Did
}

// Did is what a connection has done in an event.
type Did struct {
	Conn     int       `json:"conn"`
	States   []State   `json:"states"`
	Wrote    Digits    `json:"wrote"`
	Messages []Message `json:"messages"`
	Closed   bool      `json:"closed"`
}

// Digits are bytes that are hexadecimal digits in what the grader sees.
type Digits []byte

// MarshalText says how.
func (d Digits) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d)), nil }

// UnmarshalText is the way back.
func (d *Digits) UnmarshalText(b []byte) (err error) {
	*d, err = hex.DecodeString(string(b))
	return err
}

// A Message is what is dispatched. The lengths are those of its parts.
type Message struct {
	Seq    uint64 `json:"seq"`
	TID    uint64 `json:"tid"`
	Front  int    `json:"front"`
	Middle int    `json:"middle"`
	Data   int    `json:"data"`
}

// Enter goes to a state.
func (c *Conn) Enter(s State) {
	c.State = s
	c.did.States = append(c.did.States, s)
}

// Read takes n bytes from the socket, if there are as many. If not it takes none and returns false:
// process is called again when more have come.
func (c *Conn) Read(n int) ([]byte, bool) {
	if len(c.in) < n {
		return nil, false
	}
	b := c.in[:n:n]
	c.in = c.in[n:]
	return b, true
}

// Write offers bytes to the socket. It returns how many of them the socket has taken: all, some or
// none. What it has not taken is yours; process is called again when it takes more.
func (c *Conn) Write(b []byte) int {
	n := len(b)
	if c.room >= 0 {
		n = min(n, c.room)
		c.room -= n
	}
	c.did.Wrote = append(c.did.Wrote, b[:n]...)
	return n
}

// Take takes n from a throttle. If it returns false process is called again when n has been taken
// for you: do not ask again then.
func (c *Conn) Take(t *Throttle, n int) bool {
	if len(t.waiting) == 0 && t.fits(n) {
		t.taken += n
		return true
	}
	t.waiting = append(t.waiting, waiting{c, n})
	c.waitsFor = t
	return false
}

// Dispatch hands up a message. The handler takes no time.
func (c *Conn) Dispatch(m Message) { c.did.Messages = append(c.did.Messages, m) }

// Close ends the connection. What was taken from throttles is not given back by this.
func (c *Conn) Close() {
	if !c.closed {
		c.closed, c.did.Closed = true, true
	}
}

// Banner is what a server says first, 281 bytes.
func (c *Conn) Banner() []byte { return append([]byte("ceph v027"), make([]byte, 272)...) }

// Decide answers a connect message of a peer of which the banner was read: with what is to be
// written, and whether the peer is to tell a number of 8 bytes before frames come (SEQ).
func (c *Conn) Decide(banner, connect []byte) (reply []byte, exchange bool) {
	key, connectSeq := string(banner[9:]), binary.LittleEndian.Uint32(connect[16:])
	s := c.Centre.sessions[key]
	tag := byte(13)
	if s == nil || connectSeq == 0 {
		s, tag = new(Session), 1
		c.Centre.sessions[key] = s
	}
	s.ConnectSeq = connectSeq + 1
	c.Session = s
	reply = make([]byte, 26)
	reply[0] = tag
	binary.LittleEndian.PutUint32(reply[13:], s.ConnectSeq)
	if tag == 13 {
		reply = binary.LittleEndian.AppendUint64(reply, s.InSeq)
	}
	return reply, tag == 13
}

// A Throttle is that of lab 6, without what is not needed here.
type Throttle struct {
	limit, taken int // a limit of 0 is none
	waiting      []waiting
}

type waiting struct {
	c *Conn
	n int
}

func (t *Throttle) fits(n int) bool {
	return t.limit == 0 || t.taken+n <= t.limit || n > t.limit && t.taken <= t.limit
}

// Put gives n back. Those who go on by that are processed from within.
func (t *Throttle) Put(n int) {
	t.taken -= n
	t.wake()
}

func (t *Throttle) wake() {
	for len(t.waiting) > 0 && t.fits(t.waiting[0].n) {
		w := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.taken += w.n
		w.c.waitsFor = nil
		w.c.process()
	}
}

// process calls yours, unless there is nothing to be done.
func (c *Conn) process() {
	if c.closed {
		return
	}
	process(c)
	if c.ended && !c.closed && c.waitsFor == nil {
		ended(c)
		c.Close()
	}
}
