package sessiontest

import (
	"testing"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// A socket that fails between the decision and the reply leaves no trace in connect_seq: the
// session counts on from where it was, and takes neither the peer's number nor the one that the
// reply would have told.
func TestFailedAcceptLeavesConnectSeq(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.StatefulServer(),
		simplemsgr.LosslessPeer()} {
		for _, arrives := range []uint32{0, 5} {
			withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
				first := b.dial()
				first.Open(wire.EntityOSD)
				b.Settle()
				first.Close()
				b.Settle()

				trap := b.Fault(simulator.At(b.self, protocol.StageAcceptSendReply))
				second := b.dial()
				second.GlobalSeq, second.ConnectSeq = 2, arrives
				second.Greet()
				second.SendConnect(second.Connect(wire.EntityOSD))
				<-trap.Sprung()
				b.Settle()

				third := b.dial()
				third.GlobalSeq, third.ConnectSeq = 3, 1
				third.Greet()
				third.SendConnect(third.Connect(wire.EntityOSD))
				if arrives == 0 && policy.ResetCheck {
					// The session was reset for the peer that had lost it: now it is the peer's
					// turn.
					third.ExpectReply(wire.TagResetSession)
					return
				}
				if reply, _ := third.ExpectReply(wire.TagRetrySession); reply.ConnectSeq != 2 {
					t.Errorf("connect_seq %d arrived and the accept failed: RETRY_SESSION with "+
						"%d, want 2", arrives, reply.ConnectSeq)
				}
			})
		}
	}
}
