package server

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
)

// Protocol numbers; docs/protocol.md has them all.
const (
	tagReady, tagReset, tagRetrySession, tagRetryGlobal     = 1, 2, 4, 5
	tagClose, tagMsg, tagAck, tagKeepalive, tagBadVersion   = 6, 7, 8, 9, 10
	tagSeq, tagKeepalive2, tagKeepalive2Ack                 = 13, 14, 15
	protocolVersion                                         = 24 // of an osd, for its clients
	featureNoSrcAddr, featureReconnectSeq, featureKeepalive = 1 << 1, 1 << 6, 1 << 42

	offered = featureNoSrcAddr | featureReconnectSeq | featureKeepalive
)

// A Server is a messenger in the role of a server with lossless sessions. It sends every message
// back to whoever has sent it. One of the bugs of history may be switched on.
type Server struct {
	bug      int
	listener net.Listener
	running  sync.WaitGroup

	mu        sync.Mutex // guards all below, sessions too
	sessions  map[string]*session
	sockets   map[net.Conn]bool // nil when the server has ended
	globalSeq uint32
}

// A session is what outlives a socket. Its peer is known by address.
type session struct {
	connectSeq, globalSeq uint32
	conn                  net.Conn      // nil while it has none
	work                  chan struct{} // something is to be written; of size 1

	inSeq, ackedSeq uint64     // received; told to the peer
	outSeq          uint64     // of the last message that got a number
	queue, sent     []*message // to be written; written and not acked
	stamps          [][8]byte  // of KEEPALIVE2, to be answered
	lastStamp       [8]byte    // what bug 7 remembers
}

// A message as it came, to be sent back. It has no number yet if seq is 0.
type message struct {
	seq    uint64
	header [headerSize]byte
	parts  [3][]byte
}

// connect is what the decision needs of a connect message.
type connect struct {
	features              uint64
	globalSeq, connectSeq uint32
	version, authorizer   uint32
}

// An answer to a connect message.
type answer struct {
	tag                   byte
	globalSeq, connectSeq uint32
}

func (a answer) opens() bool { return a.tag == tagReady || a.tag == tagSeq }

// Serve answers whoever comes to a listener. Bug is the number of the bug that is switched on, 0
// for none.
func Serve(l net.Listener, bug int) *Server {
	s := &Server{bug: bug, listener: l, sessions: map[string]*session{},
		sockets: map[net.Conn]bool{}}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.running.Add(1)
			go s.serve(conn)
		}
	}()
	return s
}

// Close ends it and waits until it has ended.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.sockets {
		conn.Close()
	}
	s.sockets = nil
	s.mu.Unlock()
	s.running.Wait()
}

// serve has the conversation on one socket.
func (s *Server) serve(conn net.Conn) {
	defer s.running.Done()
	defer conn.Close()
	s.mu.Lock()
	if s.sockets == nil {
		s.mu.Unlock()
		return
	}
	s.sockets[conn] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.sockets, conn)
		s.mu.Unlock()
	}()

	peer, err := s.greet(conn)
	if err != nil {
		return
	}
	e, err := s.open(conn, peer)
	if err != nil {
		return
	}
	ended := make(chan struct{})
	s.running.Add(1)
	go s.write(e, conn, ended)
	goodbye := s.read(e, conn) == errClose
	close(ended)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.conn == conn {
		e.conn = nil
		if goodbye {
			delete(s.sessions, peer)
			conn.Write([]byte{tagClose})
		}
	}
}

// open answers connect messages until a session is open on the socket.
func (s *Server) open(conn net.Conn, peer string) (*session, error) {
	for {
		c, err := readConnect(conn)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		a := s.decide(s.sessions[peer], c)
		var e *session
		if a.opens() {
			e = s.take(conn, peer, c, &a)
		}
		inSeq := uint64(0)
		if e != nil {
			inSeq = e.inSeq
		}
		s.mu.Unlock()
		reply := appendReply(nil, a, c.features)
		if a.tag == tagSeq {
			told := encodeSeq(s.bug, inSeq)
			reply = append(reply, told[:]...)
		}
		if _, err := conn.Write(reply); err != nil {
			return nil, err
		}
		if e != nil {
			return e, s.resume(e, conn, a.tag == tagSeq)
		}
	}
}

// decide says what a connect message is answered. E is the session of the peer, nil if there is
// none. It needs mu.
func (s *Server) decide(e *session, c connect) answer {
	switch {
	case c.version != protocolVersion:
		return answer{tag: tagBadVersion}
	case e == nil && c.connectSeq > 0:
		return unknownSession(s.bug, c)
	case e == nil:
		return answer{tag: tagReady, connectSeq: 1}
	case c.globalSeq < e.globalSeq:
		return answer{tag: tagRetryGlobal, globalSeq: e.globalSeq}
	case c.connectSeq == 0:
		restarted(s.bug, e)
		return answer{tag: tagReady, connectSeq: 1}
	case c.connectSeq < e.connectSeq:
		return answer{tag: tagRetrySession, connectSeq: e.connectSeq + 1}
	case c.connectSeq == e.connectSeq:
		return sameConnectSeq(s.bug, e, c)
	default:
		return goOn(c)
	}
}

// goOn opens a session that there is on a new socket.
func goOn(c connect) answer {
	if c.features&featureReconnectSeq == 0 {
		return answer{tag: tagReady, connectSeq: c.connectSeq + 1}
	}
	return answer{tag: tagSeq, connectSeq: c.connectSeq + 1}
}

// take has the session of the peer, a new one if there is none, live on this socket. It needs mu.
func (s *Server) take(conn net.Conn, peer string, c connect, a *answer) *session {
	e := s.sessions[peer]
	if e == nil {
		e = new(session)
		s.sessions[peer] = e
	}
	if e.conn != nil {
		e.conn.Close()
	}
	s.globalSeq++
	a.globalSeq = s.globalSeq
	e.conn, e.connectSeq, e.globalSeq = conn, a.connectSeq, c.globalSeq
	e.work = make(chan struct{}, 1)
	e.stamps = nil
	return e
}

// resume makes ready what is to be sent on a new socket: what was not acked comes first. After SEQ
// the peer has told how far it has got.
func (s *Server) resume(e *session, conn net.Conn, exchange bool) error {
	var b [8]byte
	if exchange {
		if _, err := io.ReadFull(conn, b[:]); err != nil {
			s.mu.Lock()
			if e.conn == conn {
				e.conn = nil
			}
			s.mu.Unlock()
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.conn != conn {
		return net.ErrClosed
	}
	requeue(s.bug, e)
	if exchange {
		had := binary.LittleEndian.Uint64(b[:])
		discard(s.bug, e, had)
		e.ackedSeq = e.inSeq
	}
	numberOn(s.bug, e)
	e.wake()
	return nil
}

// wake tells the writer that there is something to be written.
func (e *session) wake() {
	select {
	case e.work <- struct{}{}:
	default:
	}
}
