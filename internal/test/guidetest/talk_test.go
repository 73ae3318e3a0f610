package guidetest

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"simplemessenger/pipe"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// serve returns a server that echoes.
func serve(ctx context.Context) *simplemsgr.Messenger {
	server := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Front: m.Front})
		return true
	}))
	must(server.Bind(ctx, "127.0.0.1:0"))
	must(server.Start())
	return server
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example_firstProgram() {
	server := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	answers := request.NewServer(request.ServerOptions{})
	answers.Handle(1000, func(ctx context.Context, m *simplemsgr.Message) (*simplemsgr.Message,
		error) {
		return &simplemsgr.Message{Type: 1001, Front: append([]byte("you said "), m.Front...)}, nil
	})
	server.AddDispatcher(answers)
	if err := server.Bind(context.Background(), "127.0.0.1:0"); err != nil {
		log.Fatal(err)
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}

	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	client := request.NewClient(m, request.Options{})
	if err := m.Start(); err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reply, err := client.Call(ctx, server.Inst(), &simplemsgr.Message{Type: 1000,
		Front: []byte("hello")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", reply.Front)
	reply.Release()

	_ = m.Drain(ctx)
	_ = server.Drain(ctx)
	// Output: you said hello
}

func Example_dial() {
	ctx := context.Background()
	server := serve(ctx)
	defer server.Shutdown(ctx)
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	must(m.Start())
	defer m.Shutdown(ctx)
	address := server.Addr().AddrPort().String()

	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := m.Dial(short, wire.OSD(0), address) // "host:port", "[::1]:6800", "name:6800/nonce"
	switch {
	case errors.Is(err, pipe.ErrProtocolVersion):
		log.Fatal("that is no osd")
	case err != nil:
		log.Fatal(err) // what it waited for, and the latest fault
	}
	fmt.Println(c.PeerName(), c.State())
	// Output: osd.0 OPEN
}

func Example_otherProcess() {
	ctx := context.Background()
	server := serve(ctx)
	defer server.Shutdown(ctx)
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	defer m.Shutdown(ctx)
	address := server.Addr().AddrPort().String()

	client := request.NewClient(m, request.Options{
		Connect: []simplemsgr.ConnectOption{simplemsgr.AnyNonce()},
	})
	must(m.Start())
	addr, err := simplemsgr.ResolveAddr(ctx, address, 0)
	if err != nil {
		log.Fatal(err)
	}
	reply, err := client.Call(ctx, wire.EntityInst{Name: wire.OSD(0), Addr: addr},
		&simplemsgr.Message{Type: 1000, Front: []byte("hello")})
	must(err)
	fmt.Printf("%s\n", reply.Front)
	// Output: hello
}

func Example_delivery() {
	ctx := context.Background()
	server := serve(ctx)
	defer server.Shutdown(ctx)
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	must(m.Start())
	defer m.Shutdown(ctx)
	c, err := m.Connect(server.Inst())
	must(err)

	d, err := c.SendTracked(ctx, &simplemsgr.Message{Type: 1, Front: []byte("hello")})
	if err != nil {
		log.Fatal(err) // the connection is dead, or its queue is full: nothing was queued
	}
	if err := d.Wait(ctx); err != nil {
		var loss *simplemsgr.LossError
		if errors.As(err, &loss) {
			fmt.Println("lost; the peer may have it:", d.Sent())
		}
	}
	fmt.Println(d.Err())

	// A message whose context ends before it is written is withdrawn.
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = c.SendTracked(brief, &simplemsgr.Message{Type: 1})
	must(err)

	// Where the queue is full SendContext waits for room.
	if err := c.SendContext(ctx, &simplemsgr.Message{Type: 1}); err != nil {
		log.Fatal(err)
	}

	// All that was sent before is acked or, on a lossy session, written.
	if err := c.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: <nil>
}

// watcher is told what happens to connections.
type watcher struct{ simplemsgr.NopEvents }

func (watcher) Dispatch(*simplemsgr.Message) bool { return false }

// HandleRemoteReset implements simplemsgr.ConnectionHandler.
func (watcher) HandleRemoteReset(c *simplemsgr.Connection) {
	fmt.Println("what", c.PeerName(), "knew of us is gone; the connection goes on")
}

// HandleReset implements simplemsgr.ConnectionHandler.
func (watcher) HandleReset(c *simplemsgr.Connection) {
	fmt.Println("gone:", c.PeerName(), "since", c.Err())
}

// HandleLoss implements simplemsgr.LossHandler.
func (watcher) HandleLoss(c *simplemsgr.Connection, loss *simplemsgr.LossError) {
	for i, m := range loss.Messages {
		fmt.Println("lost:", m.Type, "perhaps carried out:", i < loss.Unacked)
	}
}

// HandleFault implements simplemsgr.FaultHandler.
func (watcher) HandleFault(c *simplemsgr.Connection, err error) {
	if errors.Is(err, pipe.ErrBadAuthorizer) {
		slog.Error("our credentials are refused", "connection", c, "err", err)
	}
}

func Example_events() {
	ctx := context.Background()
	server := serve(ctx)
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	m.AddDispatcher(watcher{})
	must(m.Start())
	c, err := m.Connect(server.Inst())
	must(err)
	must(c.WaitOpen(ctx))
	must(server.Shutdown(ctx))
	<-c.Done()
	must(m.Shutdown(ctx)) // which delivers the last events
	// Output: gone: osd.0 since connection is closed: the peer has left: EOF
}

func Example_handlers() {
	ctx := context.Background()
	handled := make(chan string, 1)
	server := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	server.AddDispatcher(&simplemsgr.Concurrent{
		Handlers: 32,
		Handle: func(ctx context.Context, m *simplemsgr.Message) {
			select {
			case <-time.After(time.Millisecond): // slow work, which may call others
				handled <- string(m.Front)
			case <-ctx.Done(): // nobody wants it any more
			}
		},
	})
	must(server.Bind(ctx, "127.0.0.1:0"))
	must(server.Start())
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	must(m.Start())
	must(m.Send(server.Inst(), &simplemsgr.Message{Type: 1, Front: []byte("slow")}))
	fmt.Println(<-handled)
	must(m.Drain(ctx))
	must(server.Drain(ctx))
	// Output: slow
}

func Example_drain() {
	ctx := context.Background()
	server := serve(ctx)

	grace, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := server.Drain(grace) // handlers answer, queues empty, both sides say CLOSE
	var dropped *simplemsgr.DroppedError
	if errors.As(err, &dropped) {
		slog.Warn("shut down in a hurry", "unsent", dropped.Unsent, "unacked", dropped.Unacked)
	}
	fmt.Println(err)
	// Output: <nil>
}

func Example_configuration() {
	config := simplemsgr.Config{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Keepalive: simplemsgr.Keepalive{
			Interval: 10 * time.Second, // ask each peer
			Timeout:  20 * time.Second, // and give a socket up that brings no answer
		},
		Sessions: simplemsgr.SessionLimits{
			StandbyTimeout: 10 * time.Minute, // of clients that do not come back
			PerHost:        100,
		},
	}
	config.Pipe.QueueLimitBytes = 16 << 20 // waits for one peer; Send fails beyond it
	config.Pipe.MaxMessageSize = 64 << 20  // is taken from a peer
	config.Pipe.StopReading = true         // from a peer that does not read its answers

	policy := simplemsgr.StatefulServer()
	m := simplemsgr.NewServer(wire.MDS(0), config)
	m.SetPolicy(wire.EntityClient, policy)
	fmt.Println(m.Policy(wire.EntityClient).Standby)
	must(m.Shutdown(context.Background()))
	// Output: true
}
