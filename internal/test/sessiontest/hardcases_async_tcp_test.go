package sessiontest

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Hard cases of event-driven messengers, over real sockets: one worker carries all connections.

// tcpServer is a server of one worker, beside which peers misbehave.
type tcpServer struct {
	*simplemsgr.Messenger
	t        *testing.T
	ctx      context.Context
	records  trace.Recorder
	dispatch func(*simplemsgr.Message) // of all that is not a ping; in the worker
	pinger   *simplemsgr.Messenger
	ping     *simplemsgr.Connection
	pong     chan struct{}
	number   int64
}

func (s *tcpServer) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (s *tcpServer) FastDispatch(m *simplemsgr.Message)       { s.Dispatch(m) }
func (s *tcpServer) Dispatch(m *simplemsgr.Message) bool {
	if m.Type == pingType {
		_ = m.Connection().Send(&simplemsgr.Message{Type: pingType})
	} else if s.dispatch != nil {
		s.dispatch(m)
	}
	return true
}

// pongs is the dispatcher of who pings.
type pongs chan struct{}

func (p pongs) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (p pongs) FastDispatch(*simplemsgr.Message)         { p <- struct{}{} }
func (p pongs) Dispatch(*simplemsgr.Message) bool        { p <- struct{}{}; return true }

func newTCPServer(t *testing.T, policy simplemsgr.Policy) *tcpServer {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s := &tcpServer{t: t, ctx: ctx, pong: make(chan struct{}, 1)}
	config := simplemsgr.Config{Engine: engines.OneWorker, DefaultPolicy: &policy,
		Pipe: pipe.Config{Tracer: &s.records}}
	s.Messenger = simplemsgr.New(wire.OSD(0), config)
	s.AddDispatcher(s)
	must(t, s.Bind(ctx, "127.0.0.1:0"))
	must(t, s.Start())
	lossless := simplemsgr.LosslessClient()
	s.pinger = simplemsgr.New(wire.Client(1), simplemsgr.Config{Engine: engines.New,
		DefaultPolicy: &lossless})
	s.pinger.AddDispatcher(pongs(s.pong))
	must(t, s.pinger.Start())
	c, err := s.pinger.Connect(s.Inst())
	must(t, err)
	s.ping = c
	t.Cleanup(func() {
		defer cancel()
		s.goesOn()
		must(t, s.pinger.Shutdown(ctx))
		must(t, s.Shutdown(ctx))
	})
	s.goesOn()
	return s
}

// goesOn expects that the others of the worker are served.
func (s *tcpServer) goesOn() {
	s.t.Helper()
	for range 3 {
		must(s.t, s.ping.Send(&simplemsgr.Message{Type: pingType}))
		await(s, "a ping", s.pong)
	}
}

func await[T any](s *tcpServer, what string, c <-chan T) {
	s.t.Helper()
	select {
	case <-c:
	case <-s.ctx.Done():
		s.t.Fatalf("waited in vain: %s\n%s", what, s.Dump().JSON())
	}
}

// faulted tells of a fault of a peer's socket.
func (s *tcpServer) faulted(peer *rawpeer.Peer) <-chan trace.Record {
	return s.records.Expect(func(r trace.Record) bool {
		_, ok := r.Event.(trace.Faulted)
		return ok && r.Peer.Nonce == peer.Addr.Nonce
	})
}

func (s *tcpServer) dial() *rawpeer.Peer {
	s.t.Helper()
	conn, err := new(net.Dialer).DialContext(s.ctx, "tcp", s.Addr().AddrPort().String())
	must(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	s.number++
	return rawpeer.New(s.t, conn, wire.EntityInst{Name: wire.Client(100 + s.number),
		Addr: wire.EntityAddr{Nonce: uint32(100 + s.number)}})
}

// A4: a connect does not rely on the server's speaking: a silent one is told with the step, one
// that refuses at once.
func TestHardCaseA4SilentAndRefusing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	silent := wire.EntityAddrFromNet(listener.Addr(), 1)
	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	refusing := wire.EntityAddrFromNet(other.Addr(), 1)
	must(t, other.Close())
	defer listener.Close()
	var records trace.Recorder
	policy := simplemsgr.LosslessPeer()
	m := simplemsgr.New(wire.OSD(1), simplemsgr.Config{Engine: engines.OneWorker,
		DefaultPolicy: &policy,
		Pipe:          pipe.Config{Tracer: &records, HandshakeTimeout: 100 * time.Millisecond}})
	must(t, m.Start())
	for addr, stage := range map[wire.EntityAddr]protocol.Stage{
		silent: protocol.StageConnectReadBanner, refusing: protocol.StageConnectDial} {
		faulted := records.Expect(func(r trace.Record) bool {
			f, ok := r.Event.(trace.Faulted)
			return ok && r.Peer == addr && f.Stage == stage
		})
		_, err := m.Connect(wire.EntityInst{Name: wire.OSD(0), Addr: addr})
		must(t, err)
		select {
		case <-faulted:
		case <-time.After(time.Minute):
			t.Errorf("%v: no fault at %v", addr, stage)
		}
	}
	must(t, m.Shutdown(context.Background()))
}

// B3: a peer hangs up while its message is being dispatched: that is seen afterwards.
func TestHardCaseB3HangUpDuringDispatch(t *testing.T) {
	s := newTCPServer(t, simplemsgr.StatelessServer())
	entered, gate := make(chan struct{}), make(chan struct{})
	s.dispatch = func(*simplemsgr.Message) {
		close(entered)
		<-gate
	}
	peer := s.dial()
	peer.Open(wire.EntityOSD)
	told := s.faulted(peer)
	peer.SendMessage(1, "and goodbye")
	await(s, "the message", entered)
	peer.Close() // which has arrived by then: the way is within one kernel
	close(gate)
	await(s, "the end of the socket", told)
}

// B6, B7, B9: peers that read nothing, or break off, while a great deal is to be written to them,
// and are marked down in the middle of it: nothing of it reaches the others.
func TestHardCaseB6CloseOfAFullSocket(t *testing.T) {
	s := newTCPServer(t, simplemsgr.StatelessServer())
	asked := make(chan *simplemsgr.Connection, 1)
	s.dispatch = func(m *simplemsgr.Message) { asked <- m.Connection() }
	for _, way := range []string{"marked down", "closed", "broken off", "shut at its end"} {
		peer := s.dial()
		peer.Open(wire.EntityOSD)
		told := s.faulted(peer)
		peer.SendMessage(1, "send me a lot")
		c := <-asked
		for range 64 {
			must(t, c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 1<<20)}))
		}
		s.goesOn()
		switch way {
		case "marked down":
			c.MarkDown()
			c.MarkDown()
		case "closed":
			c.Close() // in vain: nobody reads
			s.goesOn()
			c.MarkDown()
		case "broken off":
			must(t, peer.Conn.(*net.TCPConn).SetLinger(0))
			peer.Close()
			await(s, way, told)
		case "shut at its end":
			peer.Close()
			await(s, way, told)
		}
		if err := c.Send(&simplemsgr.Message{Type: 1}); err == nil && way != "closed" {
			t.Errorf("%s: what has ended takes messages", way)
		}
		s.goesOn()
	}
}

// B16: whoever stops reading early goes on by himself: all bytes have come before the throttle lets
// the second message pass, and no event tells of them again.
func TestHardCaseB16GoesOnWithoutAnEvent(t *testing.T) {
	policy := simplemsgr.StatelessServer()
	policy.ThrottleMessages = throttle.New("one", 1)
	s := newTCPServer(t, simplemsgr.StatelessServer())
	messages := make(chan *simplemsgr.Message, 1)
	s.dispatch = func(m *simplemsgr.Message) {
		m.Retain()
		messages <- m
	}
	s.SetPolicy(wire.EntityMDS, policy)
	peer := s.dial()
	peer.Name = wire.MDS(9)
	peer.Open(wire.EntityOSD)
	const n = 100
	var all []byte
	for i := range uint32(n) {
		front := binary.LittleEndian.AppendUint32(nil, i)
		all = append(all, peer.Message(wire.MessageHeader{Type: 1}, front, nil,
			make([]byte, 3000))...)
	}
	peer.Send(all)
	for i := range uint32(n) {
		select {
		case m := <-messages:
			if got := binary.LittleEndian.Uint32(m.Front); got != i {
				t.Fatalf("message %d, want %d", got, i)
			}
			if i%10 == 0 {
				s.goesOn()
			}
			m.Release()
		case <-s.ctx.Done():
			t.Fatalf("%d of %d came\n%s", i, n, s.Dump().JSON())
		}
	}
}
