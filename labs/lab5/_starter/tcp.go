// This file is the grader's: it runs your machine over TCP.

package main

import (
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	serverGreetingSize = 281
	clientGreetingSize = 145
	// offered is what 14.2 offers.
	offered       = 0x3ffddff8ffecffff
	greetingTime  = 5 * time.Second
	callEach      = 50 * time.Millisecond
	pingTime      = 10 * time.Second
	serviceOfOSD  = 24 // protocol_version between an OSD and its clients
	serviceOfMon  = 15
	typeOSD       = 4
	typeClient    = 8
	pingMessage   = 2
	ordinary      = 127
	tickEach      = 10 * time.Millisecond
	unknownNumber = -1
)

// hub has the machines of a program, one for each peer, and their sockets. One lock guards it all.
type hub struct {
	mu       sync.Mutex
	own      Addr
	began    time.Time
	peers    map[Addr]*peer
	sockets  int
	deliver  func(p *peer, m Message)
	template Config
}

// peer is a machine and its sockets.
type peer struct {
	hub     *hub
	machine *Machine
	sockets map[int]*socket
	dialing bool
	to      Addr
	events  []Event // that wait for their turn
}

// socket writes what is queued, in a goroutine of its own.
type socket struct {
	conn  net.Conn
	mu    sync.Mutex
	wake  *sync.Cond
	queue []byte
	ended bool
}

func onSockets(mode, address string) error {
	h := &hub{began: time.Now(), peers: map[Addr]*peer{}}
	h.own.Nonce = rand.Uint32() | 1
	go h.tick()
	switch mode {
	case "serve":
		return h.serve(address)
	case "call":
		return h.call(address)
	case "ping":
		return h.ping(address)
	}
	return fmt.Errorf("there is serve, call and ping, and no %s", mode)
}

// serve keeps sessions with whoever comes, and sends each message back.
func (h *hub) serve(address string) error {
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	at := l.Addr().(*net.TCPAddr)
	h.own.IP, h.own.Port = at.IP.String(), uint16(at.Port)
	h.template = Config{Type: typeOSD, Version: serviceOfOSD, Features: offered,
		Policy: Policy{Server: true, Standby: true, ResetCheck: true}}
	h.deliver = func(p *peer, m Message) { p.handle(Event{Kind: UserSends, Message: &m}) }
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go h.accept(c)
	}
}

// call keeps a session with a server, and sends pings.
func (h *hub) call(address string) error {
	to, err := parse(address)
	if err != nil {
		return err
	}
	h.own.IP = "127.0.0.1"
	h.template = Config{Type: typeClient, Num: unknownNumber, Version: serviceOfOSD,
		Features: offered, Policy: Policy{ResetCheck: true}}
	h.deliver = func(*peer, Message) {}
	p := h.peer(to)
	for {
		h.mu.Lock()
		p.handle(Event{Kind: UserSends, Message: &Message{Type: pingMessage, Priority: ordinary,
			Version: 1}})
		h.mu.Unlock()
		time.Sleep(callEach)
	}
}

// ping sends a ping to a monitor, and prints how long its answer is.
func (h *hub) ping(address string) error {
	to, err := parse(address)
	if err != nil {
		return err
	}
	h.template = Config{Type: typeClient, Num: unknownNumber, Version: serviceOfMon,
		Features: offered, Policy: Policy{Lossy: true}}
	answer := make(chan Message, 16)
	h.deliver = func(_ *peer, m Message) {
		select {
		case answer <- m:
		default:
		}
	}
	p := h.peer(to)
	h.mu.Lock()
	p.handle(Event{Kind: UserSends, Message: &Message{Type: pingMessage, Priority: ordinary,
		Version: 1}})
	h.mu.Unlock()
	late := time.After(pingTime)
	for {
		select {
		case m := <-answer:
			if m.Type == pingMessage {
				fmt.Fprintf(os.Stdout, "pong, %d bytes\n", len(m.Front))
				return nil
			}
		case <-late:
			return fmt.Errorf("no answer within %v", pingTime)
		}
	}
}

// parse reads HOST:PORT[/NONCE].
func parse(address string) (Addr, error) {
	where, nonce, _ := strings.Cut(address, "/")
	at, err := netip.ParseAddrPort(where)
	if err != nil {
		return Addr{}, err
	}
	a := Addr{IP: at.Addr().String(), Port: at.Port()}
	if nonce != "" {
		_, err = fmt.Sscan(nonce, &a.Nonce)
	}
	return a, err
}

func (h *hub) tick() {
	for {
		time.Sleep(tickEach)
		h.mu.Lock()
		for _, p := range h.peers {
			p.handle(Event{Kind: Tick})
		}
		h.mu.Unlock()
	}
}

// peer returns the machine for a peer.
func (h *hub) peer(a Addr) *peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.peers[a]
	if p == nil {
		c := h.template
		c.Own, c.Peer = h.own, a
		p = &peer{hub: h, machine: NewMachine(c), sockets: map[int]*socket{}, to: a}
		h.peers[a] = p
	}
	return p
}

// accept greets, and hands the socket to the machine of the peer.
func (h *hub) accept(c net.Conn) {
	seen := c.RemoteAddr().(*net.TCPAddr)
	from := Addr{IP: seen.IP.String(), Port: uint16(seen.Port)}
	_ = c.SetDeadline(time.Now().Add(greetingTime))
	b := make([]byte, clientGreetingSize)
	_, err := c.Write(ServerGreeting(h.own, from))
	if err == nil {
		_, err = io.ReadFull(c, b)
	}
	var a Addr
	if err == nil {
		a, err = ReadClientGreeting(b)
	}
	if err != nil {
		c.Close()
		return
	}
	_ = c.SetDeadline(time.Time{})
	if a.IP == "" || a.IP == "0.0.0.0" {
		a.IP = from.IP
	}
	h.peer(a).attach(c, PeerDialed)
}

// dial calls the peer and greets.
func (p *peer) dial(to Addr) {
	c, err := net.DialTimeout("tcp4", net.JoinHostPort(to.IP, fmt.Sprint(to.Port)), greetingTime)
	if err == nil {
		if err = p.greet(c, to); err != nil {
			c.Close()
		}
	}
	if err != nil {
		p.hub.mu.Lock()
		defer p.hub.mu.Unlock()
		p.dialing = false
		p.handle(Event{Kind: DialRefused})
		return
	}
	p.attach(c, DialOpened)
}

func (p *peer) greet(c net.Conn, to Addr) error {
	_ = c.SetDeadline(time.Now().Add(greetingTime))
	b := make([]byte, serverGreetingSize)
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	server, us, err := ReadServerGreeting(b)
	if err != nil {
		return err
	}
	if server.Port != to.Port || server.Nonce != to.Nonce {
		return fmt.Errorf("called %v, got %v", to, server)
	}
	own := p.hub.own
	if own.IP == "" {
		own.IP = us.IP
	}
	_, err = c.Write(ClientGreeting(own))
	_ = c.SetDeadline(time.Time{})
	return err
}

// attach hands a socket to the machine, and what comes of it.
func (p *peer) attach(c net.Conn, kind string) {
	s := &socket{conn: c}
	s.wake = sync.NewCond(&s.mu)
	go s.write()
	h := p.hub
	h.mu.Lock()
	h.sockets++
	n := h.sockets
	p.sockets[n] = s
	p.dialing = p.dialing && kind != DialOpened
	p.handle(Event{Kind: kind, Socket: n})
	h.mu.Unlock()
	b := make([]byte, 64<<10)
	for {
		k, err := c.Read(b)
		h.mu.Lock()
		gone := p.sockets[n] == nil
		if !gone && k > 0 {
			p.handle(Event{Kind: BytesCame, Socket: n, Bytes: append(Hex(nil), b[:k]...)})
		}
		if !gone && err != nil && p.sockets[n] != nil {
			delete(p.sockets, n)
			s.end()
			p.handle(Event{Kind: SocketClosed, Socket: n})
		}
		h.mu.Unlock()
		if gone || err != nil {
			return
		}
	}
}

// handle tells the machine, and does what it says. What comes of that is told behind it. The hub's
// lock is held.
func (p *peer) handle(e Event) {
	p.events = append(p.events, e)
	if len(p.events) > 1 {
		return
	}
	for len(p.events) > 0 {
		for _, a := range p.machine.Handle(time.Since(p.hub.began), p.events[0]) {
			p.do(a)
		}
		p.events = p.events[1:]
	}
}

func (p *peer) do(a Action) {
	s := p.sockets[a.Socket]
	switch a.Kind {
	case Dial:
		if !p.dialing {
			p.dialing = true
			go p.dial(p.to)
		}
	case Write:
		if s != nil {
			s.append(a.Bytes)
		}
	case Close:
		if s != nil {
			delete(p.sockets, a.Socket)
			s.end()
		}
	case Deliver:
		p.hub.deliver(p, *a.Message)
	}
}

func (s *socket) append(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, b...)
	s.wake.Signal()
}

func (s *socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake.Signal()
}

// write writes what is queued, and closes the socket behind the last byte.
func (s *socket) write() {
	defer s.conn.Close()
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.ended {
			s.wake.Wait()
		}
		b := s.queue
		s.queue = nil
		s.mu.Unlock()
		if len(b) == 0 {
			return
		}
		if _, err := s.conn.Write(b); err != nil {
			return
		}
	}
}
