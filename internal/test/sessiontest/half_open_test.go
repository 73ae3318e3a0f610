package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// A peer is let in and keeps back its number after SEQ, for longer than an answer to a keepalive
// may take. The session ends up with somebody who goes on with it: what waits in it gets there.
func TestHalfOpenSessionGoesOn(t *testing.T) {
	keepalives := func(c *simplemsgr.Config) {
		c.Keepalive = simplemsgr.Keepalive{Interval: 2 * time.Second, Timeout: 4 * time.Second}
	}
	withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LosslessPeer(), keepalives,
		func(t *testing.T, b *rawBench) {
			b.raw.Addr.Nonce = 1 // the lower address: its connection wins the race
			b.connect("hello")
			ours := b.accept()
			ours.GreetClient()
			ours.ExpectConnect()
			theirs := b.dial()
			theirs.Greet()
			theirs.SendConnect(theirs.Connect(wire.EntityOSD))
			theirs.ExpectReply(wire.TagSeq)
			theirs.ExpectSeq()
			ours.ExpectClosed()

			var again *rawpeer.Peer
			dialed := make(chan struct{})
			go func() {
				defer close(dialed)
				again = b.accept()
			}()
			b.Sleep(15 * time.Second) // the handshake may take 30 s
			for _, fault := range b.self.Faults() {
				t.Errorf("a half-open session is given up: %v", fault.Err)
			}
			b.Sleep(16 * time.Second) // and then it is over
			select {
			case <-dialed:
			default:
				b.listener.Close()
				<-dialed
				t.Fatal("nobody calls the peer again")
			}
			again.GreetClient()
			c, _ := again.ExpectConnect()
			again.SendReady(c)
			expectFront(t, again, "hello")
			b.expectCases(protocol.CaseRaceIncomingWins)
		})
}
