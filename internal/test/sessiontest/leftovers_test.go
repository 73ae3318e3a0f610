package sessiontest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// What must not be left over from before.

// After RESETSESSION the peer's messages are numbered from the beginning. They are new, whatever
// came before.
func TestResetSessionLeavesNoInSeq(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessClient(),
		simplemsgr.LosslessPeer(), simplemsgr.LosslessPeerReuse()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			var got []string
			b.self.OnMessage = func(m *simplemsgr.Message) { got = append(got, string(m.Front)) }
			c := b.connect("hello")
			peer := b.accept()
			peer.Accept()
			expectFront(t, peer, "hello")
			for _, front := range []string{"one", "two", "three"} {
				peer.SendMessage(1, front)
			}
			peer.ExpectAck(3)
			b.Settle()
			b.send(c, "something to come back for")
			expectFront(t, peer, "something to come back for")
			peer.Close()

			again := b.accept()
			again.GreetClient()
			connect, _ := again.ExpectConnect()
			again.SendReply(again.Reply(wire.TagResetSession, connect))
			connect, _ = again.ExpectConnect()
			again.SendReady(connect)
			again.SendMessage(1, "first again")
			again.ExpectAck(1)
			b.Settle()
			if diff := cmp.Diff([]string{"one", "two", "three", "first again"}, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// A connection that is marked down leaves no pipe behind, and its user, who knows, is told nothing.
func TestMarkDownLeavesNoPipe(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		client.MarkDown(c)
		if pipes := client.Messenger.Dump().Pipes; len(pipes) != 0 {
			t.Errorf("%s: %+v", pair.Name, pipes)
		}
		w.Settle()
		if diff := cmp.Diff([]string{"connect"}, client.Kinds(c)); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", pair.Name, diff)
		}
	})
}

// After a success there is no pause to be seen, nor to be continued.
func TestSuccessLeavesNoBackoff(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		peer := server.Messenger.Inst()
		server.Crash()
		c, err := client.Messenger.Connect(peer)
		must(t, err)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		w.Sleep(5 * time.Second)
		if p, _ := client.Pipe(server); p.Backoff < time.Second {
			t.Errorf("%s: paused for %v", pair.Name, p.Backoff)
		}
		server.Restart()
		stream.AwaitDelivered(1)
		if p, _ := client.Pipe(server); p.Backoff != 0 {
			t.Errorf("%s: pause of %v after a success", pair.Name, p.Backoff)
		}
	})
}
