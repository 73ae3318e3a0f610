package sessiontest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Every row of the table by which connect messages are answered, as a scripted peer sees it.

// expectCases compares the decisions so far.
func (b *rawBench) expectCases(want ...protocol.Case) {
	b.T.Helper()
	var got, names []string
	for _, d := range trace.Of[trace.Decided](b.Records.Records()) {
		got = append(got, d.Case.String())
	}
	for _, c := range want {
		names = append(names, c.String())
	}
	if diff := cmp.Diff(names, got); diff != "" {
		b.T.Errorf("decisions (-want +got):\n%s", diff)
	}
}

func (b *rawBench) expectEvents(c *simplemsgr.Connection, want ...string) {
	b.T.Helper()
	b.Settle()
	if diff := cmp.Diff(want, b.self.Kinds(c)); diff != "" {
		b.T.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAcceptNew(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withRawPeer(t, wire.Client(9), pair.Server, func(t *testing.T, b *rawBench) {
			peer := b.dial()
			announced, seen := peer.ExpectGreeting()
			if announced != b.self.Addr() || seen.IP.String() != rawHost || seen.Nonce != 0 {
				t.Errorf("announced %v, seen %v", announced, seen)
			}
			peer.Send(peer.Greeting())
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			reply := peer.ExpectOpen()
			want := wire.ConnectReply{Tag: wire.TagReady, Features: wire.FeaturesSupported,
				GlobalSeq: 1, ConnectSeq: 1,
				ProtocolVersion: wire.OSDServiceProtocolVersion}
			if pair.Lossy() {
				want.Flags = wire.FlagLossy
			}
			if diff := cmp.Diff(want, reply); diff != "" {
				t.Errorf("reply (-want +got):\n%s", diff)
			}
			b.expectEvents(b.self.Accepted(), "accept")
			b.expectCases(protocol.CaseNew)
		})
	}
}

func TestAcceptUnknownSession(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withRawPeer(t, wire.Client(9), pair.Server, func(t *testing.T, b *rawBench) {
			peer := b.dial()
			peer.ConnectSeq = 3
			peer.Greet()
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			peer.ExpectReply(wire.TagResetSession)
			peer.ConnectSeq = 0
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			peer.ExpectReply(wire.TagReady)
			b.expectCases(protocol.CaseUnknownSession, protocol.CaseNew)
			b.expectEvents(b.self.Accepted(), "accept")
		})
	}
}

// openSession opens a session as the scripted peer's first connection, with the given global_seq.
func (b *rawBench) openSession(globalSeq uint32) (close func(), c *simplemsgr.Connection) {
	b.T.Helper()
	peer := b.dial()
	peer.GlobalSeq = globalSeq
	peer.Open(wire.EntityOSD)
	b.Settle()
	return peer.Close, b.self.Accepted()
}

func TestAcceptStaleGlobalSeq(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withRawPeer(t, wire.Client(9), pair.Server, func(t *testing.T, b *rawBench) {
			b.openSession(10)
			peer := b.dial()
			peer.GlobalSeq, peer.ConnectSeq = 9, 1
			peer.Greet()
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			if reply, _ := peer.ExpectReply(wire.TagRetryGlobal); reply.GlobalSeq != 10 {
				t.Errorf("reply %+v", reply)
			}
			// The next one is as high as it should be.
			peer.GlobalSeq, peer.ConnectSeq = 11, 2
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			peer.ExpectOpen()
		})
	}
}

// A new connection of the same peer ends the old lossy one: its handle dies with one reset, and
// nothing of it goes over.
func TestAcceptOverLossyExisting(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatelessServer(), func(t *testing.T, b *rawBench) {
		old := b.dial()
		old.Open(wire.EntityOSD)
		b.Settle()
		first := b.self.Accepted()
		again := b.dial()
		again.GlobalSeq = 2
		if reply := again.Open(
			wire.EntityOSD); reply.Tag != wire.TagReady || reply.ConnectSeq != 1 {
			t.Errorf("reply %+v", reply)
		}
		old.ExpectClosed()
		b.expectEvents(first, "accept", "reset")
		second := b.self.Accepted()
		if second == first {
			t.Error("the new connection has the old handle")
		}
		b.send(second, "hello")
		if f := expectFront(t, again, "hello"); f.Header.Seq != 1 {
			t.Errorf("seq %d", f.Header.Seq)
		}
		b.expectCases(protocol.CaseNew, protocol.CaseLossyExisting)
	})
}

// The peer restarted: READY and not SEQ, the numbers of its messages begin anew; whether what was
// queued for it is lost is for the policy to say.
func TestAcceptPeerRestarted(t *testing.T) {
	for _, resetCheck := range []bool{false, true} {
		policy := simplemsgr.StatefulServer()
		policy.ResetCheck = resetCheck
		withRawPeer(t, wire.Client(9), policy, func(t *testing.T, b *rawBench) {
			got := make(chan string, 10)
			b.self.OnMessage = func(m *simplemsgr.Message) { got <- string(m.Front) }
			old := b.dial()
			old.Open(wire.EntityOSD)
			for range 5 {
				old.SendMessage(1, "before")
				<-got
			}
			c := b.self.Accepted()
			b.send(c, "unacked")
			expectFront(t, old, "unacked")
			again := b.dial()
			again.GlobalSeq = 2
			if reply := again.Open(
				wire.EntityOSD); reply.Tag != wire.TagReady || reply.ConnectSeq != 1 {
				t.Errorf("reply %+v", reply)
			}
			again.SendMessage(1, "after") // its first
			if front := <-got; front != "after" {
				t.Errorf("got %q", front)
			}
			if resetCheck {
				b.expectEvents(c, "accept", "remote_reset", "accept")
				b.send(c, "new")
				expectFront(t, again, "new")
			} else {
				expectFront(t, again, "unacked")
				b.expectEvents(c, "accept", "accept")
			}
			old.ExpectClosed()
			b.expectCases(protocol.CaseNew, protocol.CasePeerRestarted)
		})
	}
}

func TestAcceptStaleAndSameConnectSeq(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(), func(t *testing.T, b *rawBench) {
		first := b.dial()
		first.ConnectSeq = 0
		first.Open(wire.EntityOSD)
		// connect_seq 1 is the session's, and then 5.
		second := b.dial()
		second.GlobalSeq = 2
		second.Greet()
		for _, step := range []struct{ seq, retry uint32 }{{1, 2}, {2, 0}} {
			second.ConnectSeq = step.seq
			second.SendConnect(second.Connect(wire.EntityOSD))
			if step.retry == 0 {
				break
			}
			if reply, _ := second.ExpectReply(
				wire.TagRetrySession); reply.ConnectSeq != step.retry {
				t.Errorf("reply %+v", reply)
			}
		}
		if reply := second.ExpectOpen(); reply.Tag != wire.TagSeq || reply.ConnectSeq != 3 {
			t.Errorf("reply %+v", reply)
		}
		first.ExpectClosed()
		third := b.dial()
		third.GlobalSeq, third.ConnectSeq = 3, 2
		third.Greet()
		third.SendConnect(third.Connect(wire.EntityOSD))
		if reply, _ := third.ExpectReply(wire.TagRetrySession); reply.ConnectSeq != 4 {
			t.Errorf("reply %+v", reply)
		}
		b.expectCases(protocol.CaseNew, protocol.CaseSameSession, protocol.CaseReconnect,
			protocol.CaseStaleSession)
		b.expectEvents(b.self.Accepted(), "accept", "accept")
	})
}

// Reconnect: SEQ tells what we have; what the peer has is not sent again, the rest with its old
// numbers.
func TestAcceptReconnect(t *testing.T) {
	for _, offered := range []wire.Features{wire.FeaturesSupported,
		wire.FeaturesSupported &^ wire.FeatureReconnectSeq} {
		withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(),
			func(t *testing.T, b *rawBench) {
				first := b.dial()
				first.Offered = offered
				first.Open(wire.EntityOSD)
				first.SendMessage(1, "one")
				first.SendMessage(1, "two")
				first.ExpectAck(2)
				b.Settle()
				c := b.self.Accepted()
				for _, front := range []string{"a", "b", "c"} {
					b.send(c, front)
					expectFront(t, first, front)
				}
				first.Close()
				second := b.dial()
				second.Offered = offered
				second.GlobalSeq, second.ConnectSeq, second.InSeq = 2, 2, 1
				reply := second.Open(wire.EntityOSD)
				if withSeq := offered.Has(wire.FeatureReconnectSeq); withSeq {
					if reply.Tag != wire.TagSeq || second.OutSeq != 2 {
						t.Errorf("reply %+v, the server has %d", reply, second.OutSeq)
					}
				} else {
					if reply.Tag != wire.TagReady {
						t.Errorf("reply %+v", reply)
					}
					expectFront(t, second, "a")
				}
				if f := expectFront(t, second, "b"); f.Header.Seq != 2 {
					t.Errorf("seq %d", f.Header.Seq)
				}
				if f := expectFront(t, second, "c"); f.Header.Seq != 3 {
					t.Errorf("seq %d", f.Header.Seq)
				}
				b.expectEvents(c, "accept", "accept")
				b.expectCases(protocol.CaseNew, protocol.CaseReconnect)
			})
	}
}

// Our own connection waits for its answer when the peer's comes in: the one from the lower address
// stays.
func TestAcceptRace(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy simplemsgr.Policy
		lower  bool // the peer has the lower address
		kase   protocol.Case
	}{
		{"incoming wins", simplemsgr.LosslessPeer(), true, protocol.CaseRaceIncomingWins},
		{"existing wins", simplemsgr.LosslessPeer(), false, protocol.CaseRaceExistingWins},
		{"with resetcheck, incoming wins", simplemsgr.LosslessPeerReuse(), true,
			protocol.CaseRaceIncomingWins},
		{"with resetcheck, existing wins", simplemsgr.LosslessPeerReuse(), false,
			protocol.CaseRaceExistingWins},
	} {
		withRawPeer(t, wire.OSD(9), test.policy, func(t *testing.T, b *rawBench) {
			if test.lower {
				b.raw.Addr.Nonce = 1
			}
			c := b.connect("hello")
			ours := b.accept()
			ours.GreetClient()
			connect, _ := ours.ExpectConnect()

			theirs := b.dial()
			theirs.Greet()
			theirs.SendConnect(theirs.Connect(wire.EntityOSD))
			winner := theirs
			if test.lower {
				theirs.ExpectOpen()
				ours.ExpectClosed()
				b.expectEvents(c, "accept")
			} else {
				theirs.ExpectReply(wire.TagWait)
				ours.SendReady(connect)
				winner = ours
				b.expectEvents(c, "connect")
			}
			expectFront(t, winner, "hello")
			b.expectCases(test.kase)
		})
	}
}

// With resetcheck a session that has never been open here cannot go on from what the peer
// remembers.
func TestAcceptSessionLostHere(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessPeerReuse(),
		simplemsgr.LosslessPeer()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			c := b.connect("hello")
			ours := b.accept()
			ours.GreetClient()
			ours.ExpectConnect()
			theirs := b.dial()
			theirs.ConnectSeq = 4
			theirs.Greet()
			theirs.SendConnect(theirs.Connect(wire.EntityOSD))
			if policy.ResetCheck {
				theirs.ExpectReply(wire.TagResetSession)
				b.expectCases(protocol.CaseSessionLost)
				return
			}
			theirs.ExpectOpen()
			expectFront(t, theirs, "hello")
			b.expectCases(protocol.CaseReconnect)
			b.expectEvents(c, "accept")
		})
	}
}

// scriptedAuth gives the results in turn.
type scriptedAuth struct {
	results []auth.Result
	got     []auth.Request
}

func (s *scriptedAuth) NewExchange(wire.EntityAddr) auth.Exchange      { return s }
func (s *scriptedAuth) RequiredFeatures(wire.EntityType) wire.Features { return 0 }
func (s *scriptedAuth) MustProve(wire.EntityType) bool                 { return true }
func (s *scriptedAuth) Verify(r auth.Request) auth.Result {
	s.got = append(s.got, r)
	result := s.results[0]
	s.results = s.results[1:]
	return result
}

func TestAcceptChallengeAndBadAuthorizer(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		b := &rawBench{World: w, raw: wire.EntityInst{Name: wire.Client(9),
			Addr: wire.EntityAddr{Nonce: 9}}}
		scripted := &scriptedAuth{results: []auth.Result{
			{Outcome: auth.Challenged, Reply: []byte("answer this")},
			{Outcome: auth.Refused, Err: errors.New("that was not the answer")},
			{Outcome: auth.Accepted, Reply: []byte("welcome"),
				Identity: auth.Identity{Name: "client.nine", GlobalID: 99}},
		}}
		b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
		b.self.Configure = func(c *simplemsgr.Config) { c.AuthServer = scripted }
		b.self.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
		b.self.Start()
		peer := b.dial()
		peer.Greet()
		c := peer.Connect(wire.EntityOSD)
		c.AuthorizerProtocol = wire.AuthCephx
		peer.SendConnect(c, []byte("one")...)
		if _, challenge := peer.ExpectReply(
			wire.TagChallengeAuthorizer); string(challenge) != "answer this" {
			t.Errorf("challenge %q", challenge)
		}
		peer.SendConnect(c, []byte("two")...)
		peer.ExpectReply(wire.TagBadAuthorizer)
		peer.SendConnect(c, []byte("three")...)
		if _, reply := peer.ExpectReply(wire.TagReady); string(reply) != "welcome" {
			t.Errorf("authorizer reply %q", reply)
		}
		b.Settle()
		if id := b.self.Accepted().Identity(); id.Name != "client.nine" || id.GlobalID != 99 {
			t.Errorf("identity %+v", id)
		}
		for i, want := range []string{"one", "two", "three"} {
			if got := string(scripted.got[i].Authorizer); got != want {
				t.Errorf("authorizer %d: %q", i, got)
			}
		}
		b.expectCases(protocol.CaseChallenge, protocol.CaseBadAuthorizer, protocol.CaseNew)
	})
}
