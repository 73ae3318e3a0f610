package simplemsgr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// echo returns a started server that answers each message with its front, and a started client.
func echo(ctx context.Context) (server, client *simplemsgr.Messenger) {
	server = simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, Front: m.Front})
		return true
	}))
	client = simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	client.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	for _, err := range []error{server.Bind(ctx, "127.0.0.1:0"), server.Start(), client.Start()} {
		if err != nil {
			log.Fatal(err)
		}
	}
	return server, client
}

// Who knows host and port dials; what is waited for is an open session.
func ExampleMessenger_Dial() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, client := echo(ctx)
	defer server.Shutdown(ctx)
	defer client.Shutdown(ctx)

	c, err := client.Dial(ctx, wire.OSD(0), server.Addr().AddrPort().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.PeerName(), c.State())
	// Output: osd.0 OPEN
}

// Drain ends a messenger without losing what was sent, and says what it has lost if there was no
// time.
func ExampleMessenger_Drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, client := echo(ctx)
	defer server.Shutdown(ctx)
	for range 1000 {
		_ = client.Send(server.Inst(), &simplemsgr.Message{Type: 1})
	}
	fmt.Println(client.Drain(ctx))
	// Output: <nil>
}

// A message is tracked by who wants to know what becomes of it.
func ExampleConnection_sendTracked() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, client := echo(ctx)
	defer server.Shutdown(ctx)
	defer client.Shutdown(ctx)

	c, _ := client.Connect(server.Inst())
	d, err := c.SendTracked(ctx, &simplemsgr.Message{Type: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("written:", d.Wait(ctx))
	c.MarkDown()
	<-d.Lost()
	fmt.Println("no answer any more:", d.Loss())
	// Output:
	// written: <nil>
	// no answer any more: connection is closed: marked down
}

// Flush waits until all that was sent has arrived, or until the session is lost.
func ExampleConnection_flush() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, client := echo(ctx)
	defer server.Shutdown(ctx)
	defer client.Shutdown(ctx)

	c, _ := client.Connect(server.Inst())
	for range 100 {
		_ = c.Send(&simplemsgr.Message{Type: 1})
	}
	fmt.Println(c.Flush(ctx))
	// Output: <nil>
}

// A graceful close waits until the peer has everything; Err says how a connection has ended.
func ExampleConnection_closeGracefully() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, client := echo(ctx)
	defer server.Shutdown(ctx)
	defer client.Shutdown(ctx)

	c, _ := client.Connect(server.Inst())
	_ = c.Send(&simplemsgr.Message{Type: 1})
	fmt.Println(c.CloseGracefully(ctx))
	var loss *simplemsgr.LossError
	fmt.Println(errors.As(c.Err(), &loss), loss.Exit)
	// Output:
	// <nil>
	// true close
}

// Handlers that wait hold up their own connection alone.
func ExampleConcurrent() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	other, client := echo(ctx)
	defer other.Shutdown(ctx)
	defer client.Shutdown(ctx)
	server := simplemsgr.NewServer(wire.OSD(1), simplemsgr.Config{})
	handled := make(chan string, 1)
	server.AddDispatcher(&simplemsgr.Concurrent{
		Handle: func(ctx context.Context, m *simplemsgr.Message) {
			select {
			case <-time.After(time.Millisecond):
				handled <- string(m.Front)
			case <-ctx.Done():
			}
		}})
	if err := server.Bind(ctx, "127.0.0.1:0"); err != nil {
		log.Fatal(err)
	}
	_ = server.Start()
	defer server.Drain(ctx)
	_ = client.Send(server.Inst(), &simplemsgr.Message{Type: 1, Front: []byte("slow work")})
	fmt.Println(<-handled)
	// Output: slow work
}
