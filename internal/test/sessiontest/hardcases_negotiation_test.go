package sessiontest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Hard cases of the negotiation: who has which session.

// lossless are the pairs whose sessions outlive their sockets.
var lossless = []simulator.Pair{simulator.Stateful, simulator.Peers, simulator.PeerReuse}

// eachPair runs a script in a world of its own for each pair.
func eachPair(t *testing.T, pairs []simulator.Pair,
	script func(t *testing.T, w *simulator.World, pair simulator.Pair)) {
	t.Helper()
	for _, pair := range pairs {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			defer func() {
				if t.Failed() {
					t.Logf("pair: %s", pair.Name)
				}
			}()
			script(t, w, pair)
		})
	}
}

// count returns how many events of type E there are among the records of a world.
func count[E trace.Event](w *simulator.World) int { return len(trace.Of[E](w.Records.Records())) }

// decided returns how often a row of the table was chosen.
func decided(w *simulator.World, c protocol.Case) int {
	n := 0
	for _, d := range trace.Of[trace.Decided](w.Records.Records()) {
		if d.Case == c {
			n++
		}
	}
	return n
}

// must fails the test if a message could not be sent.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Connect with equal connect_seq while the existing pipe is OPEN or STANDBY: RETRY_SESSION with the
// next number, never a replace.
func TestHardCase01EqualConnectSeqRetriesSession(t *testing.T) {
	for _, standby := range []bool{false, true} {
		for _, policy := range []simplemsgr.Policy{simplemsgr.StatefulServer(),
			simplemsgr.LosslessPeer(), simplemsgr.LosslessPeerReuse()} {
			withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
				first := b.dial()
				first.Open(wire.EntityOSD)
				b.Settle()
				want := "OPEN"
				if standby {
					want = "STANDBY"
					first.Close()
					b.Settle()
				}
				second := b.dial()
				second.GlobalSeq, second.ConnectSeq = 2, 1
				second.Greet()
				second.SendConnect(second.Connect(wire.EntityOSD))
				if reply, _ := second.ExpectReply(wire.TagRetrySession); reply.ConnectSeq != 2 {
					t.Errorf("reply %+v", reply)
				}
				if pipes := b.self.Messenger.Dump().Pipes; pipes[0].State != want ||
					pipes[0].ID != 1 {
					t.Errorf("existing pipe: %+v", pipes[0])
				}
				if n := count[trace.Replaced](b.World); n != 0 {
					t.Errorf("%d replaced", n)
				}
				second.ConnectSeq = 2
				second.SendConnect(second.Connect(wire.EntityOSD))
				second.ExpectOpen()
			})
		}
	}
}

// I answered WAIT, then my own attempt faults with nothing queued: the peer waits for me, so I try
// again.
func TestHardCase02AnsweredWaitThenFaultReconnects(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessPeer(),
		simplemsgr.LosslessPeerReuse()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			c, err := b.self.Messenger.Connect(b.raw)
			must(t, err)
			ours, _ := waits(b)
			ours.Close()
			again := b.accept()
			again.Accept()
			b.expectEvents(c, "connect")
		})
	}
}

// The peer connects in the middle of a long pause between attempts. Nothing of ours is on its way
// for which it could wait.
func TestHardCase02NobodyWaitsForThePause(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		address := b.listener.Addr().String()
		must(t, b.listener.Close())
		b.connect("hello")
		b.Sleep(10 * time.Minute)
		var err error
		b.listener, err = b.Net.Host(rawHost).Listen(context.Background(), "tcp", address)
		must(t, err)
		theirs := b.dial()
		theirs.Open(wire.EntityOSD)
		expectFront(t, theirs, "hello")
		b.expectCases(protocol.CaseRaceGivesWay)
		must(t, b.listener.Close())
	})
}

// Without WAIT in between the same attempt, for which there is no need any more, is given up.
func TestHardCase02NobodyWaitsSoNobodyConnects(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		_, err := b.self.Messenger.Connect(b.raw)
		must(t, err)
		b.accept().Close()
		b.Settle()
		if state := b.self.Messenger.Dump().Pipes[0].State; state != "STANDBY" {
			t.Errorf("state %s", state)
		}
	})
}

// The acceptor has raised connect_seq, the socket dies before READY arrives, and the peer comes
// back with connect_seq 0. Without resetcheck that is no reset.
func TestHardCase03ReadyLostIsNoReset(t *testing.T) {
	for _, queued := range []bool{false, true} {
		for _, written := range []bool{false, true} {
			for _, server := range []bool{false, true} {
				policy := simplemsgr.LosslessPeer()
				policy.Server = server
				withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
					b.self.OnEvent = func(e simulator.Event) {
						if queued && e.Kind.String() == "accept" && len(b.self.Kinds(nil)) == 1 {
							b.send(e.Connection, "greeting")
						}
					}
					stage := protocol.StageAcceptSendReply
					if written {
						stage = protocol.StageReadTag
					}
					trap := b.Hold(simulator.At(b.self, stage))
					first := b.dial()
					first.Greet()
					first.SendConnect(first.Connect(wire.EntityOSD))
					<-trap.Sprung()
					b.Settle()
					first.Close()
					b.Settle()
					trap.Release()
					b.Settle()

					again := b.dial()
					again.GlobalSeq = 2
					again.Greet()
					for {
						again.SendConnect(again.Connect(wire.EntityOSD))
						reply, _ := again.ExpectReply(wire.TagReady, wire.TagSeq,
							wire.TagRetrySession)
						if reply.Tag != wire.TagRetrySession {
							if reply.Tag == wire.TagSeq {
								again.ExpectSeq()
								again.SendSeq(0)
							}
							break
						}
						again.ConnectSeq = reply.ConnectSeq
					}
					if queued {
						expectFront(t, again, "greeting")
					}
					b.Settle()
					for _, kind := range b.self.Kinds(nil) {
						if kind == "remote_reset" {
							t.Errorf("queued %v, written %v, server %v: events %v", queued, written,
								server, b.self.Kinds(nil))
						}
					}
				})
			}
		}
	}
}

// The peer was marked down here and connects with its old session: RESETSESSION, for every policy.
func TestHardCase04MarkedDownHereThenRemoteReset(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		server.MarkDown(server.Accepted())
		w.Sleep(0)
		must(t, stream.Send(1))
		w.Await("the remote reset", func() bool { return len(client.Kinds(c)) == 3 })
		if got := fmt.Sprint(client.Kinds(c)); got != "[connect remote_reset connect]" {
			t.Errorf("%s: events %v", pair.Name, got)
		}
		if n := decided(w, protocol.CaseUnknownSession); n != 1 {
			t.Errorf("%s: RESETSESSION was answered %d times", pair.Name, n)
		}
		must(t, stream.Send(1))
		stream.AwaitDelivered(2)
	})
}

// An existing session in STANDBY with connect_seq 0 and a peer with a higher one: they converge,
// RESETSESSION and RETRY_SESSION do not take turns for ever.
func TestHardCase05StandbyWithZeroConverges(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessPeer(),
		simplemsgr.LosslessPeerReuse()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			_, err := b.self.Messenger.Connect(b.raw)
			must(t, err)
			b.accept().Close() // with nothing queued
			b.Settle()
			if p := b.self.Messenger.Dump().Pipes[0]; p.State != "STANDBY" ||
				p.Session.ConnectSeq != 0 {
				t.Fatalf("pipe %+v", p)
			}
			peer := b.dial()
			peer.ConnectSeq = 5
			peer.Greet()
			rounds := 0
			for open := false; !open; rounds++ {
				peer.SendConnect(peer.Connect(wire.EntityOSD))
				switch reply, _ := peer.ExpectReply(wire.TagReady, wire.TagSeq,
					wire.TagResetSession, wire.TagRetrySession); reply.Tag {
				case wire.TagResetSession:
					peer.ConnectSeq = 0
				case wire.TagRetrySession:
					peer.ConnectSeq = reply.ConnectSeq
				default:
					open = true
				}
			}
			if rounds > 2 {
				t.Errorf("%d rounds", rounds)
			}
		})
	}
}

// The same between two messengers: one restarts, tries to connect in vain, and is then called by
// the other, which remembers more.
func TestHardCase05RestartedPeersConverge(t *testing.T) {
	eachPair(t, []simulator.Pair{simulator.Peers, simulator.PeerReuse},
		func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			a, b := pair.Start(w)
			stream := b.Stream(b.Connect(a))
			must(t, stream.Send(3))
			stream.AwaitDelivered(3)
			w.Drain()
			a.Restart()
			heal := w.Partition(a, b)
			w.Settle()
			a.Connect(b) // nothing to send: it ends in standby
			w.Await("standby", func() bool { return a.State(b) == "STANDBY" })
			heal()
			must(t, stream.Send(3))
			w.Drain()
			must(t, stream.Send(3))
			w.Drain()
			back := a.Stream(a.Connect(b))
			must(t, back.Send(3))
			back.AwaitDelivered(3)
			if n := count[trace.ReplySent](w); n > 10 {
				t.Errorf("%s: %d replies", pair.Name, n)
			}
		})
}

// The peer restarted: READY and not SEQ, in_seq 0, and its first message is delivered although its
// number is an old one.
func TestHardCase07PeerRestartedFirstMessageDelivered(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(20))
		stream.AwaitDelivered(20)
		client.Restart()
		again := client.Stream(client.Connect(server))
		must(t, again.Send(3))
		again.AwaitDelivered(3)
		if n := decided(w, protocol.CasePeerRestarted); n != 1 {
			t.Errorf("%s: decided %d times that the peer restarted", pair.Name, n)
		}
		if n := count[trace.SeqSent](w); n != 0 {
			t.Errorf("%s: %d sequence numbers exchanged", pair.Name, n)
		}
		resets := 0
		for _, kind := range server.Kinds(nil) {
			if kind == "remote_reset" {
				resets++
			}
		}
		if want := map[bool]int{true: 1, false: 0}[pair.Server.ResetCheck]; resets != want {
			t.Errorf("%s: %d remote resets told, want %d", pair.Name, resets, want)
		}
	})
}

// The socket is killed right after a replace: STANDBY (or a reconnect, if there is something to
// send) with the queues kept, and no RESETSESSION at the next try.
func TestHardCase12KilledAfterReplaceKeepsSession(t *testing.T) {
	for _, stage := range []protocol.Stage{protocol.StageAcceptSendReply,
		protocol.StageAcceptSendSeq, protocol.StageAcceptReadSeq, protocol.StageConnectReadReply,
		protocol.StageConnectReadSeq, protocol.StageConnectSendSeq, protocol.StageConnectOpen} {
		eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			server, client := pair.Start(w)
			c := client.Connect(server)
			stream := client.Stream(c)
			must(t, stream.Send(5))
			stream.AwaitDelivered(5)
			w.Settle()
			back := server.Stream(server.Accepted())
			must(t, back.Send(5))
			back.AwaitDelivered(5)
			trap := w.Fault(func(_ *simulator.Endpoint, b pipe.Breakpoint) bool {
				return b.Stage == stage
			})
			w.Cut(server, client)
			must(t, stream.Send(5))
			must(t, back.Send(5))
			stream.AwaitDelivered(10)
			back.AwaitDelivered(10)
			if !trap.HasSprung() {
				t.Errorf("%s: never came to %v", pair.Name, stage)
			}
			if n := count[trace.SessionReset](w); n != 0 {
				t.Errorf("%s, fault at %v: %d sessions reset", pair.Name, stage, n)
			}
		})
	}
}

// What is queued on a lossy session does not go over to the connection that takes its place; its
// end is told once.
func TestHardCase13LossyQueueIsNotInherited(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatelessServer(), func(t *testing.T, b *rawBench) {
		old := b.dial()
		old.Open(wire.EntityOSD)
		b.Settle()
		first := b.self.Accepted()
		b.Net.Conns()[0].Stall() // the writer gets stuck
		for range 10 {
			must(t, first.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 100<<10)}))
		}
		b.Settle()
		again := b.dial()
		again.GlobalSeq = 2
		again.Open(wire.EntityOSD)
		b.expectEvents(first, "accept", "reset")
		if err := first.Send(new(simplemsgr.Message)); err != pipe.ErrClosed {
			t.Errorf("send on the old handle: %v", err)
		}
		second := b.self.Accepted()
		b.send(second, "new")
		if f := expectFront(t, again, "new"); f.Header.Seq != 1 {
			t.Errorf("seq %d", f.Header.Seq)
		}
		again.ExpectSilence(time.Second)
	})
}
