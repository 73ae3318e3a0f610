package sessiontest

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// What the user's own code may do to an engine: connections that lack something, calls that take as
// long as they like.

// bareConn is a connection without deadlines, as those of some libraries are.
type bareConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

var errNoDeadlines = errors.New("no deadlines")

func (c *bareConn) SetDeadline(time.Time) error      { return errNoDeadlines }
func (c *bareConn) SetReadDeadline(time.Time) error  { return errNoDeadlines }
func (c *bareConn) SetWriteDeadline(time.Time) error { return errNoDeadlines }
func (c *bareConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// A connection is closed without its help, also if its peer reads nothing.
func TestConnWithoutDeadlinesIsClosed(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		conns := make(chan *bareConn, 1)
		client.Configure = func(c *simplemsgr.Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				bare := &bareConn{Conn: conn, closed: make(chan struct{})}
				conns <- bare
				return bare, nil
			}
		}
		server.Start()
		client.Start()
		c := client.Connect(server)
		w.Settle()
		for _, conn := range w.Net.Conns() {
			conn.Stall()
		}
		for range 16 {
			must(t, c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 1<<20)}))
		}
		w.Settle()
		client.MarkDown(c)
		w.Settle()
		select {
		case <-(<-conns).closed:
		default:
			t.Errorf("%s: marked down, and the connection is open", pair.Name)
		}
		client.Crash() // which waits for all that is under way
	})
}

// A dialer that returns nothing at all has failed, like any other.
func TestDialerThatReturnsNothing(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		first := true
		client.Configure = func(c *simplemsgr.Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if first {
					first = false
					return nil, nil
				}
				return dial(ctx, network, address)
			}
		}
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		if len(client.Faults()) != 1 {
			t.Errorf("%s: told %v", pair.Name, client.Faults())
		}
	})
}

// stuck is a method of authentication in which everything waits for ever, and counts.
type stuck struct {
	ever          chan struct{}
	running, most atomic.Int32
}

func (s *stuck) wait() {
	s.most.Store(max(s.most.Load(), s.running.Add(1)))
	<-s.ever
	s.running.Add(-1)
}

func (s *stuck) RequiredFeatures(wire.EntityType) wire.Features { return 0 }
func (s *stuck) MustProve(wire.EntityType) bool                 { return false }
func (s *stuck) NewExchange(wire.EntityAddr) auth.Exchange      { return s }
func (s *stuck) Verify(auth.Request) auth.Result {
	s.wait()
	return auth.Result{Outcome: auth.Refused, Err: auth.ErrRefused}
}
func (s *stuck) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) {
	s.wait()
	return nil, errors.New("none")
}

// Credentials whose judging never ends do not become more and more: a handshake that is too late
// keeps its place until they are judged.
func TestStuckVerificationsAreBounded(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		s := &stuck{ever: make(chan struct{})}
		b := &rawBench{World: w, raw: wire.EntityInst{Name: wire.Client(9)}}
		b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
		b.self.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
		b.self.Configure = func(c *simplemsgr.Config) {
			c.AuthServer, c.MaxAccepting = s, 4
			c.Pipe.HandshakeTimeout = time.Second
		}
		b.self.Start()
		for i := range 20 {
			b.raw.Addr.Nonce = uint32(i + 1)
			peer := b.dial()
			if _, err := peer.Conn.Write(append(peer.Greeting(),
				peer.Connect(wire.EntityOSD).Append(nil)...)); err != nil {
				t.Log(err) // closed at once, beyond the limit
			}
			w.Sleep(2 * time.Second)
		}
		if n := s.most.Load(); n != 4 {
			t.Errorf("%d verifications at once, and 4 may accept", n)
		}
		close(s.ever)
	})
}

// The same on the connecting side: one session asks for credentials once at a time.
func TestStuckAuthorizerIsAskedOnce(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		s := &stuck{ever: make(chan struct{})}
		server, client := simulator.Stateful.Endpoints(w)
		client.Configure = func(c *simplemsgr.Config) {
			c.AuthClient = s
			c.Pipe.HandshakeTimeout = time.Second
		}
		server.Start()
		client.Start()
		must(t, client.Connect(server).Send(&simplemsgr.Message{Type: 1}))
		w.Sleep(time.Minute)
		if n := s.most.Load(); n != 1 {
			t.Errorf("%d calls at once", n)
		}
		close(s.ever)
		client.Crash()
	})
}

// A message that is held up on its way up is not overtaken by one of the next socket, whatever the
// engine does meanwhile.
func TestNoMessageOvertakesOverAReconnect(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		must(t, client.Stream(c).Send(1))
		w.Settle()
		gate := make(chan struct{})
		held := w.Do(simulator.At(client, protocol.StageDispatch), func() { <-gate })
		back := server.Stream(server.Accepted())
		must(t, back.Send(1))
		w.Settle()
		if !held.HasSprung() {
			t.Fatalf("%s: nothing is on its way", pair.Name)
		}
		w.Cut(server, client)
		must(t, client.Stream(c).Send(1))
		must(t, back.Send(2))
		w.Sleep(time.Minute)
		close(gate)
		back.AwaitDelivered(3) // in order, or the oracle complains
	})
}

// An accept that is held up while the session that it comes to falls idle decides afterwards; what
// held it up may end it, and the session stays as it is.
func TestAcceptHeldUpWhileItWaits(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		server.FastDispatch = true
		entered, open := gated(server)
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		<-entered
		held := w.Hold(simulator.At(server, protocol.StageAcceptWaitDispatch))
		w.Cut(server, client)
		w.Settle()
		_ = stream.Send(1)
		w.Await("an accept that waits", held.HasSprung)
		open()
		w.Settle()
		if n := count[trace.Replaced](w); n != 0 {
			t.Errorf("%s: the accept went on while it was held up", pair.Name)
		}
		held.Release()
		stream.AwaitDelivered(2)
	})
}

// A dispatch that takes longer than the read timeout is no silence of a peer's: not of its own, and
// not of another one of the worker, which has not been silent.
func TestLongDispatchIsNoSilence(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Endpoints(w)
		other := w.Endpoint(wire.Client(2), "10.0.0.3", false)
		other.SetPolicy(wire.EntityOSD, simplemsgr.LosslessClient())
		server.FastDispatch = true
		server.Configure = func(c *simplemsgr.Config) {
			c.Engine = engines.OneWorker
			c.Pipe.ReadTimeout = time.Minute
		}
		var long atomic.Bool
		server.OnMessage = func(*simplemsgr.Message) {
			if long.CompareAndSwap(true, false) {
				time.Sleep(90 * time.Second)
			}
		}
		server.Start()
		client.Start()
		other.Start()
		noisy := other.Stream(other.Connect(server))
		must(t, noisy.Send(1))
		noisy.AwaitDelivered(1)
		long.Store(true)
		own := client.Stream(client.Connect(server))
		must(t, own.Send(1))
		for range 10 {
			w.Sleep(10 * time.Second)
			must(t, noisy.Send(1))
		}
		if f := server.Faults(); len(f) != 0 {
			t.Errorf("told %v", f)
		}
		own.AwaitDelivered(1)
	})
}

// The stages of connecting are those of the side that writes, whoever opened the first socket.
func TestStagesOfConnectingAreTheWriters(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Peers.Start(w)
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		back := server.Stream(server.Accepted())
		heal := w.Partition(server, client)
		w.Cut(server, client)
		must(t, back.Send(1)) // now the one that has accepted connects
		w.Sleep(time.Second)
		p, _ := server.Pipe(client)
		if p.ReaderStage != protocol.StageNone.String() {
			t.Errorf("reader %q, writer %q of who connects", p.ReaderStage, p.WriterStage)
		}
		heal()
		back.AwaitDelivered(1)
		for _, r := range w.Records.Records() {
			s, ok := r.Event.(trace.StageChanged)
			if ok && s.To.Connects() && s.Goroutine != "writer" {
				t.Errorf("%v: %v by the %s", r.Messenger, s.To, s.Goroutine)
			}
		}
	})
}
