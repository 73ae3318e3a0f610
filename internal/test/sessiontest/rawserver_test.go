package sessiontest

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// rawBench is a messenger, osd.0 at 10.0.0.1, and a scripted peer at rawHost, which listens and can
// also dial.
type rawBench struct {
	*simulator.World
	self     *simulator.Endpoint
	raw      wire.EntityInst // who the scripted peer is
	listener net.Listener
}

// withRawPeer runs a script with a scripted peer of that name. Towards it the messenger has the
// given policy.
func withRawPeer(t *testing.T, name wire.EntityName, policy simplemsgr.Policy,
	script func(t *testing.T, b *rawBench)) {
	t.Helper()
	withRawPeerConfigured(t, name, policy, nil, script)
}

func withRawPeerConfigured(t *testing.T, name wire.EntityName, policy simplemsgr.Policy,
	configure func(*simplemsgr.Config), script func(t *testing.T, b *rawBench)) {
	t.Helper()
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		addr := netip.MustParseAddrPort(rawHost + ":6800")
		b := &rawBench{World: w, raw: wire.EntityInst{Name: name,
			Addr: wire.NewEntityAddr(addr, 0xffff)}}
		var err error
		if b.listener, err = w.Net.Host(rawHost).Listen(context.Background(), "tcp",
			addr.String()); err != nil {
			t.Fatal(err)
		}
		defer b.listener.Close()
		b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
		b.self.SetPolicy(name.Type, policy)
		b.self.Configure = configure
		b.self.Start()
		script(t, b)
	})
}

// connect opens a connection to the scripted peer and sends one message over it.
func (b *rawBench) connect(front string) *simplemsgr.Connection {
	b.T.Helper()
	c, err := b.self.Messenger.Connect(b.raw)
	if err != nil {
		b.T.Fatal(err)
	}
	b.send(c, front)
	return c
}

func (b *rawBench) send(c *simplemsgr.Connection, front string) {
	b.T.Helper()
	if err := c.Send(&simplemsgr.Message{Type: 1, Front: []byte(front)}); err != nil {
		b.T.Fatal(err)
	}
}

// accept takes the messenger's next socket.
func (b *rawBench) accept() *rawpeer.Peer {
	b.T.Helper()
	conn, err := b.listener.Accept()
	if err != nil {
		b.T.Fatal(err)
	}
	return b.peer(conn)
}

// dial opens a socket to the messenger.
func (b *rawBench) dial() *rawpeer.Peer {
	b.T.Helper()
	conn, err := b.Net.Host(rawHost).Dial(context.Background(), "tcp",
		b.self.Addr().AddrPort().String())
	if err != nil {
		b.T.Fatal(err)
	}
	return b.peer(conn)
}

func (b *rawBench) peer(conn net.Conn) *rawpeer.Peer {
	b.T.Cleanup(func() { conn.Close() })
	return rawpeer.New(b.T, conn, b.raw)
}

// expectFront reads the next message and compares its front part.
func expectFront(t *testing.T, peer *rawpeer.Peer, want string) rawpeer.Frame {
	t.Helper()
	f := peer.ExpectMessage()
	if string(f.Front) != want {
		t.Errorf("got %q (seq %d), want %q", f.Front, f.Header.Seq, want)
	}
	return f
}
