package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// fruitless opens the messenger's next connections, lets the peer say something in each and ends
// them. It expects how long each was waited for.
func fruitless(b *rawBench, say func(*rawpeer.Peer), want ...time.Duration) {
	b.T.Helper()
	for i, want := range want {
		start := time.Now()
		peer := b.accept()
		if waited := time.Since(start); waited != want {
			b.T.Errorf("connection %d after %v, want %v", i, waited, want)
		}
		peer.Accept()
		say(peer)
		b.Settle()
		peer.Close()
	}
}

// A peer that opens every session, says something or nothing, and ends it at once does not make us
// connect without a pause, and the pauses grow: the first time might be bad luck, the second time
// in a row is not. Whether it talks says nothing.
func TestPeerThatOpensAndEndsAtOnce(t *testing.T) {
	for name, say := range map[string]func(*rawpeer.Peer){
		"nothing":   func(*rawpeer.Peer) {},
		"keepalive": func(p *rawpeer.Peer) { p.SendTag(wire.TagKeepalive) },
		"keepalive2": func(p *rawpeer.Peer) {
			p.SendKeepalive2(wire.TagKeepalive2, wire.Timespec{Sec: 1})
		},
		"keepalive2_ack": func(p *rawpeer.Peer) {
			p.SendKeepalive2(wire.TagKeepalive2Ack, wire.Timespec{Sec: 1})
		},
		"an ack of nothing": func(p *rawpeer.Peer) { p.SendAck(0) },
		"half a message": func(p *rawpeer.Peer) {
			p.Send(p.Header(wire.MessageHeader{Seq: 1, FrontLen: 10}))
		},
		"no frame at all": func(p *rawpeer.Peer) { p.Send([]byte{0xff}) },
		"a message of before": func(p *rawpeer.Peer) {
			p.Send(p.Message(wire.MessageHeader{Type: 1, Seq: 1}, []byte("x"), nil, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
				b.connect("hello")
				fruitless(b, say, 0, 0, 200*time.Millisecond, 400*time.Millisecond,
					800*time.Millisecond, 1600*time.Millisecond, 3200*time.Millisecond,
					6400*time.Millisecond, 12800*time.Millisecond, 15*time.Second, 15*time.Second)
			})
		})
	}
}

// The same where nothing is on its way: an ack of nothing is no progress, whatever else is counted.
func TestAckOfNothingIsNoProgress(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessClient(), func(t *testing.T, b *rawBench) {
		_, err := b.self.Messenger.Connect(b.raw)
		must(t, err)
		fruitless(b, func(p *rawpeer.Peer) {
			p.SendAck(0)
		}, 0, 0, 200*time.Millisecond, 400*time.Millisecond, 800*time.Millisecond)
	})
}

// What makes the pauses short again: a message that is delivered, an ack of one that was sent, in
// whatever form, and time.
func TestProgressEndsThePauses(t *testing.T) {
	for name, progress := range map[string]func(b *rawBench, p *rawpeer.Peer){
		"a message": func(_ *rawBench, p *rawpeer.Peer) { p.SendMessage(1, "there") },
		"an ack": func(b *rawBench, p *rawpeer.Peer) {
			b.send(anyOf(b.self.Messenger), "hello")
			b.Settle()
			p.SendAck(1)
		},
		"time": func(b *rawBench, _ *rawpeer.Peer) { b.Sleep(15 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			withRawPeer(t, wire.OSD(9), simplemsgr.LosslessClient(),
				func(t *testing.T, b *rawBench) {
					_, err := b.self.Messenger.Connect(b.raw)
					must(t, err)
					nothing := func(*rawpeer.Peer) {}
					fruitless(b, nothing, 0, 0, 200*time.Millisecond, 400*time.Millisecond)
					fruitless(b, func(p *rawpeer.Peer) { progress(b, p) }, 800*time.Millisecond)
					fruitless(b, nothing, 0, 200*time.Millisecond, 400*time.Millisecond)
				})
		})
	}
	t.Run("in_seq", func(t *testing.T) {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			c := b.connect("hello")
			fruitless(b, func(*rawpeer.Peer) {}, 0, 0, 200*time.Millisecond)
			peer := b.accept()
			peer.GreetClient()
			connect, _ := peer.ExpectConnect()
			peer.InSeq = 1
			peer.ExchangeSeq(connect)
			b.send(c, "more")
			b.Settle()
			peer.Close()
			fruitless(b, func(*rawpeer.Peer) {}, 0, 200*time.Millisecond)
		})
	})
}

// Two of our own of which one fails as soon as the session is open, whoever opened it: the pauses
// grow although each side takes the session over from the other's connections, with pipes of their
// own.
func TestFailsAfterOpen(t *testing.T) {
	for _, pair := range lossless {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			server, client := pair.Start(w)
			w.FaultAll(simulator.At(server, protocol.StageReadTag))
			there := client.Stream(client.Connect(server))
			must(t, there.Send(1))
			w.Settle()
			if c := server.Messenger.Lookup(client.Addr()); c != nil {
				must(t, server.Stream(c).Send(1))
			}
			w.Sleep(10 * time.Minute)
			if n := count[trace.SocketOpened](w); n > 300 {
				t.Errorf("%s: %d sockets in ten minutes", pair.Name, n)
			}
			w.Disarm()
			w.Drain()
		})
	}
}

// A server whose user marks down whoever is accepted.
func TestServerThatMarksDownOnAccept(t *testing.T) {
	for _, pair := range lossless {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			server, client := pair.Endpoints(w)
			server.OnEvent = func(e simulator.Event) {
				if e.Kind == dispatchqueue.KindAccept {
					server.MarkDown(e.Connection)
				}
			}
			server.Start()
			client.Start()
			_ = client.Stream(client.Connect(server)).Send(1)
			w.Sleep(time.Minute)
			if n := count[trace.SocketOpened](w); n > 50 {
				t.Errorf("%s: %d sockets in a minute", pair.Name, n)
			}
		})
	}
}
