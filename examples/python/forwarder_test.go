package python

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A cut says after how many bytes of one direction a connection breaks; 0 is never.
type cut struct {
	up, down int64 // of the client, and of the server
}

// A forwarder carries bytes between a client and a server, and breaks its first connections.
type forwarder struct {
	net.Listener
	to      atomic.Value // address of the server, a string; set before the first connection
	broken  atomic.Int32 // connections that were cut
	running sync.WaitGroup
}

// forward starts a forwarder, whose first connections break as cuts say. It ends with the test.
func forward(t *testing.T, cuts ...cut) *forwarder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{Listener: listener}
	f.running.Go(func() {
		for n := 0; ; n++ {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			var limit cut
			if n < len(cuts) {
				limit = cuts[n]
			}
			f.running.Go(func() { f.carry(client, limit) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		f.running.Wait()
	})
	return f
}

// carry copies both ways until one side ends or a limit is reached.
func (f *forwarder) carry(client net.Conn, limit cut) {
	defer client.Close()
	server, err := net.Dial("tcp", f.to.Load().(string))
	if err != nil {
		return
	}
	defer server.Close()
	var once, ended sync.Once
	var both sync.WaitGroup
	for _, way := range []struct {
		to, from net.Conn
		limit    int64
	}{{server, client, limit.up}, {client, server, limit.down}} {
		both.Go(func() {
			if way.limit == 0 {
				_, _ = io.Copy(way.to, way.from)
			} else if _, err := io.CopyN(way.to, way.from, way.limit); err == nil {
				once.Do(func() { f.broken.Add(1) })
			}
			ended.Do(func() { client.Close(); server.Close() })
		})
	}
	both.Wait()
}
