// Command proxy stands between a client and a server of protocol v1, and prints what they say to
// each other.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/pkg/errors"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run listens at one address and connects to another, for each client anew, until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: proxy LISTEN SERVER")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	defer listener.Close()
	out := &printer{w: stdout}
	out.printf("listening on %v", listener.Addr())
	var clients sync.WaitGroup
	defer clients.Wait()
	for number := 1; ; number++ {
		client, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		clients.Go(func() {
			if err := between(ctx, client, args[1], number, out); err != nil && ctx.Err() == nil {
				out.printf("%d: %v", number, err)
			}
		})
	}
}

// between carries one socket's bytes to the server and back.
func between(ctx context.Context, client net.Conn, address string, number int,
	out *printer) error {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() { client.Close(); server.Close() })()

	replies := make(chan reply)
	var ended sync.WaitGroup
	var failed [2]error
	ended.Go(func() {
		s := newSide(fmt.Sprintf("%d client", number), client, server, out)
		failed[0] = s.carry(func() error {
			// A reply for which nobody waits any more must not hold up the other direction.
			defer ended.Go(func() {
				for range replies {
				}
			})
			return s.client(replies)
		})
	})
	ended.Go(func() {
		s := newSide(fmt.Sprintf("%d server", number), server, client, out)
		failed[1] = s.carry(func() error {
			defer close(replies)
			return s.server(client.LocalAddr(), replies)
		})
	})
	ended.Wait()
	if failed[0] != nil {
		return failed[0]
	}
	return failed[1]
}

// printer prints lines of several goroutines.
type printer struct {
	mu sync.Mutex
	w  io.Writer
}

func (p *printer) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, format+"\n", args...)
}
