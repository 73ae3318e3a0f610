package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/memnet"
	"simplemessenger/internal/rawpeer"
	"simplemessenger/internal/simulator"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// A peer that opens every session and ends it at once does not make us connect without a pause: the first time might be bad luck, the
// second time in a row is not.
func TestPeerThatOpensAndEndsAtOnce(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		var peer *rawpeer.Peer
		for i, want := range []time.Duration{0, 0, 200 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond} {
			start := time.Now()
			peer = b.accept()
			if waited := time.Since(start); waited != want {
				t.Errorf("connection %d after %v, want %v", i, waited, want)
			}
			peer.Accept()
			peer.Close()
		}
		// One word from it, and the next fault is bad luck again.
		peer = b.accept()
		peer.Accept()
		peer.SendTag(wire.TagKeepalive)
		b.Settle()
		start := time.Now()
		peer.Close()
		b.accept()
		if waited := time.Since(start); waited != 0 {
			t.Errorf("after %v", waited)
		}
	})
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
			if n := count[trace.SocketOpened](w); n > 700 {
				t.Errorf("%s: %d sockets in a minute", pair.Name, n)
			}
		})
	}
}
