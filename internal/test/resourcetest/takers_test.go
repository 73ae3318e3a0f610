package resourcetest

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// takeSession lets a messenger connect to a scripted peer, and returns the peer with the session
// open.
func takeSession(t *testing.T, policy simplemsgr.Policy,
	config simplemsgr.Config) (*simplemsgr.Messenger, *simplemsgr.Connection, *rawpeer.Peer) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	m := start(t, wire.OSD(1), policy, config, false)
	self := wire.EntityInst{Name: wire.OSD(0), Addr: wire.EntityAddrFromNet(listener.Addr(), 7)}
	c, err := m.Connect(self)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	peer := rawpeer.New(t, conn, self)
	peer.Accept()
	return m, c, peer
}

// A peer that never acks gets what the limit allows, no more, and Dump and events say so. When it
// acks at last, the rest goes out.
func TestPeerThatNeverAcks(t *testing.T) {
	const limit, total = 100, 250
	var recorder trace.Recorder
	config := simplemsgr.Config{Engine: engines.New, Pipe: pipe.Config{SentLimitMessages: limit,
		Tracer: &recorder}}
	m, c, peer := takeSession(t, simplemsgr.LosslessPeer(), config)
	for i := range total {
		if err := c.Send(&simplemsgr.Message{Type: 100, TID: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			if f := peer.ExpectMessage(); f.Header.TID != uint64(i) {
				t.Fatalf("message %d, want %d", f.Header.TID, i)
			}
		}
	}
	expect(0, limit)
	select {
	case <-recorder.Expect(func(r trace.Record) bool {
		_,
			ok := r.Event.(trace.SentLimitReached)
		return ok
	}):
	case <-time.After(patience):
		t.Fatal("no event tells of the limit")
	}
	s := m.Dump().Pipes[0].Session
	if !s.SentLimit || s.Sent != limit || s.Queued != total-limit {
		t.Errorf("dump: %+v", s)
	}
	peer.Send(wire.AppendSeq([]byte{byte(wire.TagAck)}, 60))
	expect(limit, limit+60)
	peer.Send(wire.AppendSeq([]byte{byte(wire.TagAck)}, limit+60))
	expect(limit+60, total)
}

// A peer that reads nothing fills the socket, then the out queue up to its limit; then Send says
// so.
func TestPeerThatNeverReads(t *testing.T) {
	const limit = 1 << 20
	m, c, _ := takeSession(t, simplemsgr.LossyClient(),
		simplemsgr.Config{Engine: engines.New, Pipe: pipe.Config{QueueLimitBytes: limit}})
	data := make([]byte, 64<<10)
	// The socket's buffers take some megabytes; a gigabyte they do not.
	for range 1 << 14 {
		err := c.Send(&simplemsgr.Message{Type: 100, Data: data})
		if errors.Is(err, pipe.ErrQueueFull) {
			if s := m.Dump().Pipes[0].Session; s.QueuedBytes > limit {
				t.Errorf("%d bytes queued, limit %d", s.QueuedBytes, limit)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("the queue never became full")
}

// A receiver that is slower than its senders holds no more than its throttle allows, and gets
// everything in the end.
func TestSlowReceiverIsBoundedByTheDispatchThrottle(t *testing.T) {
	const limit, size, total, senders = 1 << 20, 100 << 10, 60, 4
	gate := make(chan struct{})
	var mu sync.Mutex
	got := 0
	all := make(chan struct{})
	config := simplemsgr.Config{Engine: engines.New}
	config.Queue.ThrottleBytes = limit
	receiver := start(t, wire.OSD(0), simplemsgr.StatefulServer(), config, true,
		simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			<-gate
			mu.Lock()
			defer mu.Unlock()
			if got++; got == total*senders {
				close(all)
			}
			return true
		}))
	for i := range senders {
		sender := start(t, wire.Client(int64(i)), simplemsgr.LosslessClient(),
			simplemsgr.Config{Engine: engines.New},
			false)
		for range total {
			if err := sender.Send(receiver.Inst(), &simplemsgr.Message{Type: 100,
				Data: make([]byte, size)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range total * senders {
		// The limit admits what fits, never more.
		if held := receiver.Dump().Throttles[0].Current; held > limit {
			t.Fatalf("%d bytes held after %d messages, limit %d", held, i, limit)
		}
		select {
		case gate <- struct{}{}:
		case <-time.After(patience):
			t.Fatalf("stuck after %d messages\n%s", i, receiver.Dump().JSON())
		}
	}
	<-all
}

// Errors of the system when a socket is made or written are faults like others: back off, come
// again, lose nothing.
func TestSystemErrorsOfSockets(t *testing.T) {
	receiver := start(t, wire.OSD(0), simplemsgr.LosslessPeer(),
		simplemsgr.Config{Engine: engines.New}, true, echo{})
	failures := []error{syscall.ENOBUFS, syscall.ENOSPC, syscall.EADDRNOTAVAIL, syscall.EMFILE,
		syscall.ENETUNREACH}
	writes := []error{syscall.ENOBUFS, syscall.ENOSPC, syscall.EPIPE}
	var mu sync.Mutex
	config := simplemsgr.Config{Engine: engines.New, Dial: func(ctx context.Context, network,
		address string) (net.Conn,
		error) {
		mu.Lock()
		defer mu.Unlock()
		if len(failures) > 0 {
			err := failures[0]
			failures = failures[1:]
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil && len(writes) > 0 {
			conn = &writeFails{Conn: conn, after: 3, err: writes[0]}
			writes = writes[1:]
		}
		return conn, err
	}}
	config.Pipe.InitialBackoff = time.Millisecond
	a := make(answers, 100)
	sender := start(t, wire.OSD(1), simplemsgr.LosslessPeer(), config, false, a)
	for i := range uint64(100) {
		roundTrip(t, sender, receiver.Inst(), a, i)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(failures) > 0 || len(writes) > 0 {
		t.Errorf("not all errors came up: %v, %v left", failures, writes)
	}
}

// writeFails is a socket whose writes fail after some.
type writeFails struct {
	net.Conn
	after int
	err   error
}

func (c *writeFails) Write(b []byte) (int, error) {
	if c.after--; c.after < 0 {
		return 0, &net.OpError{Op: "write", Err: c.err}
	}
	return c.Conn.Write(b)
}
