package sessiontest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// How a dial fails: a firewall that lets connections through one way only, or drops what it does
// not like.
var deafDials = map[string]func(context.Context, string, string) (net.Conn, error){
	"refused": func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no way out")
	},
	"hangs": func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	},
	// opened by a box in between that forwards nothing
	"silent": func(context.Context, string, string) (net.Conn, error) {
		conn, other := net.Pipe()
		go func() {
			defer other.Close()
			b := make([]byte, 1024)
			for {
				if _, err := other.Read(b); err != nil {
					return
				}
			}
		}()
		return conn, nil
	},
}

// Of two peers one cannot connect, whichever has the lower address: what both have to say goes over
// the other one's connection, and soon.
func TestPeerThatCannotConnect(t *testing.T) {
	for name, dial := range deafDials {
		for _, pair := range bothPeers {
			for _, deafIsLower := range []bool{true, false} {
				t.Run(name, func(t *testing.T) {
					simulator.Run(t, memnet.Config{MaxLatency: time.Millisecond},
						func(t *testing.T, w *simulator.World) {
							deaf, other := pair.Endpoints(w)
							if !deafIsLower {
								deaf.Nonce, other.Nonce = other.Nonce, deaf.Nonce
							}
							deaf.Configure = func(c *simplemsgr.Config) { c.Dial = dial }
							deaf.Start()
							other.Start()
							there := deaf.Stream(deaf.Connect(other))
							must(t, there.Send(3))
							w.Sleep(time.Second)
							back := other.Stream(other.Connect(deaf))
							must(t, back.Send(3))
							w.Sleep(time.Second)
							if there.Delivered() != 3 || back.Delivered() != 3 {
								t.Errorf("%s: delivered %d and %d", pair.Name, there.Delivered(),
									back.Delivered())
							}
							if n := count[trace.SessionReset](w); n != 0 {
								t.Errorf("%d sessions reset", n)
							}
						})
				})
			}
		}
	}
}

// asks returns the socket on which the messenger's own connect message has come.
func asks(b *rawBench) *rawpeer.Peer {
	b.T.Helper()
	ours := b.accept()
	ours.GreetClient()
	ours.ExpectConnect()
	return ours
}

// answered connects as the peer, which has the higher address, and expects the answer, READY for
// any kind of opening.
func (b *rawBench) answered(want wire.Tag) *rawpeer.Peer {
	b.T.Helper()
	theirs := b.dial()
	theirs.GlobalSeq = uint32(time.Now().Unix()) // higher each time
	theirs.Greet()
	theirs.SendConnect(theirs.Connect(wire.EntityOSD))
	if want == wire.TagReady {
		theirs.ExpectOpen()
	} else {
		theirs.ExpectReply(want)
	}
	return theirs
}

// A peer is told to wait only for a connect message that is on its way. Genuine peers wait for
// ever.
func TestNobodyWaitsForADial(t *testing.T) {
	for _, stage := range []protocol.Stage{protocol.StageConnectDial,
		protocol.StageConnectReadBanner, protocol.StageConnectSendBanner,
		protocol.StageConnectSendConnect} {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			go func() {
				for {
					conn, err := b.listener.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Write(b.peer(conn).ServerGreeting())
				}
			}()
			trap := b.Hold(simulator.At(b.self, stage))
			c := b.connect("hello")
			<-trap.Sprung()
			expectFront(t, b.answered(wire.TagReady), "hello")
			b.expectCases(protocol.CaseRaceGivesWay)
			trap.Release()
			b.Settle()
			b.expectEvents(c, "accept")
			must(t, b.listener.Close())
		})
	}
}

// Whoever said WAIT insists as long as its own attempt is young and has not failed.
func TestWaitIsSaidForAWhile(t *testing.T) {
	const patience = 5 * time.Second
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		ours := asks(b)
		b.answered(wire.TagWait)
		b.Sleep(patience - time.Millisecond)
		b.answered(wire.TagWait)
		b.Sleep(time.Millisecond)
		expectFront(t, b.answered(wire.TagReady), "hello")
		ours.ExpectClosed()
		b.expectCases(protocol.CaseRaceExistingWins, protocol.CaseRaceExistingWins,
			protocol.CaseRaceGivesWay)
	})
}

// The attempt for which the peer waits has failed: it comes again, as promised, but does not keep
// the peer out any more.
func TestBrokenPromiseOfWait(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		ours := asks(b)
		b.answered(wire.TagWait)
		ours.Close()
		ours = asks(b) // with a young connect message
		expectFront(t, b.answered(wire.TagReady), "hello")
		ours.ExpectClosed()
		b.expectCases(protocol.CaseRaceExistingWins, protocol.CaseRaceGivesWay)
	})
}

// A promise that was kept is forgotten: the next race is judged by address again.
func TestNextRaceAfterAKeptPromise(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		c := b.connect("one")
		ours := asks(b)
		b.answered(wire.TagWait)
		ours.Close()
		ours = b.accept()
		ours.Accept()
		ours.SendKeepalive2(wire.TagKeepalive2Ack, ours.ExpectFrame(wire.TagKeepalive2,
			wire.TagMsg).Stamp)
		ours.SendAck(1)
		b.Settle()
		b.send(c, "two")
		b.Settle()
		ours.Close()
		ours = b.accept()
		ours.GreetClient()
		connect, _ := ours.ExpectConnect()
		theirs := b.dial()
		theirs.GlobalSeq, theirs.ConnectSeq = uint32(time.Now().Unix()), connect.ConnectSeq
		theirs.Greet()
		theirs.SendConnect(theirs.Connect(wire.EntityOSD))
		theirs.ExpectReply(wire.TagWait)
	})
}
