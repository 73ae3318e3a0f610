package realpeertest

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"simplemessenger/internal/command/ping"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// caller is a client of a real monitor, whose socket the test can cut.
type caller struct {
	t         *testing.T
	peer      wire.EntityInst
	messenger *simplemsgr.Messenger
	answers   chan *simplemsgr.Message
	resets    chan *simplemsgr.Connection
	acks      chan time.Time

	mu   sync.Mutex
	conn net.Conn // the last one
}

func newCaller(t *testing.T, c *realpeer.Cluster) *caller {
	t.Helper()
	call := &caller{t: t, peer: wire.EntityInst{Name: wire.Mon(0),
		Addr: wire.NewEntityAddr(c.Mons[0].Addr, 0)},
		answers: make(chan *simplemsgr.Message, 100), resets: make(chan *simplemsgr.Connection,
			100), acks: make(chan time.Time, 100)}
	var config simplemsgr.Config
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		call.mu.Lock()
		defer call.mu.Unlock()
		call.conn = conn
		return conn, err
	}
	config.Pipe.Tracer = trace.Func(func(r trace.Record) {
		if e, ok := r.Event.(trace.KeepaliveReceived); ok && e.Tag == wire.TagKeepalive2Ack {
			call.acks <- e.Stamp.Time()
		}
	})
	call.messenger = simplemsgr.New(wire.Client(wire.NumUnknown), config)
	call.messenger.SetDefaultPolicy(simplemsgr.LossyClient())
	call.messenger.AddDispatcher(call)
	if err := call.messenger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := call.messenger.Shutdown(context.Background()); err != nil &&
			!errors.Is(err, simplemsgr.ErrDropped) {
			t.Error(err)
		}
	})
	return call
}

func (c *caller) Dispatch(m *simplemsgr.Message) bool {
	c.answers <- m
	return true
}

func (*caller) HandleConnect(*simplemsgr.Connection)            {}
func (*caller) HandleAccept(*simplemsgr.Connection)             {}
func (*caller) HandleRemoteReset(*simplemsgr.Connection)        {}
func (*caller) HandleRefused(*simplemsgr.Connection)            {}
func (c *caller) HandleReset(connection *simplemsgr.Connection) { c.resets <- connection }

func (c *caller) connect() *simplemsgr.Connection {
	c.t.Helper()
	connection, err := c.messenger.Connect(c.peer)
	if err != nil {
		c.t.Fatal(err)
	}
	return connection
}

func (c *caller) ping() {
	c.t.Helper()
	if err := c.connect().Send(&simplemsgr.Message{Type: uint16(messages.TypePing),
		Version: 1}); err != nil {
		c.t.Fatal(err)
	}
	m := await(c, c.answers, "answer")
	if status, ok := ping.DecodeMonitorPing(
		m.Front); !ok || m.Source != wire.Mon(0) || status.Monitor.State != "leader" {
		c.t.Errorf("%v: %q", m, m.Front)
	}
}

func await[T any](c *caller, from <-chan T, what string) T {
	c.t.Helper()
	select {
	case v := <-from:
		return v
	case <-deadline(c.t).Done():
		c.t.Fatalf("no %s", what)
	}
	panic("not reached")
}

func TestPingsAndKeepalives(t *testing.T) {
	onEach(t, realpeer.AuthNone, func(t *testing.T, c *realpeer.Cluster) {
		call := newCaller(t, c)
		connection := call.connect()
		for range 50 {
			call.ping()
		}
		last := time.Now()
		for range 50 {
			if err := connection.SendKeepalive(); err != nil {
				t.Fatal(err)
			}
			select {
			case stamp := <-call.acks:
				if stamp.Before(last) {
					t.Errorf("ack of %v after that of %v", stamp, last)
				}
				last = stamp
			case <-time.After(time.Second):
				// 14.2 forgets to answer when it is asked again while it writes the answer before.
				if c.Release != realpeer.Nautilus {
					t.Error("a keepalive without an answer")
				}
			}
		}
		if connection.LastKeepaliveAck().Before(last) {
			t.Errorf("last ack is of %v, seen one of %v", connection.LastKeepaliveAck(), last)
		}
		if call.connect() != connection {
			t.Error("the connection was not one and the same")
		}
	})
}

// The socket is cut. The session, a lossy one, is over, of which we are told once, and the next one
// is as good as the first.
func TestReconnect(t *testing.T) {
	onEach(t, realpeer.AuthNone, func(t *testing.T, c *realpeer.Cluster) {
		call := newCaller(t, c)
		for range 20 {
			connection := call.connect()
			call.ping()
			call.mu.Lock()
			_ = call.conn.Close()
			call.mu.Unlock()
			if got := await(call, call.resets, "reset"); got != connection {
				t.Error("reset of another connection")
			}
			if connection.IsAlive() {
				t.Error("the connection lives on")
			}
		}
		call.ping()
		if n := len(call.resets); n > 0 {
			t.Errorf("%d resets too many", n)
		}
	})
}
