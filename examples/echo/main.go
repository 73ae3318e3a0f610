// Command echo is a server that says back what it hears, and a client that speaks to it, in one
// program.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// typeEcho is the type of the messages of both sides; 1000 and above are free in Ceph.
const typeEcho = 1000

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run sends each word to a server and prints what comes back.
func run(ctx context.Context, words []string, stdout io.Writer) error {
	server := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		// A client that has left meanwhile needs no answer.
		_ = m.Connection().Send(&simplemsgr.Message{Type: typeEcho, Front: m.Front})
		return true
	}))
	defer server.Close()
	if err := server.Bind(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}

	client := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	client.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	echoes := make(chan string, len(words)) // room for all: a dispatch must not wait
	client.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		echoes <- string(m.Front)
		return true
	}))
	defer client.Close()
	if err := client.Start(); err != nil {
		return err
	}

	connection, err := client.Connect(server.Inst())
	if err != nil {
		return err
	}
	for _, word := range words {
		message := &simplemsgr.Message{Type: typeEcho, Front: []byte(word)}
		if err := connection.Send(message); err != nil {
			return err
		}
	}
	for range words {
		select {
		case echo := <-echoes:
			fmt.Fprintf(stdout, "%v says %s\n", connection.PeerName(), echo)
		case <-connection.Done():
			return connection.Err()
		case <-ctx.Done():
			return errors.WithMessage(context.Cause(ctx), "wait for an echo")
		}
	}
	if err := client.Drain(ctx); err != nil {
		return err
	}
	return server.Drain(ctx)
}
