package sessiontest

import (
	"testing"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Without RECONNECT_SEQ a peer that has lost our acks sends everything again. The duplicates are
// dropped, and acked once more: else the peer would keep them until there is something new to ack,
// and send them again after each fault.
func TestDuplicatesWithoutSeqAreAcked(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(), func(t *testing.T, b *rawBench) {
		first := b.dial()
		first.Offered &^= wire.FeatureReconnectSeq
		first.Open(wire.EntityOSD)
		first.SendMessage(1, "one")
		first.SendMessage(1, "two")
		first.ExpectAck(2)
		first.Close()
		b.Settle()

		second := b.dial()
		second.Offered = first.Offered
		second.GlobalSeq, second.ConnectSeq = 2, 2
		second.Open(wire.EntityOSD)
		second.SendMessage(1, "one")
		second.ExpectAck(2)
		second.SendMessage(1, "two")
		second.ExpectAck(2)
		second.SendMessage(1, "three")
		second.ExpectAck(3)
	})
}

// The same between two of our own: what is sent twice is not kept for ever.
func TestNothingUnackedIsLeftWithoutSeq(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		pair.Client.FeaturesSupported = wire.FeaturesSupported &^ wire.FeatureReconnectSeq
		server, client := pair.Start(w)
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Drain()
		w.Net.Conns()[0].ServerToClient().Stall()
		must(t, stream.Send(10))
		stream.AwaitDelivered(11)
		w.Cut(server, client)
		w.Await("acks", func() bool {
			p, ok := client.Pipe(server)
			return ok && p.State == "OPEN" && p.Session.Sent == 0 && p.Session.Queued == 0
		})
	})
}
