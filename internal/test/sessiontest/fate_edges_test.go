package sessiontest

import (
	"context"
	"errors"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
)

// What ends meets what is on its way.

// The last message of a queue is withdrawn while acks are waited for, behind a Close: CLOSE goes
// out, which waited for the message.
func TestWithdrawalDuringAClose(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Endpoints(w)
		client.Configure = func(c *simplemsgr.Config) { c.Pipe.SentLimitMessages = 1 }
		server.Start()
		client.Start()
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		w.Net.Conns()[0].ServerToClient().Stall()
		first := tracked(t, t.Context(), c, 0)
		second := tracked(t, t.Context(), c, 0)
		w.Settle()
		if !first.Sent() || second.Sent() {
			t.Fatal("the limit does not hold")
		}
		c.Close()
		w.Settle()
		gone := errors.New("not wanted any more")
		if !second.Withdraw(gone) {
			t.Fatal("it was not withdrawn")
		}
		w.Net.Conns()[0].ServerToClient().Resume()
		w.Sleep(time.Second)
		if !isDecided(c) || first.Err() != nil || errors.Is(c.Err(), session.ErrNotInTime) {
			t.Errorf("%v; the first: %v", c.Err(), first.Err())
		}
	})
}

// A graceful close, and a drain, whose session is lost with what was to arrive: nobody says that
// all is well.
func TestGracefulEndAcrossARemoteReset(t *testing.T) {
	ends := map[string]func(context.Context, *simulator.Endpoint, *simplemsgr.Connection) error{
		"close": func(ctx context.Context, _ *simulator.Endpoint, c *simplemsgr.Connection) error {
			return c.CloseGracefully(ctx)
		},
		"drain": func(ctx context.Context, e *simulator.Endpoint, _ *simplemsgr.Connection) error {
			return e.Messenger.Drain(ctx)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
				server, client := simulator.Stateful.Start(w)
				c := calling(t, client, server)
				must(t, c.Send(&simplemsgr.Message{Type: 1}))
				w.Settle()
				server.Crash()
				w.Settle()
				lost := tracked(t, t.Context(), c, 0)
				ended := make(chan error, 1)
				go func() { ended <- end(t.Context(), client, c) }()
				w.Settle()
				server.Start()
				w.Sleep(time.Minute)
				err := <-ended
				if lost.Err() == nil || err == nil {
					t.Fatalf("ended with %v; the message: %v", err, lost.Err())
				}
				dropped := new(simplemsgr.DroppedError)
				loss := new(simplemsgr.LossError)
				switch {
				case errors.As(err, &dropped):
					if *dropped != (simplemsgr.DroppedError{Connections: 1, Unsent: 1}) {
						t.Errorf("dropped: %v", err)
					}
				case !errors.As(err, &loss) || loss.Unsent != 1 ||
					!errors.Is(err, session.ErrPeerLost):
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// A lossy session that ends in the middle of a write counts and tells what it was writing, also if
// nobody has asked, and before what was never sent.
func TestLossOfAWriteCutShort(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Endpoints(w)
		server.Start()
		client.Start()
		taker := new(lossTaker)
		client.Messenger.AddDispatcher(taker)
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		w.Net.Conns()[0].Stall()
		writing := &simplemsgr.Message{Type: 1, Data: make([]byte, 4<<20)}
		queued := &simplemsgr.Message{Type: 2}
		must(t, c.Send(writing))
		w.Settle()
		must(t, c.Send(queued))
		w.Cut(server, client)
		w.Settle()
		if len(taker.losses) != 1 {
			t.Fatalf("told %v", taker.losses)
		}
		loss := taker.losses[0]
		if m := loss.Messages; loss.Unacked != 1 || loss.Unsent != 1 || len(m) != 2 ||
			m[0] != writing || m[1] != queued {
			t.Errorf("%v: %v", loss, m)
		}
	})
}

// A drain of which a write is cut short says so.
func TestDrainOfAWriteCutShort(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Start(w)
		c := calling(t, client, server)
		must(t, c.WaitOpen(t.Context()))
		w.Net.Conns()[0].Stall()
		must(t, c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 4<<20)}))
		w.Settle()
		drained := make(chan error, 1)
		go func() { drained <- client.Messenger.Drain(t.Context()) }()
		w.Settle()
		w.Cut(server, client)
		if err := <-drained; !errors.Is(err, simplemsgr.ErrDropped) {
			t.Errorf("%v", err)
		}
	})
}

// A shutdown ends a drain, which counts nothing twice.
func TestShutdownDuringADrain(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Endpoints(w)
		client.Start()
		c := calling(t, client, server)
		for range 7 {
			must(t, c.Send(&simplemsgr.Message{Type: 1}))
		}
		ended := make(chan error, 3)
		for range 2 {
			go func() { ended <- client.Messenger.Drain(t.Context()) }()
		}
		w.Settle()
		ended <- client.Messenger.Shutdown(t.Context())
		for range 3 {
			dropped := new(simplemsgr.DroppedError)
			if err := <-ended; !errors.As(err, &dropped) ||
				*dropped != (simplemsgr.DroppedError{Connections: 1, Unsent: 7}) {
				t.Errorf("%v", err)
			}
		}
	})
}

// The connection to oneself changes its state once, at the end.
func TestStateOfTheLoopback(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		_, client := simulator.Stateful.Start(w)
		loop := client.Messenger.Loopback()
		changed := make(chan protocol.State, 1)
		go func() {
			state, err := loop.WaitForStateChange(t.Context(), protocol.Open)
			if err != nil {
				t.Error(err)
			}
			changed <- state
		}()
		w.Settle()
		select {
		case state := <-changed:
			t.Fatalf("changed to %v", state)
		default:
		}
		client.Crash()
		if state := <-changed; state != protocol.Closed || loop.State() != state ||
			loop.IsAlive() || loop.IsConnected() {
			t.Errorf("in the end: %v, %v", state, loop)
		}
		if err := loop.WaitOpen(t.Context()); !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("waited for it: %v", err)
		}
	})
}
