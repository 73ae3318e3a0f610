package memnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"simplemessenger/memnet"
)

// The connection breaks after nine bytes: the banner of the messenger.
func Example() {
	n := memnet.New(memnet.Config{Seed: 1})
	defer n.Close()
	n.OnConn(func(c *memnet.Conn) {
		if c.Index() == 0 {
			c.ClientToServer().AfterBytes(9, memnet.Cut)
		}
	})

	ctx := context.Background()
	listener, _ := n.Host("10.0.0.1").Listen(ctx, "tcp", "10.0.0.1:6800")
	client, _ := n.Host("10.0.0.2").Dial(ctx, "tcp", "10.0.0.1:6800")
	server, _ := listener.Accept()

	written, err := io.WriteString(client, "ceph v027 and an address")
	fmt.Println(written, errors.Is(err, syscall.ECONNRESET))
	received, err := io.ReadAll(server)
	fmt.Printf("%s %v\n", received, errors.Is(err, syscall.ECONNRESET))
	// Output:
	// 9 true
	// ceph v027 true
}

// Two attempts to connect reach the server in the other order.
func ExampleNetwork_ReleaseDial() {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	ctx := context.Background()
	listener, _ := n.Host("10.0.0.1").Listen(ctx, "tcp", "10.0.0.1:6800")

	n.HoldDials()
	results := make(chan error)
	for i, address := range []string{"10.0.0.2", "10.0.0.3"} {
		h := n.Host(address)
		go func() {
			_, err := h.Dial(ctx, "tcp", "10.0.0.1:6800")
			results <- err
		}()
		n.AwaitHeldDials(ctx, i+1)
	}

	n.ReleaseDial(1)
	n.ReleaseDial(0)
	for range 2 {
		c, _ := listener.Accept()
		fmt.Println(c.RemoteAddr())
		<-results
	}
	// Output:
	// 10.0.0.3:32768
	// 10.0.0.2:32768
}

// A partition delays; it does not break.
func ExampleNetwork_Partition() {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	a, b := n.Host("10.0.0.1"), n.Host("10.0.0.2")
	ctx := context.Background()
	listener, _ := a.Listen(ctx, "tcp", "10.0.0.1:6800")
	client, _ := b.Dial(ctx, "tcp", "10.0.0.1:6800")
	server, _ := listener.Accept()

	n.Partition(a, b)
	fmt.Fprint(client, "hello")
	stream := n.Conns()[0].ClientToServer()
	fmt.Println(stream.Sent(), stream.Delivered())

	n.Heal(a, b)
	got := make([]byte, 5)
	io.ReadFull(server, got)
	fmt.Println(string(got), stream.Delivered())
	// Output:
	// 5 0
	// hello 5
}
