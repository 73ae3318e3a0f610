package request_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// A server that answers in capitals, and a client that asks it.
func Example() {
	ctx := context.Background()

	osd := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	server := request.NewServer(request.ServerOptions{})
	server.Handle(1000, func(_ context.Context, m *simplemsgr.Message) (*simplemsgr.Message,
		error) {
		return &simplemsgr.Message{Type: 1001, Front: bytes.ToUpper(m.Front)}, nil
	})
	osd.AddDispatcher(server)
	if err := osd.Bind(ctx, "127.0.0.1:0"); err != nil {
		log.Fatal(err)
	}
	if err := osd.Start(); err != nil {
		log.Fatal(err)
	}
	defer osd.Drain(ctx)

	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	client := request.NewClient(m, request.Options{Repeat: request.AtLeastOnce})
	if err := m.Start(); err != nil {
		log.Fatal(err)
	}
	defer m.Drain(ctx)

	reply, err := client.Call(ctx, osd.Inst(), &simplemsgr.Message{Type: 1000,
		Front: []byte("hello")})
	if err != nil {
		log.Fatal(err)
	}
	defer reply.Release()
	fmt.Printf("%v says %s\n", reply.Source, reply.Front)
	// Output: osd.0 says HELLO
}
