package sessiontest

import (
	"context"
	"net"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Both sides say CLOSE at the same time: what ours is still about to write before its own gets
// there, and neither waits for the other to close the socket.
func TestBothClose(t *testing.T) {
	for name, policy := range map[string]simplemsgr.Policy{
		"lossy": simplemsgr.StatelessServer(), "lossless": simplemsgr.LosslessPeer()} {
		t.Run(name, func(t *testing.T) {
			withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
				peer := b.dial()
				peer.Open(wire.EntityOSD)
				b.Settle()
				c := b.self.Accepted()
				first := b.Hold(simulator.At(b.self, protocol.StageWriteFrames))
				b.send(c, "first")
				<-first.Sprung()
				last := b.Hold(simulator.At(b.self, protocol.StageWriteClose))
				b.send(c, "second")
				c.Close()
				first.Release()
				expectFront(t, peer, "first")
				<-last.Sprung()
				peer.SendTag(wire.TagClose)
				b.Settle()
				last.Release()
				expectFront(t, peer, "second")
				peer.ExpectFrame(wire.TagClose)
				peer.ExpectClosed()
				b.expectEvents(c, "accept", "reset")
			})
		})
	}
}

// A peer that has said CLOSE and reads on, slowly, gets all that waits for it, however long that
// takes.
func TestSlowAnswerToClose(t *testing.T) {
	const messages, size = 10, 200 << 10
	simulator.Run(t, memnet.Config{ReadBuffer: 4 << 10},
		func(t *testing.T, w *simulator.World) {
			b := &rawBench{World: w, raw: wire.EntityInst{Name: wire.Client(9),
				Addr: wire.EntityAddr{Nonce: 9}}}
			b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
			b.self.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
			b.self.Start()
			peer := b.dial()
			peer.Open(wire.EntityOSD)
			b.Settle()
			c := b.self.Accepted()
			for range messages {
				must(t, c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, size)}))
			}
			peer.SendTag(wire.TagClose)
			for range messages {
				b.Sleep(20 * time.Second)
				peer.ExpectMessage()
			}
			b.Sleep(20 * time.Second)
			peer.ExpectFrame(wire.TagClose)
			// and who has answered does not wait for ever for the socket's end
			b.Sleep(70 * time.Second)
			peer.ExpectClosed()
			b.expectEvents(c, "accept", "reset")
		})
}

// lateWriter returns from a write of CLOSE long after it has written.
type lateWriter struct {
	net.Conn
	wrote, release chan struct{}
}

func (c lateWriter) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if len(b) > 0 && b[len(b)-1] == byte(wire.TagClose) {
		close(c.wrote)
		<-c.release
	}
	return n, err
}

// The peer answers CLOSE before the system has told the writer that it is written. The answer says
// of all that went before that it is there.
func TestCloseAnsweredAtOnce(t *testing.T) {
	var wrote, release chan struct{}
	configure := func(c *simplemsgr.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return lateWriter{conn, wrote, release}, err
		}
	}
	withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LossyClient(), configure,
		func(t *testing.T, b *rawBench) {
			wrote, release = make(chan struct{}), make(chan struct{})
			c := b.connect("first")
			peer := b.accept()
			peer.GreetClient()
			connect, _ := peer.ExpectConnect()
			reply := peer.Reply(wire.TagReady, connect)
			reply.Flags = wire.FlagLossy
			peer.SendReply(reply)
			peer.Features = reply.Features & connect.Features
			expectFront(t, peer, "first")
			hold := b.Hold(simulator.At(b.self, protocol.StageWriteFrames))
			b.send(c, "second")
			<-hold.Sprung()
			b.send(c, "third")
			over := make(chan error, 1)
			go func() { over <- c.CloseGracefully(t.Context()) }()
			b.Settle()
			hold.Release()
			expectFront(t, peer, "second")
			expectFront(t, peer, "third")
			peer.ExpectFrame(wire.TagClose)
			<-wrote
			peer.SendTag(wire.TagClose)
			b.Settle()
			close(release)
			peer.ExpectClosed()
			if err := <-over; err != nil {
				t.Errorf("closed with everything there: %v", err)
			}
		})
}
