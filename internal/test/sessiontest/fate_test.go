package sessiontest

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// What becomes of a message, and of a connection: what somebody is told who asks.

// calling returns the connection with an endpoint, which need not have been started.
func calling(t *testing.T, from, to *simulator.Endpoint) *simplemsgr.Connection {
	t.Helper()
	at := netip.AddrPortFrom(netip.MustParseAddr(to.Host.String()), simulator.Port)
	c, err := from.Messenger.Connect(wire.EntityInst{Name: to.Name,
		Addr: wire.NewEntityAddr(at, to.Nonce)})
	must(t, err)
	return c
}

// tracked sends a message of which the test wants to know.
func tracked(t *testing.T, ctx context.Context, c *simplemsgr.Connection,
	priority uint16) *session.Delivery {
	t.Helper()
	d, err := c.SendTracked(ctx, &simplemsgr.Message{Type: 1, Priority: priority})
	must(t, err)
	return d
}

// isDecided reports whether a delivery, or a connection, is over.
func isDecided(x interface{ Done() <-chan struct{} }) bool {
	select {
	case <-x.Done():
		return true
	default:
		return false
	}
}

func isLost(d *session.Delivery) bool {
	select {
	case <-d.Lost():
		return true
	default:
		return false
	}
}

// A delivery is over when the message is acked, or written in a lossy session; the session that it
// was sent in lives on.
func TestDelivery(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := calling(t, client, server)
		before := tracked(t, t.Context(), c, 0)
		w.Settle()
		after := tracked(t, t.Context(), c, 0)
		w.Settle()
		for i, d := range []*session.Delivery{before, after} {
			if !isDecided(d) || d.Err() != nil || isLost(d) || d.Loss() != nil {
				t.Errorf("%s: delivery %d: %v, %v", pair.Name, i, d.Err(), d.Loss())
			}
			must(t, d.Wait(t.Context()))
		}
		client.MarkDown(c)
		var loss *simplemsgr.LossError
		if !isLost(after) || after.Err() != nil || !errors.As(c.Err(), &loss) ||
			!errors.Is(after.Loss(), pipe.ErrClosed) || loss.Exit != protocol.ExitMarkDown {
			t.Errorf("%s: after the mark down: %v, %v", pair.Name, after.Err(), after.Loss())
		}
	})
}

// As long as no socket takes it nothing is decided; when the connection dies, all is.
func TestDeliveryOfWhatIsNotWritten(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Start()
		c := calling(t, client, server) // which is not there
		d := tracked(t, t.Context(), c, 0)
		w.Sleep(time.Minute)
		if isDecided(d) || c.Err() != nil || isDecided(c) {
			t.Fatalf("%s: decided: %v", pair.Name, d.Err())
		}
		client.MarkDown(c)
		var loss *simplemsgr.LossError
		if !errors.As(d.Err(), &loss) || loss.Unsent != 1 || loss.Unacked != 0 || !loss.Final {
			t.Errorf("%s: %v", pair.Name, d.Err())
		}
		if !isDecided(c) || c.Err() != error(loss) {
			t.Errorf("%s: the connection says %v", pair.Name, c.Err())
		}
		if _, err := c.SendTracked(t.Context(), &simplemsgr.Message{}); !errors.Is(err,
			pipe.ErrClosed) {
			t.Errorf("%s: %v", pair.Name, err)
		}
	})
}

// A write that is under way when a lossy session ends has not arrived, as far as we know.
func TestDeliveryOfAWriteCutShort(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Start(w)
		c := calling(t, client, server)
		d := tracked(t, t.Context(), c, 0)
		w.Settle()
		must(t, d.Err())
		w.Net.Conns()[0].Stall()
		big, err := c.SendTracked(t.Context(), &simplemsgr.Message{Data: make([]byte, 4<<20)})
		must(t, err)
		w.Settle()
		if isDecided(big) {
			t.Fatalf("decided: %v", big.Err())
		}
		flushed := make(chan error, 1)
		go func() { flushed <- c.Flush(t.Context()) }()
		w.Settle()
		w.Cut(server, client)
		w.Settle()
		var loss *simplemsgr.LossError
		if !errors.As(big.Err(), &loss) || loss.Unacked != 1 || !isLost(big) {
			t.Errorf("cut short: %v", big.Err())
		}
		if err := <-flushed; !errors.As(err, &loss) {
			t.Errorf("flush: %v", err)
		}
	})
}

// A remote reset tells which messages it has killed, and why; the connection lives.
func TestDeliveryAcrossARemoteReset(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Start(w)
		c := calling(t, client, server)
		acked := tracked(t, t.Context(), c, 0)
		w.Settle()
		server.Crash()
		unsent := tracked(t, t.Context(), c, 0)
		w.Settle()
		server.Start()
		w.Sleep(time.Minute)
		var loss *simplemsgr.LossError
		if !errors.As(unsent.Err(), &loss) || !errors.Is(loss, session.ErrPeerLost) || loss.Final {
			t.Fatalf("%v", unsent.Err())
		}
		if acked.Err() != nil || acked.Loss() != loss || c.Err() != nil {
			t.Errorf("of the acked one: %v, %v; of the connection: %v", acked.Err(), acked.Loss(),
				c.Err())
		}
		again := tracked(t, t.Context(), c, 0)
		w.Settle()
		if !isDecided(again) || again.Err() != nil || isLost(again) {
			t.Errorf("in the new session: %v", again.Err())
		}
	})
}

// lossTaker notes losses.
type lossTaker struct{ losses []*simplemsgr.LossError }

func (l *lossTaker) Dispatch(*simplemsgr.Message) bool { return false }
func (l *lossTaker) HandleLoss(_ *simplemsgr.Connection, loss *simplemsgr.LossError) {
	l.losses = append(l.losses, loss)
}

// A LossHandler is told which messages a reset took along.
func TestLossHandler(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Start()
		taker := new(lossTaker)
		client.Messenger.AddDispatcher(taker)
		c := calling(t, client, server)
		low, high := &simplemsgr.Message{Type: 1, Priority: 1}, &simplemsgr.Message{Type: 2,
			Priority: 200}
		must(t, c.Send(low))
		must(t, c.Send(high))
		client.Messenger.MarkDown(c.PeerAddr())
		w.Settle()
		if len(taker.losses) != 1 {
			t.Fatalf("%s: told %v", pair.Name, taker.losses)
		}
		loss := taker.losses[0]
		if m := loss.Messages; len(m) != 2 || m[0] != high || m[1] != low || loss.Unsent != 2 {
			t.Errorf("%s: %v of %v", pair.Name, m, loss)
		}
		if loss.Exit != protocol.ExitStop || c.Err() != error(loss) {
			t.Errorf("%s: %v", pair.Name, loss)
		}
	})
}

// A message whose context ends before it is written is withdrawn, and gives its room back; one that
// is written is not.
func TestWithdrawal(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Configure = func(c *simplemsgr.Config) { c.Pipe.QueueLimitMessages = 3 }
		client.Start()
		c := calling(t, client, server)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		first, second := tracked(t, t.Context(), c, 0), tracked(t, ctx, c, 0)
		third := tracked(t, ctx, c, 10)
		full := make(chan error, 1)
		go func() { full <- c.SendContext(t.Context(), &simplemsgr.Message{Type: 7}) }()
		flushed := make(chan error, 1)
		w.Settle()
		go func() { flushed <- c.Flush(t.Context()) }()
		w.Sleep(2 * time.Minute)
		must(t, <-full)
		for _, d := range []*session.Delivery{second, third} {
			if !errors.Is(d.Err(), context.DeadlineExceeded) || d.Withdraw(nil) {
				t.Errorf("%s: %v", pair.Name, d.Err())
			}
		}
		if isDecided(first) {
			t.Errorf("%s: the first: %v", pair.Name, first.Err())
		}
		server.Start()
		w.Sleep(time.Minute)
		must(t, <-flushed)
		if !isDecided(first) || first.Err() != nil || first.Withdraw(nil) {
			t.Errorf("%s: the first: %v", pair.Name, first.Err())
		}
		if _, err := c.SendTracked(ctx, &simplemsgr.Message{}); !errors.Is(err,
			context.DeadlineExceeded) {
			t.Errorf("%s: sent in vain: %v", pair.Name, err)
		}
		client.MarkDown(c)
	})
}

// Flush waits for all priorities, over as many sockets as it takes, and for nothing that is sent
// later.
func TestFlush(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Configure = func(c *simplemsgr.Config) { c.Pipe.SentLimitMessages = 2 }
		client.Start()
		c := calling(t, client, server)
		must(t, c.Flush(t.Context())) // nothing is there
		var all []*session.Delivery
		for i := range 30 {
			d, err := c.SendTracked(t.Context(), &simplemsgr.Message{Type: 1,
				Priority: uint16(1 + i%3*80), Data: make([]byte, 100<<10)})
			must(t, err)
			all = append(all, d)
		}
		flushed := make(chan error, 1)
		go func() { flushed <- c.Flush(t.Context()) }()
		w.Sleep(10 * time.Second)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", pair.Name, err)
		}
		server.Start()
		must(t, <-flushed)
		for i, d := range all {
			if !isDecided(d) || d.Err() != nil {
				t.Errorf("%s: %d is not there: %v", pair.Name, i, d.Err())
			}
		}
		client.MarkDown(c)
		if err := c.Flush(t.Context()); !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("%s: of a dead connection: %v", pair.Name, err)
		}
	})
}

// Flush counts what is written and not acked, although that socket is gone.
func TestFlushAcrossACut(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Peers.Start(w)
		c := calling(t, client, server)
		must(t, c.Send(&simplemsgr.Message{Type: 1}))
		must(t, c.Flush(t.Context()))
		w.Net.Conns()[0].Stall()
		must(t, c.Send(&simplemsgr.Message{Type: 2}))
		w.Settle()
		flushed := make(chan error, 1)
		go func() { flushed <- c.Flush(t.Context()) }()
		w.Settle()
		w.Cut(server, client)
		must(t, <-flushed)
	})
}

// WaitOpen waits for a session, says why there is none, and ends with the connection.
func TestWaitOpen(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Start()
		c := calling(t, client, server)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.WaitOpen(short)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, c.LastError()) {
			t.Errorf("%s: nobody there: %v", pair.Name, err)
		}
		opened := make(chan error, 1)
		go func() { opened <- c.WaitOpen(t.Context()) }()
		server.Start()
		must(t, <-opened)
		if s := c.State(); s != protocol.Open {
			t.Errorf("%s: %v", pair.Name, s)
		}
		changed := make(chan protocol.State, 1)
		go func() {
			s, _ := c.WaitForStateChange(t.Context(), protocol.Open)
			changed <- s
		}()
		w.Settle()
		client.MarkDown(c)
		if s := <-changed; s != protocol.Closed {
			t.Errorf("%s: changed to %v", pair.Name, s)
		}
		if err := c.WaitOpen(t.Context()); !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("%s: of a dead connection: %v", pair.Name, err)
		}
	})
}

// The context of a connection ends with it, and says why.
func TestConnectionContext(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Start(w)
		c := calling(t, client, server)
		ctx := c.Context()
		must(t, c.WaitOpen(t.Context()))
		must(t, ctx.Err())
		server.Crash()
		<-ctx.Done()
		var loss *simplemsgr.LossError
		if err := context.Cause(ctx); !errors.As(err, &loss) || loss.Exit != protocol.ExitGoodbye {
			t.Errorf("%v", err)
		}
		if ctx := c.Context(); ctx.Err() == nil {
			t.Error("the context of a dead connection lives")
		}
		loop := client.Messenger.Loopback()
		if isDecided(loop) || loop.Context().Err() != nil || loop.WaitOpen(t.Context()) != nil {
			t.Error("the loopback connection is dead")
		}
		client.Crash()
		if !isDecided(loop) || loop.Context().Err() == nil ||
			!errors.Is(loop.Err(), pipe.ErrClosed) {
			t.Errorf("the loopback connection lives: %v", loop.Err())
		}
	})
}

// A close before there is a socket: what is queued arrives, and then it is over, told once.
func TestCloseBeforeOpen(t *testing.T) {
	for _, graceful := range []bool{false, true} {
		eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			server, client := pair.Endpoints(w)
			client.Start()
			c := calling(t, client, server)
			d := tracked(t, t.Context(), c, 0)
			ended := make(chan error, 1)
			if graceful {
				go func() { ended <- c.CloseGracefully(t.Context()) }()
			} else {
				c.Close()
				ended <- nil
			}
			w.Sleep(time.Second)
			if err := c.Send(&simplemsgr.Message{}); !errors.Is(err, pipe.ErrClosed) {
				t.Errorf("%s: send: %v", pair.Name, err)
			}
			if isDecided(d) || isDecided(c) {
				t.Fatalf("%s: decided: %v", pair.Name, d.Err())
			}
			server.Start()
			w.Sleep(10 * time.Second)
			must(t, <-ended)
			if !isDecided(d) || d.Err() != nil || !isDecided(c) {
				t.Errorf("%s: %v, %v", pair.Name, d.Err(), c.Err())
			}
			if n := client.Count(dispatchqueue.KindReset); n != 1 {
				t.Errorf("%s: %d resets", pair.Name, n)
			}
		})
	}
}

// Nobody ever comes: the close is over in time, and says what was dropped.
func TestCloseInVain(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Start()
		c := calling(t, client, server)
		must(t, c.Send(&simplemsgr.Message{Type: 1}))
		c.Close()
		w.Sleep(3 * time.Minute)
		var loss *simplemsgr.LossError
		if !isDecided(c) || !errors.As(c.Err(), &loss) || !errors.Is(loss, session.ErrNotInTime) ||
			loss.Unsent != 1 {
			t.Errorf("%s: %v", pair.Name, c.Err())
		}
		again := calling(t, client, server)
		must(t, again.Send(&simplemsgr.Message{Type: 1}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := again.CloseGracefully(ctx)
		if !isDecided(again) || !errors.As(err, &loss) || loss.Unsent != 1 ||
			!errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", pair.Name, err)
		}
		idle := calling(t, client, server)
		idle.Close() // nothing is queued: nothing to wait for
		if !isDecided(idle) {
			t.Errorf("%s: an idle one lives", pair.Name)
		}
		w.Settle()
	})
}

// A graceful close survives a socket that breaks, in a session that does.
func TestCloseGracefullyAcrossACut(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		w.Net.Conns()[0].Stall()
		d := tracked(t, t.Context(), c, 0)
		ended := make(chan error, 1)
		go func() { ended <- c.CloseGracefully(t.Context()) }()
		w.Settle()
		w.Cut(server, client)
		w.Sleep(10 * time.Second)
		err := <-ended
		if pair.Lossy() {
			if err == nil {
				t.Errorf("%s: nothing said", pair.Name)
			}
			return
		}
		if err != nil || d.Err() != nil {
			t.Errorf("%s: %v, %v", pair.Name, err, d.Err())
		}
	})
}

// Drain lets what was received be answered and what was sent arrive; whoever hangs is dropped, and
// counted.
func TestDrain(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		server.OnMessage = func(m *simplemsgr.Message) {
			time.Sleep(time.Second)
			_ = m.Connection().Send(&simplemsgr.Message{Type: 2})
		}
		answers := 0
		client.OnMessage = func(*simplemsgr.Message) { answers++ }
		c := calling(t, client, server)
		for range 10 {
			must(t, c.Send(&simplemsgr.Message{Type: 1}))
		}
		w.Settle()
		must(t, server.Messenger.Drain(t.Context()))
		w.Settle()
		if answers != 10 {
			t.Errorf("%s: %d answers", pair.Name, answers)
		}
		if _, err := server.Messenger.Connect(client.Messenger.Inst()); err == nil {
			t.Errorf("%s: it lives", pair.Name)
		}
	})
}

func TestDrainThatHangs(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Endpoints(w)
		client.Start()
		c := calling(t, client, server)
		for range 7 {
			must(t, c.Send(&simplemsgr.Message{Type: 1}))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		dropped := new(simplemsgr.DroppedError)
		if err := client.Messenger.Drain(ctx); !errors.As(err, &dropped) || dropped.Unsent != 7 ||
			dropped.Connections != 1 {
			t.Errorf("%v", err)
		}
	})
}

// Shutdown is abrupt, and says so.
func TestShutdownSaysWhatItDrops(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Endpoints(w)
		client.Start()
		for range 5 {
			must(t, calling(t, client, server).Send(&simplemsgr.Message{Type: 1}))
		}
		dropped := new(simplemsgr.DroppedError)
		if err := client.Messenger.Shutdown(t.Context()); !errors.As(err, &dropped) ||
			*dropped != (simplemsgr.DroppedError{Connections: 1, Unsent: 5}) {
			t.Errorf("%v", err)
		}
	})
}

// A server that has stopped accepting keeps the sessions that it has.
func TestStopAccepting(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Start(w)
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		server.Messenger.StopAccepting()
		d := tracked(t, t.Context(), c, 0)
		w.Settle()
		if !isDecided(d) {
			t.Error("the session has ended")
		}
		late := w.Endpoint(wire.Client(2), "10.0.0.3", false)
		late.SetPolicy(wire.EntityOSD, simplemsgr.LosslessClient())
		late.Start()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := calling(t, late, server).WaitOpen(ctx); err == nil {
			t.Error("it accepts")
		}
	})
}

// No healthy session is reset by the read timeout, on whichever side it is set; one whose peer is
// gone is.
func TestIdleSessionsLive(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		w.Sleep(3 * time.Hour)
		if !c.IsConnected() || len(client.Faults())+len(server.Faults()) != 0 ||
			len(w.Net.Conns()) != 1 {
			t.Fatalf("%s: %v; %v %v", pair.Name, c, client.Faults(), server.Faults())
		}
		w.Net.Conns()[0].Stall()
		w.Sleep(16 * time.Minute)
		if len(client.Faults())+len(server.Faults()) == 0 {
			t.Errorf("%s: nobody has noticed", pair.Name)
		}
	})
}

// With a timeout a socket is given up by which nothing gets there, although the peer's words still
// come; what this side does not read is not held against the peer.
func TestKeepaliveTimeout(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Configure = func(c *simplemsgr.Config) {
			c.Keepalive.Interval, c.Keepalive.Timeout = 10*time.Second, 20*time.Second
		}
		client.FastDispatch = true // which holds the reader up
		server.Start()
		client.Start()
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		client.OnMessage = func(*simplemsgr.Message) { time.Sleep(5 * time.Minute) }
		w.Settle()
		must(t, server.Accepted().Send(&simplemsgr.Message{Type: 1}))
		w.Sleep(6 * time.Minute)
		if n := len(client.Faults()); n != 0 {
			t.Fatalf("%s: told %v", pair.Name, client.Faults())
		}
		w.Net.Conns()[0].ClientToServer().Stall()
		talk := time.Now()
		for time.Since(talk) < 40*time.Second {
			w.Sleep(time.Second)
			_ = server.Accepted().SendKeepalive()
		}
		if f := client.Faults(); len(f) == 0 || !errors.Is(f[0].Err, pipe.ErrNoKeepalive) ||
			!errors.Is(f[0].Err, pipe.ErrTimeout) {
			t.Errorf("%s: told %v", pair.Name, f)
		}
	})
}

// A messenger that was never started has nothing to wait for.
func TestDrainBeforeTheStart(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		h := w.Net.Host("10.0.0.7")
		m := simplemsgr.New(wire.OSD(7), simplemsgr.Config{Dial: h.Dial})
		must(t, m.Drain(t.Context()))
	})
}
