package sessiontest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

const tooLarge = 2 << 20

// One message is above what the receiver takes. It is refused a few times, then the receiver gives
// the session up, the sender is told of a remote reset, and the line is free again: whoever
// connects, also where nobody checks for resets.
func TestMessageAboveTheReceiversLimit(t *testing.T) {
	for _, pair := range lossless {
		for _, toServer := range []bool{true, false} {
			// the receiver has something to say all the time
			for _, talks := range []bool{false, true} {
				simulator.Run(t, memnet.Config{MaxLatency: time.Millisecond},
					func(t *testing.T, w *simulator.World) {
						server, client := pair.Endpoints(w)
						sender, receiver := client, server
						if !toServer {
							sender, receiver = server, client
						}
						receiver.Configure = func(c *simplemsgr.Config) {
							c.Pipe.MaxMessageSize = 1 << 20
						}
						server.Start()
						client.Start()
						there := client.Connect(server)
						must(t, client.Stream(there).Send(1))
						w.Settle()
						w.Sleep(time.Second)
						from := there
						if !toServer {
							from = server.Messenger.Lookup(client.Addr())
						}
						must(t, from.Send(&simplemsgr.Message{Type: 1,
							Data: make([]byte, tooLarge)}))
						for range 100 {
							w.Sleep(100 * time.Millisecond)
							if c := receiver.Messenger.Lookup(sender.Addr()); talks && c != nil {
								_ = receiver.Stream(c).Send(1)
							}
						}
						w.Sleep(time.Minute)
						resets := 0
						for _, e := range sender.Kinds(from) {
							if e == "remote_reset" || e == "reset" {
								resets++
							}
						}
						if resets != 1 {
							t.Errorf("%s, to the server %v: the sender was told %v", pair.Name,
								toServer, sender.Kinds(from))
						}
						told := false
						for _, f := range receiver.Faults() {
							told = told || errors.Is(f.Err, protocol.ErrStuck) &&
								errors.Is(f.Err, protocol.ErrMessageTooLarge)
						}
						if !told {
							t.Errorf("%s: the receiver was told %v", pair.Name, receiver.Faults())
						}
						small := sender.Stream(from)
						must(t, small.Send(2))
						w.Sleep(time.Second)
						if small.Delivered() != 2 {
							t.Errorf("%s, to the server %v: %d of 2 delivered\n%s", pair.Name,
								toServer,
								small.Delivered(), sender.Messenger.Dump().JSON())
						}
						if n := count[trace.Stuck](w); n < 1 || n > 2 {
							t.Errorf("told %d times that the session is stuck", n)
						}
					})
			}
		}
	}
}

// Equals: the receiver, which has given up, says nothing until the peer has come and was told,
// although its user sends.
func TestGivesUpAndWaits(t *testing.T) {
	withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(c *simplemsgr.Config) {
		c.Pipe.MaxMessageSize = 100
	}, func(t *testing.T, b *rawBench) {
		huge := wire.MessageHeader{Type: 1, Seq: 1, FrontLen: 101}
		peer := b.dial()
		peer.Open(wire.EntityOSD)
		b.Settle()
		c := b.self.Accepted()
		seq := peer.ConnectSeq
		for n := range protocol.StuckAfter {
			peer.Send(peer.Header(huge))
			peer.ExpectClosed()
			b.Settle()
			if n == protocol.StuckAfter-1 {
				break
			}
			peer = b.dial()
			peer.GlobalSeq, peer.ConnectSeq = uint32(n+2), seq+1
			peer.Greet()
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			peer.ExpectOpen()
			seq = peer.ConnectSeq
		}
		if s := b.self.Messenger.Dump().Pipes[0]; s.State != "WAIT" || s.Session.ConnectSeq != 0 {
			t.Errorf("%+v", s)
		}
		b.send(c, "patience")
		b.Sleep(20 * time.Second)
		peer = b.dial()
		peer.GlobalSeq, peer.ConnectSeq = 9, seq+1
		peer.Greet()
		peer.SendConnect(peer.Connect(wire.EntityOSD))
		peer.ExpectReply(wire.TagResetSession)
		peer.GlobalSeq, peer.ConnectSeq = 10, 0
		peer.SendConnect(peer.Connect(wire.EntityOSD))
		peer.ExpectOpen()
		expectFront(t, peer, "patience")
		peer.OutSeq = 0
		got := make(chan string, 1)
		b.self.OnMessage = func(m *simplemsgr.Message) { got <- string(m.Front) }
		peer.SendMessage(1, "small")
		if front := <-got; front != "small" {
			t.Errorf("got %q", front)
		}
		b.expectEvents(c, "accept", "accept", "accept", "remote_reset", "accept")
	})
}

// What may be repaired at either side is not given up: the session waits, its pauses are as long as
// can be, and everybody can see why.
func TestStuckSession(t *testing.T) {
	for name, say := range map[string]struct {
		bytes func(b []byte) []byte // of a bad message
		want  error
	}{
		"crc":     {func(b []byte) []byte { b[len(b)-1-wire.FooterSize]++; return b }, wire.ErrCRC},
		"header":  {func(b []byte) []byte { b[5]++; return b }, wire.ErrCRC},
		"unknown": {func([]byte) []byte { return []byte{0xff} }, protocol.ErrProtocol},
		// the peer refuses ours, and we see only that it ends
		"silent": {func([]byte) []byte { return nil }, nil},
		// the same, but what it sends itself gets through
		"talks": {func(b []byte) []byte { return b }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
				c := b.connect("hello")
				var waited time.Duration
				for n := range uint64(12) {
					start := time.Now()
					peer := b.accept()
					waited = time.Since(start)
					peer.Accept()
					seq := uint64(1)
					if name == "talks" {
						seq += n
					}
					peer.Send(say.bytes(peer.Message(wire.MessageHeader{Type: 1, Seq: seq},
						[]byte("bad"), nil, nil)))
					b.Settle()
					peer.Close()
					b.Settle()
				}
				if waited != 15*time.Second {
					t.Errorf("the last pause was %v", waited)
				}
				stuck := trace.Of[trace.Stuck](b.Records.Records())
				if len(stuck) != 1 || stuck[0].Seq != 1 || stuck[0].Incoming != (say.want != nil) {
					t.Errorf("told %+v", stuck)
				}
				err := c.LastError()
				if !errors.Is(err, protocol.ErrStuck) || say.want != nil &&
					!errors.Is(err, say.want) {
					t.Errorf("last error %v", err)
				}
				if s := b.self.Messenger.Dump().Pipes[0]; !strings.Contains(s.Session.Stuck,
					"message 1 was") {
					t.Errorf("dump says %q", s.Session.Stuck)
				}
				if n := len(b.self.Kinds(c)); n != 12 {
					t.Errorf("events %v", b.self.Kinds(c))
				}
				// Somebody has repaired it.
				peer := b.accept()
				peer.Accept()
				expectFront(t, peer, "hello")
				peer.SendAck(1)
				peer.SendMessage(1, "good")
				b.Settle()
				peer.Close()
				b.Settle()
				if s := b.self.Messenger.Dump().Pipes[0]; s.Session.Stuck != "" {
					t.Errorf("dump says %q", s.Session.Stuck)
				}
			})
		})
	}
}
