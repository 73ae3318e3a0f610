package model

import "simplemessenger/protocol"

// Limits of the model's world. A step that would go beyond one ends the exploration with a
// violation, so that they never hide anything.
const (
	maxMessages = 3
	maxSockets  = 4
	maxFrames   = 8 // in flight in one direction of a socket
)

// side is one of the two peers. The address of low compares below that of high; between a client
// and a server, low is the client.
type side uint8

const (
	low side = iota
	high
)

func (x side) other() side { return 1 - x }

func (x side) String() string { return [...]string{"A", "B"}[x] }

// state is the whole world at one moment. It is a plain value: assigning it copies it.
type state struct {
	peers       [2]peer
	sockets     [maxSockets]socket
	cuts        uint8 // that may still happen
	disruptions uint8 // restarts and mark downs that may still happen
	contests    uint8 // that may still happen
}

// peer is a messenger: what it keeps, the one pipe in its registry, and what its user has done and
// seen.
type peer struct {
	globalSeq uint8 // how many connections it has begun
	pipe      registered
	user      user
}

// phase is how far the handshake of the registered pipe's link is.
type phase uint8

const (
	idle   phase = iota // no link, or an open session: reader and writer run
	asking              // client: connect was sent
	// client: SEQ was answered, the server's in_seq was read, ours is to be written
	seqRead
	decided   // server: the session is open, the reply is to be written
	answering // server: SEQ was written, the client's in_seq is to be read
)

// registered is the pipe in the registry, with the session that it owns. Its state is CLOSED if
// there is none.
type registered struct {
	state protocol.State
	link  int8 // index of the socket, or noLink
	phase phase
	lossy bool // of the policy; the server's word counts
	// paused: the latest dial failed, and so will the next.
	paused bool

	// Of the handshake under way.
	replyGlobalSeq uint8     // seqRead: of the reply
	replyLossy     bool      // seqRead: of the reply
	before         uint8     // decided: connect_seq of the session before this connection
	replaced       bool      // decided, answering: the session was taken over
	seq            bool      // decided, answering: the reply is SEQ
	tried          credState // asking: what was tried on this socket
	// asking: the connect message has been on its way for longer than the patience
	old bool

	session session
}

const noLink = -1

// credState is what the client has tried to prove who it is, on one socket.
type credState struct{ refused, answered bool }

// session is what outlives a socket.
type session struct {
	protocol.Numbers
	out outQueue

	wasOpen bool // lossy: it has been open on a socket
	// with a policy that checks for resets: it has been open on both sides of one socket
	agreed bool
}

// user is what the user of one peer has done and seen.
type user struct {
	sent    uint8 // messages sent, of those that it wants to send
	excused uint8 // the first so many may be lost: the user was told, or ended the session itself
	// bit n: message n of the peer was delivered since this peer's own last restart or mark down
	delivered uint8
	ever      uint8 // bit n: message n of the peer was delivered at any time
	fresh     bool  // it has fetched new credentials

	// mayReset counts what has happened for which a remote reset may be told here, once for each.
	mayReset uint8
	// owed: the peer has lost a session that was open on both sides, so that a remote reset must be
	// told here before the two go on.
	owed bool
}

// socket is a TCP connection. An end that is neither the client's nor the link of the server's
// registered pipe is accepting: its handshake is not decided.
type socket struct {
	used   bool
	client side
	open   [2]bool
	to     [2]direction // frames in flight to that side
}

type direction struct {
	n      uint8
	frames [maxFrames]frame
}

type frameKind uint8

const (
	frameConnect frameKind = iota
	frameReply
	frameSeq
	frameMessage
	frameAck
	frameKeepalive
	frameKeepaliveAck
)

// frame is one unit of the protocol in flight. A SEQ reply carries the server's in_seq with it:
// between the two nothing can happen that does not happen before or after both.
type frame struct {
	kind       frameKind
	tag        uint8 // reply
	connectSeq uint8 // connect, reply
	globalSeq  uint8 // connect, reply
	number     uint8 // reply SEQ and seq: in_seq; message: seq; ack: seq; connect: credentials
	message    uint8 // message: which one, from 1
}

// reset begins the session anew after the peer has lost it.
func (s *session) reset() {
	s.out = outQueue{}
	s.Reset(0)
	s.agreed = false
}

// hasWork says that there is something for the sake of which to connect.
func (s *session) hasWork() bool { return s.HasWork(s.out.queued > 0) }

func (d *direction) push(f frame) bool {
	if d.n == maxFrames {
		return false
	}
	d.frames[d.n] = f
	d.n++
	return true
}

func (d *direction) pop() frame {
	f := d.frames[0]
	copy(d.frames[:d.n-1], d.frames[1:d.n])
	d.n--
	d.frames[d.n] = frame{}
	return f
}
