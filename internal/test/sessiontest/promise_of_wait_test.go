package sessiontest

import (
	"testing"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// We answered WAIT, and then a READY comes from a socket that the peer has given up before. The
// session is open, on a socket without anybody at its other end. When that shows, the peer still
// waits for a connection of ours.
func TestPromiseOfWaitOutlivesADeadSocket(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessPeer(),
		simplemsgr.LosslessPeerReuse()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			_, err := b.self.Messenger.Connect(b.raw)
			must(t, err)
			ours, connect := waits(b)
			ours.SendReady(connect)
			ours.Close()
			expectAttempt(b)
		})
	}
}

// The same when a connect message that the peer has given up takes the place of the attempt that it
// waits for.
func TestPromiseOfWaitOutlivesADeadConnect(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		_, err := b.self.Messenger.Connect(b.raw)
		must(t, err)
		waits(b)
		late := b.dial()
		late.GlobalSeq, late.ConnectSeq = 2, 1
		late.Open(wire.EntityOSD)
		late.Close()
		expectAttempt(b)
	})
}

// Once the peer has answered on the connection that it waited for, nothing is owed any more: an
// idle session stands by.
func TestPromiseOfWaitIsKeptOnce(t *testing.T) {
	for _, offered := range []wire.Features{wire.FeaturesSupported,
		wire.FeaturesSupported &^ wire.FeatureMsgrKeepalive2} {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			_, err := b.self.Messenger.Connect(b.raw)
			must(t, err)
			ours, connect := waits(b)
			ours.Offered = offered
			ours.SendReady(connect)
			if offered.Has(wire.FeatureMsgrKeepalive2) {
				ours.SendKeepalive2(wire.TagKeepalive2Ack,
					ours.ExpectFrame(wire.TagKeepalive2).Stamp)
			} else {
				ours.ExpectFrame(wire.TagKeepalive)
			}
			b.Settle()
			ours.Close()
			b.Settle()
			if state := b.self.Messenger.Dump().Pipes[0].State; state != "STANDBY" {
				t.Errorf("state %s", state)
			}
		})
	}
}

func expectAttempt(b *rawBench) {
	b.T.Helper()
	b.Settle()
	b.Await("another connection", func() bool {
		return b.self.Messenger.Dump().Pipes[0].State == "CONNECTING"
	})
	b.accept()
}

// waits returns the socket on which the messenger waits for a reply, and its connect message, after
// the messenger has told the peer's own connection to wait.
func waits(b *rawBench) (*rawpeer.Peer, wire.Connect) {
	b.T.Helper()
	ours := b.accept()
	ours.GreetClient()
	connect, _ := ours.ExpectConnect()
	theirs := b.dial()
	theirs.Greet()
	theirs.SendConnect(theirs.Connect(wire.EntityOSD))
	theirs.ExpectReply(wire.TagWait)
	b.expectCases(protocol.CaseRaceExistingWins)
	return ours, connect
}
