package request_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const question, answer = 1000, 1001

// pair is a pair of policies.
type pair struct {
	name           string
	server, client func() simplemsgr.Policy
}

var pairs = []pair{
	{"lossy", simplemsgr.StatelessServer, simplemsgr.LossyClient},
	{"lossless", simplemsgr.StatefulServer, simplemsgr.LosslessClient},
	{"peers", simplemsgr.LosslessPeerReuse, simplemsgr.LosslessPeerReuse},
}

// world is a server and a client on a network in memory, in virtual time.
type world struct {
	t    *testing.T
	net  *memnet.Network
	pair pair

	server   *simplemsgr.Messenger
	throttle *throttle.Throttle // of the client's messages
	m        *simplemsgr.Messenger
	client   *request.Client

	mu  sync.Mutex
	ran map[uint64]int // how often each request was handled, by what is in its front
}

func each(t *testing.T, options request.Options, script func(t *testing.T, w *world)) {
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{t: t, net: memnet.New(memnet.Config{MinLatency: time.Millisecond}),
					pair: p, ran: map[uint64]int{}, throttle: throttle.New("messages", 100)}
				policy := p.client()
				policy.ThrottleMessages = w.throttle
				w.m = w.node(wire.OSD(1), "10.0.0.2", policy)
				w.client = request.NewClient(w.m, options)
				w.must(w.m.Bind(t.Context(), "10.0.0.2:6800"))
				w.must(w.m.Start())
				script(t, w)
				w.end(w.m)
				if w.server != nil {
					w.end(w.server)
				}
				if n := w.throttle.Current(); n != 0 {
					t.Errorf("%d messages are held", n)
				}
				w.net.Close()
			})
		})
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) node(name wire.EntityName, ip string,
	policy simplemsgr.Policy) *simplemsgr.Messenger {
	h := w.net.Host(ip)
	return simplemsgr.New(name, simplemsgr.Config{Engine: engines.New, Dial: h.Dial, Nonce: 7,
		Accepter: accepter.Config{Listen: h.Listen}, DefaultPolicy: &policy})
}

func (w *world) end(m *simplemsgr.Messenger) {
	w.t.Helper()
	dropped := new(simplemsgr.DroppedError)
	if err := m.Shutdown(context.Background()); err != nil && !errors.As(err, &dropped) {
		w.t.Error(err)
	}
}

// serve starts a life of the server, which runs h, if it is not nil, before it answers with the
// question.
func (w *world) serve(h func(ctx context.Context, m *simplemsgr.Message) error) {
	w.t.Helper()
	server := request.NewServer(request.ServerOptions{Failed: func(_ *simplemsgr.Message,
		err error) *simplemsgr.Message {
		return &simplemsgr.Message{Type: answer, Middle: []byte(err.Error())}
	}})
	server.Handle(question, func(ctx context.Context, m *simplemsgr.Message) (*simplemsgr.Message,
		error) {
		w.mu.Lock()
		w.ran[binary.LittleEndian.Uint64(m.Front)]++
		w.mu.Unlock()
		if h != nil {
			if err := h(ctx, m); err != nil {
				return nil, err
			}
		}
		return &simplemsgr.Message{Type: answer, Front: m.Front}, nil
	})
	w.listen(server)
}

// listen starts a messenger at the server's address.
func (w *world) listen(server *request.Server) {
	w.t.Helper()
	w.server = w.node(wire.OSD(0), "10.0.0.1", w.pair.server())
	w.server.AddDispatcher(server)
	w.must(w.server.Bind(w.t.Context(), "10.0.0.1:6800"))
	w.must(w.server.Start())
}

func (w *world) handled(n uint64) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ran[n]
}

var server = func() wire.EntityInst {
	addr, err := wire.ParseEntityAddr("10.0.0.1:6800/7")
	if err != nil {
		panic(err)
	}
	return wire.EntityInst{Name: wire.OSD(0), Addr: addr}
}()

// ask makes one call, and checks that the reply is that to it.
func (w *world) ask(ctx context.Context, n uint64) error {
	front := binary.LittleEndian.AppendUint64(nil, n)
	reply, err := w.client.Call(ctx, server, &simplemsgr.Message{Type: question, Front: front})
	if err != nil {
		return err
	}
	defer reply.Release()
	if len(reply.Middle) > 0 {
		return errors.New(string(reply.Middle))
	}
	if got := binary.LittleEndian.Uint64(reply.Front); got != n {
		return fmt.Errorf("asked %d, the reply is to %d", n, got)
	}
	return nil
}

// Many calls at once: each gets its own reply.
func TestCalls(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(nil)
		var calls sync.WaitGroup
		for i := range uint64(200) {
			calls.Go(func() {
				if err := w.ask(t.Context(), i); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		for i := range uint64(200) {
			if n := w.handled(i); n != 1 {
				t.Errorf("%d was handled %d times", i, n)
			}
		}
	})
}

// An error of a handler is told to the server, which says what is answered.
func TestHandlerFails(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(func(context.Context, *simplemsgr.Message) error { return errors.New("no") })
		if err := w.ask(t.Context(), 1); err == nil || err.Error() != "no" {
			t.Error(err)
		}
	})
}

// A call waits for a peer that is not there yet; if its context ends before, the peer never sees
// it.
func TestCallBeforeTheServerIsThere(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.ask(short, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		asked := make(chan error, 1)
		go func() { asked <- w.ask(t.Context(), 2) }()
		synctest.Wait()
		w.serve(nil)
		w.must(<-asked)
		if w.handled(1) != 0 || w.handled(2) != 1 {
			t.Errorf("handled %v", w.ran)
		}
	})
}

// The server dies with the request: a call that shall happen once at most says so; one that shall
// happen goes to the server's next life.
func TestServerDies(t *testing.T) {
	for _, repeat := range []request.Repeat{request.AtMostOnce, request.AtLeastOnce} {
		each(t, request.Options{Repeat: repeat}, func(t *testing.T, w *world) {
			w.serve(func(ctx context.Context, m *simplemsgr.Message) error {
				<-ctx.Done()
				return ctx.Err()
			})
			asked := make(chan error, 1)
			go func() { asked <- w.ask(t.Context(), 1) }()
			time.Sleep(time.Second)
			w.end(w.server)
			w.serve(nil)
			err := <-asked
			if repeat == request.AtLeastOnce {
				if err != nil || w.handled(1) != 2 {
					t.Errorf("%v; handled %v", err, w.ran)
				}
				return
			}
			uncertain := new(request.UncertainError)
			if !errors.Is(err, request.ErrUncertain) || !errors.As(err, &uncertain) ||
				uncertain.Loss == nil || w.handled(1) != 1 {
				t.Errorf("%v; handled %v", err, w.ran)
			}
			w.must(w.ask(t.Context(), 2))
		})
	}
}

// A server that restarts in the middle of many calls: nothing is carried out twice that shall not
// be, nothing is left out that shall be, and no reply is to something else.
func TestRestarts(t *testing.T) {
	for _, repeat := range []request.Repeat{request.AtMostOnce, request.AtLeastOnce} {
		each(t, request.Options{Repeat: repeat, InFlight: 16}, func(t *testing.T, w *world) {
			slow := func(context.Context, *simplemsgr.Message) error {
				time.Sleep(3 * time.Millisecond)
				return nil
			}
			w.serve(slow)
			uncertain := map[uint64]bool{}
			var mu sync.Mutex
			var calls sync.WaitGroup
			for i := range uint64(300) {
				calls.Go(func() {
					err := w.ask(t.Context(), i)
					mu.Lock()
					defer mu.Unlock()
					uncertain[i] = errors.Is(err, request.ErrUncertain)
					if err != nil && !uncertain[i] {
						t.Error(err)
					}
				})
			}
			for range 4 {
				time.Sleep(100 * time.Millisecond)
				w.end(w.server)
				time.Sleep(10 * time.Millisecond)
				w.serve(slow)
			}
			calls.Wait()
			doubts := 0
			for i := range uint64(300) {
				n := w.handled(i)
				if uncertain[i] {
					doubts++
				}
				switch {
				case repeat == request.AtMostOnce && n > 1, n == 0 && !uncertain[i]:
					t.Errorf("%d was handled %d times; uncertain: %v", i, n, uncertain[i])
				}
			}
			if repeat == request.AtLeastOnce && doubts > 0 || doubts > 4*16 {
				t.Errorf("%d are uncertain", doubts)
			}
		})
	}
}

// A reply that comes when nobody waits any more holds nothing.
func TestLateReply(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(func(context.Context, *simplemsgr.Message) error {
			time.Sleep(time.Minute)
			return nil
		})
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.ask(short, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(2 * time.Minute)
		if w.handled(1) != 1 || w.throttle.Current() != 0 {
			t.Errorf("handled %v, %d held", w.ran, w.throttle.Current())
		}
	})
}

// A handler that asks the one who asked, by the connection that he has come by, waits for nobody
// but him; and requests of both sides are told apart.
func TestCallsInCircles(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		back := request.NewServer(request.ServerOptions{})
		back.Handle(question, func(_ context.Context, m *simplemsgr.Message) (*simplemsgr.Message,
			error) {
			return &simplemsgr.Message{Type: answer, Front: []byte("back")}, nil
		})
		w.m.AddDispatcher(back)
		var asker *request.Client
		ready := make(chan struct{})
		w.serve(func(ctx context.Context, m *simplemsgr.Message) error {
			<-ready
			reply, err := asker.CallBack(ctx, m.Connection(), &simplemsgr.Message{Type: question})
			if err != nil {
				return err
			}
			defer reply.Release()
			if string(reply.Front) != "back" {
				return fmt.Errorf("back came %q", reply.Front)
			}
			return nil
		})
		asker = request.NewClient(w.server, request.Options{})
		close(ready)
		var calls sync.WaitGroup
		for i := range uint64(20) {
			calls.Go(func() {
				if err := w.ask(t.Context(), i); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
	})
}

// A messenger that shuts down ends its calls.
func TestCallAndShutdown(t *testing.T) {
	each(t, request.Options{Repeat: request.AtLeastOnce}, func(t *testing.T, w *world) {
		w.serve(func(ctx context.Context, _ *simplemsgr.Message) error {
			<-ctx.Done()
			return ctx.Err()
		})
		asked := make(chan error, 1)
		go func() { asked <- w.ask(t.Context(), 1) }()
		time.Sleep(time.Second)
		w.end(w.m)
		if err := <-asked; !errors.Is(err, simplemsgr.ErrShutdown) {
			t.Error(err)
		}
		_, err := w.client.CallBack(t.Context(), w.m.Loopback(), &simplemsgr.Message{})
		if !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("to oneself: %v", err)
		}
	})
}

// A messenger that drains lets its handlers answer.
func TestDrainWaitsForHandlers(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(func(context.Context, *simplemsgr.Message) error {
			time.Sleep(10 * time.Second)
			return nil
		})
		asked := make(chan error, 1)
		go func() { asked <- w.ask(t.Context(), 1) }()
		time.Sleep(time.Second)
		w.must(w.server.Drain(t.Context()))
		w.must(<-asked)
	})
}

// What a call cannot send it says at once.
func TestCallWithoutAnAddress(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		_, err := w.client.Call(t.Context(), wire.EntityInst{Name: wire.OSD(9)},
			&simplemsgr.Message{Type: question})
		if !errors.Is(err, simplemsgr.ErrNoAddress) {
			t.Error(err)
		}
	})
}

// A request with a TID of its caller's keeps it; while its call is under way there is no other one.
func TestCallersTID(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(func(context.Context, *simplemsgr.Message) error {
			time.Sleep(time.Second)
			return nil
		})
		call := func(tid uint64) error {
			front := binary.LittleEndian.AppendUint64(nil, tid)
			reply, err := w.client.Call(t.Context(), server, &simplemsgr.Message{Type: question,
				TID: tid, Front: front})
			if err != nil {
				return err
			}
			defer reply.Release()
			if reply.TID != tid {
				t.Errorf("called with TID %d, the reply has %d", tid, reply.TID)
			}
			return nil
		}
		first := make(chan error, 1)
		go func() { first <- call(7) }()
		synctest.Wait()
		if err := call(7); !errors.Is(err, request.ErrTIDInUse) {
			t.Errorf("again at the same time: %v", err)
		}
		w.must(call(8))
		w.must(<-first)
		w.must(call(7))
		if w.handled(7) != 2 {
			t.Errorf("handled %v", w.ran)
		}
	})
}
