package main

import "time"

const (
	tagReady        = 1
	tagResetSession = 2
	tagWait         = 3
	tagRetrySession = 4
	tagRetryGlobal  = 5
	tagClose        = 6
	tagMsg          = 7
	tagAck          = 8
	tagKeepalive    = 9
	tagBadProtoVer  = 10
	tagSeq          = 13
	tagKeepalive2   = 14
	tagKeepalive2Is = 15

	firstPause   = 200 * time.Millisecond
	longestPause = 15 * time.Second
	patience     = 2 * longestPause
)

// state is where the session stands.
type state int

const (
	none       state = iota // there is no session
	connecting              // dialing, asking, or pausing before that
	open
	standby // a session without a socket, and no need for one
	waiting // the peer has said that it will come
)

// phase is what is awaited on a socket.
type phase int

const (
	asked    phase = iota // we have sent connect: a reply
	telling               // we got SEQ: the peer's number
	incoming              // the peer has dialed: connect
	hearing               // we have answered SEQ: the peer's number
	framing               // frames
)

// link is a socket and what has come of it.
type link struct {
	socket int
	in     []byte
	phase  phase
	reply  Reply // with telling
}

// Machine is a messenger for one peer.
type Machine struct {
	config Config
	now    time.Duration
	out    []Action

	state    state
	link     *link         // of the session, or of our attempt
	arriving map[int]*link // the peer's, undecided
	books    *Session

	lossy         bool
	connectSeq    uint32
	globalSeq     uint32
	peerGlobalSeq uint32

	dialing   bool
	due       time.Duration // when to dial; with waiting: when to stop to wait
	fruitless int
	openedAt  time.Duration
	owes      bool // the peer was told to wait for us
	broken    bool // an attempt has failed since
}

// NewMachine returns a machine without a session.
func NewMachine(c Config) *Machine {
	return &Machine{config: c, arriving: map[int]*link{}, lossy: c.Policy.Lossy,
		books: NewSession(c.Policy.Lossy)}
}

// Handle takes what happens, and returns what is to be done about it.
func (m *Machine) Handle(now time.Duration, e Event) []Action {
	m.now, m.out = now, nil
	switch e.Kind {
	case UserConnects:
		m.wanted(true)
	case UserSends:
		m.books.Send(*e.Message)
		m.wanted(false)
	case MarkDown:
		m.markDown()
	case DialOpened:
		m.opened(e.Socket)
	case DialRefused:
		if m.dialing {
			m.dialing = false
			m.fault()
		}
	case PeerDialed:
		m.arriving[e.Socket] = &link{socket: e.Socket, phase: incoming}
	case BytesCame:
		m.bytes(e.Socket, e.Bytes)
	case SocketClosed:
		m.closed(e.Socket)
	}
	m.tick()
	m.flush()
	return m.out
}

func (m *Machine) do(kind string, socket int, b []byte) {
	m.out = append(m.out, Action{Kind: kind, Socket: socket, Bytes: b})
}

// wanted: there is something for the sake of which to connect.
func (m *Machine) wanted(connect bool) {
	switch {
	case m.state == none && m.config.Policy.Server:
		m.state = standby
	case m.state == none:
		m.state, m.due = connecting, m.now
	case m.state == standby && !m.config.Policy.Server && (connect || m.work()):
		if m.connectSeq > 0 {
			m.connectSeq++
		}
		m.state, m.due = connecting, m.now
	}
}

func (m *Machine) work() bool { return !m.books.Empty() || m.owes }

// tick does what is due.
func (m *Machine) tick() {
	if m.state == waiting && m.now >= m.due {
		m.state, m.due = connecting, m.now
	}
	if m.state == open && m.now-m.openedAt >= longestPause {
		m.fruitless = 0
	}
	if m.state == connecting && m.link == nil && !m.dialing && m.now >= m.due {
		m.dialing = true
		m.do(Dial, 0, nil)
	}
}

// opened: what was dialed is there.
func (m *Machine) opened(socket int) {
	if !m.dialing || m.state != connecting || m.link != nil {
		m.dialing = false
		m.do(Close, socket, nil)
		return
	}
	m.dialing = false
	m.link = &link{socket: socket, phase: asked}
	m.ask()
}

// ask sends a connect message.
func (m *Machine) ask() {
	m.globalSeq++
	c := Connect{Features: m.config.Features, HostType: m.config.Type, GlobalSeq: m.globalSeq,
		ConnectSeq: m.connectSeq, ProtocolVersion: m.config.Version}
	if m.config.Policy.Lossy {
		c.Flags = 1
	}
	m.do(Write, m.link.socket, EncodeConnect(c))
}

// bytes takes what came as far as it is whole.
func (m *Machine) bytes(socket int, b []byte) {
	l := m.arriving[socket]
	if l == nil {
		l = m.link
	}
	if l == nil || l.socket != socket {
		return
	}
	l.in = append(l.in, b...)
	for m.alive(l) && m.piece(l) {
	}
}

func (m *Machine) alive(l *link) bool { return l == m.link || m.arriving[l.socket] == l }

// piece takes one piece from the front of what came, and reports whether there was one.
func (m *Machine) piece(l *link) bool {
	switch l.phase {
	case asked:
		if len(l.in) < 26 {
			return false
		}
		r := decodeReply(l.in)
		if r.AuthorizerLen > 4096 {
			m.fault()
			return false
		}
		n := 26 + int(r.AuthorizerLen)
		if len(l.in) < n {
			return false
		}
		l.in = l.in[n:]
		m.replied(r)
	case incoming:
		if len(l.in) < 33 {
			return false
		}
		c := decodeConnect(l.in)
		if c.AuthorizerLen > 4096 {
			m.drop(l)
			return false
		}
		n := 33 + int(c.AuthorizerLen)
		if len(l.in) < n {
			return false
		}
		l.in = l.in[n:]
		m.decide(l, c)
	case telling, hearing:
		if len(l.in) < 8 {
			return false
		}
		has := le.Uint64(l.in)
		l.in = l.in[8:]
		if l.phase == telling {
			m.do(Write, l.socket, le.AppendUint64(nil, m.books.InSeq()))
			m.agree(l.reply)
		}
		m.begin(true, has)
	case framing:
		return m.frame(l)
	}
	return true
}

// replied is what the dialing side does with an answer.
func (m *Machine) replied(r Reply) {
	switch r.Tag {
	case tagReady, tagSeq:
		if r.ConnectSeq != m.connectSeq+1 {
			m.fault()
			return
		}
		if r.Tag == tagSeq {
			m.link.phase, m.link.reply = telling, r
			return
		}
		m.agree(r)
		m.begin(false, 0)
	case tagResetSession:
		if m.connectSeq == 0 {
			m.fault()
			return
		}
		m.forget()
		m.do(RemoteReset, 0, nil)
		m.ask()
	case tagRetrySession:
		if r.ConnectSeq <= m.connectSeq {
			m.fault()
			return
		}
		m.connectSeq = r.ConnectSeq
		m.ask()
	case tagRetryGlobal:
		if r.GlobalSeq >= 1<<31 {
			m.fault()
			return
		}
		m.globalSeq = max(m.globalSeq, r.GlobalSeq)
		m.ask()
	case tagWait:
		m.do(Close, m.link.socket, nil)
		m.link = nil
		m.state, m.due = waiting, m.now+patience
	default:
		m.fault()
	}
}

// forget drops what belongs to a session.
func (m *Machine) forget() {
	m.books = NewSession(m.lossy)
	m.connectSeq = 0
}

// agree takes what the peer has answered.
func (m *Machine) agree(r Reply) {
	m.connectSeq, m.peerGlobalSeq = r.ConnectSeq, r.GlobalSeq
	m.lossy = r.Flags&1 != 0
	m.books.lossy = m.lossy
}

// begin: the session is open on the socket.
func (m *Machine) begin(seq bool, has uint64) {
	m.state, m.link.phase = open, framing
	m.openedAt, m.broken = m.now, false
	if m.books.Opened(seq, has) {
		m.fruitless = 0
	}
	if m.owes {
		m.do(Write, m.link.socket, append([]byte{tagKeepalive2}, make([]byte, 8)...))
	}
}

// drop closes a socket of the peer's that has no session.
func (m *Machine) drop(l *link) {
	delete(m.arriving, l.socket)
	m.do(Close, l.socket, nil)
}

// closed: a socket is gone.
func (m *Machine) closed(socket int) {
	delete(m.arriving, socket)
	if m.link != nil && m.link.socket == socket {
		m.lost()
	}
}

// fault gives the socket up, or the dialing.
func (m *Machine) fault() {
	if m.link != nil {
		m.do(Close, m.link.socket, nil)
	}
	m.lost()
}

// lost is the rule of faults.
func (m *Machine) lost() {
	l, p := m.link, m.config.Policy
	m.link = nil
	wasOpen := m.state == open
	if wasOpen && m.lossy {
		m.over()
		m.do(Reset, 0, nil)
		return
	}
	if !m.lossy {
		m.books.Broke()
	}
	m.broken = m.owes && !wasOpen
	switch {
	case p.Standby && !m.work():
		m.state = standby
	case wasOpen && p.Server:
		m.state = standby
	default:
		if wasOpen && l.phase == framing {
			m.connectSeq++
		}
		m.state = connecting
		m.due = m.now + m.pause(wasOpen)
	}
}

// pause says how long to wait before the next socket.
func (m *Machine) pause(wasOpen bool) time.Duration {
	if wasOpen && m.fruitless == 0 {
		m.fruitless = 1
		return 0
	}
	m.fruitless = max(m.fruitless, 1)
	pause := firstPause
	for n := 1; n < m.fruitless && pause < longestPause; n++ {
		pause *= 2
	}
	m.fruitless++
	return min(pause, longestPause)
}

// over ends the session.
func (m *Machine) over() {
	m.state, m.owes, m.broken = none, false, false
	m.lossy = m.config.Policy.Lossy
	m.forget()
	m.peerGlobalSeq, m.fruitless = 0, 0
}

func (m *Machine) markDown() {
	for _, l := range m.arriving {
		m.drop(l)
	}
	if m.link != nil {
		m.do(Close, m.link.socket, nil)
		m.link = nil
	}
	m.dialing = false
	m.over()
}
