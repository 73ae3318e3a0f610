package sessiontest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// What is sent from within a fast dispatch may be written there and then, past the writer. Only
// real sockets can do that.

// fastAnswerer answers in the reader.
type fastAnswerer struct {
	t      *testing.T
	answer func(m *simplemsgr.Message)
}

func (*fastAnswerer) Dispatch(*simplemsgr.Message) bool        { return false }
func (*fastAnswerer) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (a *fastAnswerer) FastDispatch(m *simplemsgr.Message)     { a.answer(m) }

func fastMessenger(t *testing.T, name wire.EntityName, policy simplemsgr.Policy,
	configure func(*simplemsgr.Config), answer func(m *simplemsgr.Message)) *simplemsgr.Messenger {
	t.Helper()
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy}
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	config.Pipe.InitialBackoff, config.Pipe.MaxBackoff = time.Millisecond, 10*time.Millisecond
	if configure != nil {
		configure(&config)
	}
	m := simplemsgr.New(name, config)
	m.AddDispatcher(&fastAnswerer{t, answer})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t, m.Shutdown(ctx))
	})
	return m
}

func fastServer(t *testing.T, policy simplemsgr.Policy, configure func(*simplemsgr.Config),
	answer func(m *simplemsgr.Message)) *simplemsgr.Messenger {
	t.Helper()
	m := fastMessenger(t, wire.OSD(0), policy, configure, answer)
	must(t, m.Bind(t.Context(), "127.0.0.1:0"))
	must(t, m.Start())
	return m
}

// dialRaw opens a session by hand.
func dialRaw(t *testing.T, server *simplemsgr.Messenger) *rawpeer.Peer {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Addr().AddrPort().String())
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	peer := rawpeer.New(t, conn, wire.EntityInst{Name: wire.Client(1),
		Addr: wire.EntityAddr{Nonce: 1}})
	peer.Open(wire.EntityOSD)
	return peer
}

func echo(t *testing.T) func(m *simplemsgr.Message) {
	return func(m *simplemsgr.Message) {
		if err := m.Connection().Send(&simplemsgr.Message{Type: m.Type,
			Front: bytes.Clone(m.Front)}); err != nil {
			t.Errorf("answer: %v", err)
		}
	}
}

// With one request in flight the writer sleeps on.
func TestAnswerIsWrittenByTheReader(t *testing.T) {
	var records trace.Recorder
	server := fastServer(t, simplemsgr.StatelessServer(), func(c *simplemsgr.Config) {
		c.Pipe.Tracer = &records
	}, echo(t))
	peer := dialRaw(t, server)
	const requests = 200
	for range requests {
		peer.SendMessage(1, "request")
		peer.ExpectMessage()
	}
	peer.Close()
	written := 0
	for _, e := range trace.Of[trace.StageChanged](records.Records()) {
		if e.To == protocol.StageWriteFrames {
			written++
		}
	}
	// The first ones may come while the writer is still on its way to bed.
	if written > requests/10 {
		t.Errorf("the writer wrote %d times for %d answers", written, requests)
	}
}

// A dispatch that sends and then waits for what that leads to is not waiting for itself.
func TestDispatchMayWaitForWhatItSent(t *testing.T) {
	arrived := make(chan struct{})
	server := fastServer(t, simplemsgr.StatelessServer(), nil, func(m *simplemsgr.Message) {
		echo(t)(m)
		select {
		case <-arrived:
		case <-time.After(time.Minute):
			t.Error("the answer is held back until its dispatch returns")
		}
	})
	peer := dialRaw(t, server)
	peer.SendMessage(1, "request")
	peer.ExpectMessage()
	close(arrived)
}

// tracerFunc makes a tracer of a function.
type tracerFunc func(trace.Record)

func (f tracerFunc) Trace(r trace.Record) { f(r) }

// What another goroutine sends while a direct write is under way waits for its end, not for ever.
func TestSendDuringDirectWrite(t *testing.T) {
	var answered atomic.Int64
	connection := make(chan *simplemsgr.Connection, 1)
	during := func(r trace.Record) {
		if _, ok := r.Event.(trace.MessageSent); !ok || answered.Load() != 1 {
			return
		}
		answered.Add(1)
		if err := (<-connection).Send(&simplemsgr.Message{Type: 2}); err != nil {
			t.Errorf("Send: %v", err)
		}
		// for the writer to look, and to find that it is not its turn
		time.Sleep(20 * time.Millisecond)
	}
	// The first request makes sure that the writer sleeps when the second one comes.
	first := true
	server := fastServer(t, simplemsgr.StatelessServer(), func(c *simplemsgr.Config) {
		c.Pipe.Tracer = tracerFunc(during)
	}, func(m *simplemsgr.Message) {
		if first {
			first = false
			echo(t)(m)
			return
		}
		answered.Add(1)
		connection <- m.Connection()
		echo(t)(m)
	})
	peer := dialRaw(t, server)
	for _, want := range []uint16{1, 1, 2} {
		if want == 1 {
			peer.SendMessage(1, "request")
		}
		if f := peer.ExpectMessage(); f.Header.Type != want {
			t.Errorf("got a message of type %d, want %d", f.Header.Type, want)
		}
	}
}

// A peer that does not read: Send goes on returning, and when the peer reads all of it is there, in
// order.
func TestDirectWriteOfASocketThatIsFull(t *testing.T) {
	const requests = 3000
	var answered atomic.Int64
	next := make(chan struct{}, 1)
	server := fastServer(t, simplemsgr.StatelessServer(), nil, func(m *simplemsgr.Message) {
		// Of many lengths, so that the socket fills up at any place in a frame.
		answer := make([]byte, 4+int(answered.Add(1))*61%8000)
		binary.LittleEndian.PutUint32(answer, uint32(answered.Load()))
		if err := m.Connection().Send(&simplemsgr.Message{Type: 1, Front: answer}); err != nil {
			t.Errorf("answer %d: %v", answered.Load(), err)
		}
		next <- struct{}{}
	})
	peer := dialRaw(t, server)
	for range requests {
		peer.SendMessage(1, "request")
		<-next
	}
	for i := uint32(1); i <= requests; i++ {
		f := peer.ExpectMessage()
		if got := binary.LittleEndian.Uint32(
			f.Front); got != i || f.Header.Seq != uint64(i) || len(f.Front) != 4+int(i)*61%8000 {
			t.Fatalf("answer %d: number %d, seq %d, %d bytes", i, got, f.Header.Seq, len(f.Front))
		}
	}
}

// The peer goes away while its request is dispatched: Send returns, and the session ends once.
func TestDirectWriteToASocketThatIsGone(t *testing.T) {
	var records trace.Recorder
	came, gone := make(chan struct{}), make(chan struct{})
	server := fastServer(t, simplemsgr.StatelessServer(), func(c *simplemsgr.Config) {
		c.Pipe.Tracer = &records
	}, func(m *simplemsgr.Message) {
		close(came)
		<-gone
		for range 3 {
			if err := m.Connection().Send(&simplemsgr.Message{
				Type: 1}); err != nil && !errors.Is(err, pipe.ErrClosed) {
				t.Errorf("Send: %v", err)
			}
		}
	})
	peer := dialRaw(t, server)
	reset := records.Expect(func(r trace.Record) bool {
		e, ok := r.Event.(trace.EventQueued)
		return ok && e.Kind == dispatchqueue.KindReset.String()
	})
	peer.SendMessage(1, "request")
	<-came
	must(t, peer.Conn.(*net.TCPConn).SetLinger(0)) // a reset, not an end
	peer.Close()
	close(gone)
	select {
	case <-reset:
	case <-time.After(time.Minute):
		t.Fatalf("no reset event\n%s", server.Dump().JSON())
	}
	if faults := trace.Of[trace.Faulted](records.Records()); len(faults) != 1 {
		t.Errorf("faults: %v, want one", faults)
	}
}

// Ping-pong from dispatch to dispatch while sockets fail: each ping comes once and in order, to the
// last one.
func TestPingPongOfDispatchesWithSocketFailures(t *testing.T) {
	// Whether a write is among what fails is for the machine to say: it goes on until one is.
	for seed := uint64(1); pingPong(t, seed) == 0 && !t.Failed(); seed++ {
	}
}

// pingPong returns how many writes failed because they were told to.
func pingPong(t *testing.T, seed uint64) (atWrite int) {
	const rounds = 1000
	done := make(chan struct{})
	var atServer, atClient atomic.Uint64
	bounce := func(seen *atomic.Uint64, last func()) func(m *simplemsgr.Message) {
		return func(m *simplemsgr.Message) {
			if n := seen.Add(1); m.TID != n {
				t.Errorf("%v got ping %d, want %d", m.Source, m.TID, n)
			}
			if m.TID == rounds && last != nil {
				last()
				return
			}
			reply := &simplemsgr.Message{Type: 1, TID: m.TID,
				Front: make([]byte, int(m.TID)*37%9000)}
			if last != nil {
				reply.TID++
			}
			if err := m.Connection().Send(reply); err != nil {
				t.Errorf("ping %d: %v", m.TID, err)
			}
		}
	}
	var records trace.Recorder
	failing := func(c *simplemsgr.Config) {
		c.Pipe.Tracer = &records
		c.Pipe.Inject.SocketFailures, c.Pipe.Inject.Seed = 30, seed
	}
	server := fastServer(t, simplemsgr.StatefulServer(), failing, bounce(&atServer, nil))
	client := fastMessenger(t, wire.Client(1), simplemsgr.LosslessClient(), failing,
		bounce(&atClient, func() {
			close(done)
		}))
	must(t, client.Start())
	c, err := client.Connect(server.Inst())
	must(t, err)
	must(t, c.Send(&simplemsgr.Message{Type: 1, TID: 1}))
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatalf("%d pings at the server, %d back\n%s\n%s", atServer.Load(), atClient.Load(),
			server.Dump().JSON(), client.Dump().JSON())
	}
	for _, f := range trace.Of[trace.Faulted](records.Records()) {
		if errors.Is(f.Err, pipe.ErrInjected) && f.Stage == protocol.StageWriteFrames {
			atWrite++
		}
	}
	return atWrite
}
