package simplemsgr_test

import (
	"context"
	"fmt"
	"net"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// The example of the README: an osd that echoes, and a client that asks it.
func Example() {
	ctx := context.Background()

	osd := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	osd.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Front: m.Front})
		return true
	}))
	osd.Bind(ctx, "127.0.0.1:0")
	osd.Start()
	defer osd.Drain(ctx)

	client := simplemsgr.New(wire.Client(4242), simplemsgr.Config{})
	client.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	answers := make(chan string, 1) // a dispatcher does not wait
	client.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		answers <- fmt.Sprintf("%v says %s", m.Source, m.Front)
		return true
	}))
	client.Start()
	defer client.Drain(ctx)

	client.Send(osd.Inst(), &simplemsgr.Message{Type: 100, Front: []byte("hello")})
	fmt.Println(<-answers)
	// Output: osd.0 says hello
}

// sessionWatcher is told when sessions come and go.
type sessionWatcher struct{ events chan string }

func (w sessionWatcher) Dispatch(*simplemsgr.Message) bool          { return false }
func (w sessionWatcher) HandleConnect(c *simplemsgr.Connection)     { w.events <- "connect" }
func (w sessionWatcher) HandleAccept(c *simplemsgr.Connection)      { w.events <- "accept" }
func (w sessionWatcher) HandleReset(c *simplemsgr.Connection)       { w.events <- "reset" }
func (w sessionWatcher) HandleRemoteReset(c *simplemsgr.Connection) { w.events <- "remote reset" }
func (w sessionWatcher) HandleRefused(c *simplemsgr.Connection)     { w.events <- "refused" }

var _ simplemsgr.ConnectionHandler = sessionWatcher{}

// A dispatcher that implements ConnectionHandler hears what becomes of connections. Here the client
// leaves, and the server, which keeps no state for lossy clients, is told that the connection is
// dead.
func ExampleConnectionHandler() {
	ctx := context.Background()
	server := simplemsgr.New(wire.OSD(0), simplemsgr.Config{})
	server.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
	watcher := sessionWatcher{make(chan string, 10)}
	server.AddDispatcher(watcher)
	_ = server.Bind(ctx, "127.0.0.1:0")
	_ = server.Start()
	defer server.Shutdown(ctx)

	client := simplemsgr.New(wire.Client(1), simplemsgr.Config{})
	client.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	_ = client.Start()
	connection, _ := client.Connect(server.Inst())
	_ = connection.SendKeepalive()
	fmt.Println(<-watcher.events)
	_ = client.Shutdown(ctx)
	fmt.Println(<-watcher.events)
	// Output:
	// accept
	// reset
}

// Any net.Listener and any dial function will do: here sockets are connected in memory. The same
// two hooks carry sessions through TLS.
func ExampleMessenger_BindListener() {
	ctx := context.Background()
	sockets := make(chan net.Conn)
	server := simplemsgr.New(wire.OSD(0), simplemsgr.Config{Nonce: 1})
	server.SetDefaultPolicy(simplemsgr.StatelessServer())
	server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, Front: m.Front})
		return true
	}))
	_ = server.BindListener(&memoryListener{sockets: sockets, done: make(chan struct{})})
	_ = server.Start()
	defer server.Shutdown(ctx)

	client := simplemsgr.New(wire.Client(1), simplemsgr.Config{
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			sockets <- theirs
			return ours, nil
		},
	})
	client.SetDefaultPolicy(simplemsgr.LossyClient())
	answers := make(chan string)
	client.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		answers <- string(m.Front)
		return true
	}))
	_ = client.Start()
	defer client.Shutdown(ctx)
	_ = client.Send(server.Inst(), &simplemsgr.Message{Type: 100, Front: []byte("through memory")})
	fmt.Println(<-answers)
	// Output: through memory
}

type memoryListener struct {
	sockets chan net.Conn
	done    chan struct{}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.sockets:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error { close(l.done); return nil }
func (l *memoryListener) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 6800}
}
