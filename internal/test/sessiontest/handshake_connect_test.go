package sessiontest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// What the connecting side does with each answer that a server may give, right or wrong. In the end
// its message arrives, once.

// Answers after which the same socket goes on.
func TestConnectGoesOnAfterReply(t *testing.T) {
	for _, test := range []struct {
		name  string
		reply func(p *rawpeer.Peer, c wire.Connect) wire.ConnectReply
		check func(t *testing.T, before, after wire.Connect)
	}{
		{"RETRY_GLOBAL", func(p *rawpeer.Peer, c wire.Connect) wire.ConnectReply {
			r := p.Reply(wire.TagRetryGlobal, c)
			r.GlobalSeq = 4711
			return r
		}, func(t *testing.T, _, after wire.Connect) {
			if after.GlobalSeq <= 4711 {
				t.Errorf("global_seq %d", after.GlobalSeq)
			}
		}},
		{"RETRY_GLOBAL with a lower number", func(p *rawpeer.Peer,
			c wire.Connect) wire.ConnectReply {
			r := p.Reply(wire.TagRetryGlobal, c)
			r.GlobalSeq = 0
			return r
		}, func(t *testing.T, before, after wire.Connect) {
			if after.GlobalSeq <= before.GlobalSeq {
				t.Errorf("global_seq %d after %d", after.GlobalSeq, before.GlobalSeq)
			}
		}},
		{"RETRY_SESSION", func(p *rawpeer.Peer, c wire.Connect) wire.ConnectReply {
			r := p.Reply(wire.TagRetrySession, c)
			r.ConnectSeq = 12
			return r
		}, func(t *testing.T, _, after wire.Connect) {
			if after.ConnectSeq != 12 {
				t.Errorf("connect_seq %d", after.ConnectSeq)
			}
		}},
	} {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			c := b.connect("hello")
			peer := b.accept()
			peer.GreetClient()
			before, _ := peer.ExpectConnect()
			peer.SendReply(test.reply(peer, before))
			after, _ := peer.ExpectConnect()
			test.check(t, before, after)
			peer.SendReady(after)
			expectFront(t, peer, "hello")
			b.Settle()
			if diff := cmp.Diff([]string{"connect"}, b.self.Kinds(c)); diff != "" {
				t.Errorf("%s: events (-want +got):\n%s", test.name, diff)
			}
		})
	}
}

// A server that answers SEQ on the first connection too (Ceph 16.2).
func TestConnectSeqOnTheFirstConnection(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LossyClient(),
		simplemsgr.LosslessClient(), simplemsgr.LosslessPeer()} {
		withRawPeer(t, wire.Mon(0), policy, func(t *testing.T, b *rawBench) {
			b.connect("hello")
			peer := b.accept()
			peer.GreetClient()
			c, _ := peer.ExpectConnect()
			if seq := peer.ExchangeSeq(c); seq != 0 {
				t.Errorf("client claims to have seen %d", seq)
			}
			if f := expectFront(t, peer, "hello"); f.Header.Seq != 1 {
				t.Errorf("first seq %d", f.Header.Seq)
			}
		})
	}
}

// Answers after which the socket is given up. The next attempt comes after the pause of a back-off,
// and succeeds.
func TestConnectFaultsAfterReply(t *testing.T) {
	reply := func(tag wire.Tag, change func(*wire.ConnectReply, wire.Connect)) func(*rawpeer.Peer) {
		return func(p *rawpeer.Peer) {
			p.GreetClient()
			c, _ := p.ExpectConnect()
			r := p.Reply(tag, c)
			if change != nil {
				change(&r, c)
			}
			p.Send(r.Append(nil))
		}
	}
	for _, test := range []struct {
		name   string
		script func(*rawpeer.Peer)
		stage  protocol.Stage
		text   string
	}{
		{"FEATURES", reply(wire.TagFeatures, nil), protocol.StageConnectReadReply,
			"features that are not offered"},
		{"BADPROTOVER", reply(wire.TagBadProtoVer, func(r *wire.ConnectReply, _ wire.Connect) {
			r.ProtocolVersion = 99
		}),
			protocol.StageConnectReadReply, "ours 10, theirs 99"},
		{"BADAUTHORIZER without an authorizer", reply(wire.TagBadAuthorizer, nil),
			protocol.StageConnectReadReply, "BADAUTHORIZER"},
		{"CHALLENGE_AUTHORIZER without an authorizer", reply(wire.TagChallengeAuthorizer, nil),
			protocol.StageConnectReadReply, "no authorizer was sent"},
		{"RESETSESSION of a new session", reply(wire.TagResetSession, nil),
			protocol.StageConnectReadReply, "RESETSESSION although connect_seq was 0"},
		{"RETRY_SESSION that is not higher", reply(wire.TagRetrySession,
			func(r *wire.ConnectReply, c wire.Connect) {
				r.ConnectSeq = c.ConnectSeq
			}),
			protocol.StageConnectReadReply, "not above ours"},
		{"READY with a wrong connect_seq", reply(wire.TagReady,
			func(r *wire.ConnectReply, _ wire.Connect) {
				r.ConnectSeq = 7
			}),
			protocol.StageConnectReadReply, "READY with connect_seq 7"},
		{"SEQ with a wrong connect_seq", reply(wire.TagSeq,
			func(r *wire.ConnectReply, _ wire.Connect) {
				r.ConnectSeq = 0
			}),
			protocol.StageConnectReadReply, "SEQ with connect_seq 0"},
		{"READY without a required feature", reply(wire.TagReady,
			func(r *wire.ConnectReply, _ wire.Connect) {
				r.Features = 0
			}),
			protocol.StageConnectReadReply, "peer lacks required features: NOSRCADDR"},
		{"a tag that is no answer", reply(wire.TagMsg, nil), protocol.StageConnectReadReply,
			"MSG is not an answer to connect"},
		{"an unknown tag", reply(wire.Tag(200), nil), protocol.StageConnectReadReply,
			"TAG_200 is not an answer"},
		{"an authorizer reply of 4 GiB", reply(wire.TagReady,
			func(r *wire.ConnectReply, _ wire.Connect) {
				r.AuthorizerLen = 1<<32 - 1
			}),
			protocol.StageConnectReadAuthorizer, "authorizer_len 4294967295"},
		{"a wrong banner", func(p *rawpeer.Peer) {
			greeting := p.ServerGreeting()
			greeting[8] = '6'
			p.Send(greeting)
		}, protocol.StageConnectReadBanner, "ceph v026"},
		{"another nonce", func(p *rawpeer.Peer) {
			p.Addr.Nonce++
			p.Send(p.ServerGreeting())
		}, protocol.StageConnectReadBanner, "wrong peer"},
		{"another port", func(p *rawpeer.Peer) {
			p.Addr.Port++
			p.Send(p.ServerGreeting())
		}, protocol.StageConnectReadBanner, "wrong peer"},
		{"an absurd address", func(p *rawpeer.Peer) {
			greeting := p.ServerGreeting()
			greeting[wire.BannerSize+9] = 77
			p.Send(greeting)
		}, protocol.StageConnectReadBanner, "address family 77"},
		{"retries without end", func(p *rawpeer.Peer) {
			p.GreetClient()
			for range 32 {
				c, _ := p.ExpectConnect()
				p.SendReply(p.Reply(wire.TagRetrySession, c))
			}
		}, protocol.StageConnectReadReply, "32 connect messages"},
	} {
		policy := simplemsgr.LosslessPeer()
		policy.FeaturesRequired = wire.FeatureNoSrcAddr
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			c := b.connect("hello")
			peer := b.accept()
			test.script(peer)
			for {
				if _, err := peer.Conn.Read(make([]byte, 1000)); err != nil {
					break
				}
			}
			start := time.Now()
			b.Settle()
			faults := trace.Of[trace.Faulted](b.Records.Records())
			if len(faults) != 1 || faults[0].Stage != test.stage ||
				!contains(faults[0].Err.Error(), test.text) {
				t.Errorf("%s: faults %+v", test.name, faults)
			}
			again := b.accept()
			if pause := time.Since(start); pause != 200*time.Millisecond {
				t.Errorf("%s: next attempt after %v", test.name, pause)
			}
			again.Accept()
			expectFront(t, again, "hello")
			b.Settle()
			if diff := cmp.Diff([]string{"connect"}, b.self.Kinds(c)); diff != "" {
				t.Errorf("%s: events (-want +got):\n%s", test.name, diff)
			}
		})
	}
}

// A server with a blank host in its banner is the one that was called.
func TestConnectToServerWithBlankHost(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		peer := b.accept()
		peer.Addr.IP = wire.EntityAddr{}.IP
		greeting := peer.ServerGreeting()
		// The form for a blank IP with a port: family IPv4, 0.0.0.0.
		blank := b.raw.Addr
		blank.IP = zeroIPv4
		copy(greeting[wire.BannerSize:], blank.Append(nil))
		peer.Send(greeting)
		peer.ExpectClientGreeting()
		c, _ := peer.ExpectConnect()
		peer.SendReady(c)
		expectFront(t, peer, "hello")
	})
}

// RESETSESSION on a later connection: the session begins anew on the same socket, the user is told,
// and what was queued is gone. With MSG_AUTH the next first number is random.
func TestConnectResetSession(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessClient(),
		simplemsgr.LosslessPeer(), simplemsgr.LosslessPeerReuse()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			c := b.connect("first")
			peer := b.accept()
			peer.Accept()
			expectFront(t, peer, "first")
			b.send(c, "lost with the session")
			expectFront(t, peer, "lost with the session")
			peer.Close()
			again := b.accept()
			again.GreetClient()
			connect, _ := again.ExpectConnect()
			if connect.ConnectSeq != 2 {
				t.Errorf("connect_seq %d", connect.ConnectSeq)
			}
			again.SendReply(again.Reply(wire.TagResetSession, connect))
			connect, _ = again.ExpectConnect()
			if connect.ConnectSeq != 0 {
				t.Errorf("connect_seq %d after RESETSESSION", connect.ConnectSeq)
			}
			again.SendReady(connect)
			b.Settle()
			b.send(c, "second")
			if f := expectFront(t, again, "second"); f.Header.Seq > 1<<31 {
				t.Errorf("first number after the reset: %d", f.Header.Seq)
			}
			if diff := cmp.Diff([]string{"connect", "remote_reset", "connect"},
				b.self.Kinds(c)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// WAIT: the peer's own connection comes and takes the session, with the message.
func TestConnectWait(t *testing.T) {
	// the peer's address is higher, or, against the rules, lower
	for _, nonce := range []uint32{0xffff, 1} {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			b.raw.Addr.Nonce = nonce
			c := b.connect("hello")
			peer := b.accept()
			peer.GreetClient()
			connect, _ := peer.ExpectConnect()
			peer.SendReply(peer.Reply(wire.TagWait, connect))
			b.Await("WAIT", func() bool {
				return len(b.self.Messenger.Dump().Pipes) == 1 &&
					b.self.Messenger.Dump().Pipes[0].State == "WAIT"
			})
			incoming := b.dial()
			incoming.Open(wire.EntityOSD)
			expectFront(t, incoming, "hello")
			b.Settle()
			if diff := cmp.Diff([]string{"accept"}, b.self.Kinds(c)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// WAIT, and the connection that it promised does not come.
func TestConnectWaitInVain(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		peer := b.accept()
		peer.GreetClient()
		connect, _ := peer.ExpectConnect()
		start := time.Now()
		peer.SendReply(peer.Reply(wire.TagWait, connect))
		again := b.accept()
		if waited := time.Since(start); waited < 30*time.Second || waited > 31*time.Second {
			t.Errorf("waited for %v, want twice MaxBackoff", waited)
		}
		again.Accept()
		expectFront(t, again, "hello")
	})
}

// Without MSGR_KEEPALIVE2 on the other side keepalives have the old form.
func TestKeepaliveForm(t *testing.T) {
	for _, offered := range []wire.Features{wire.FeaturesSupported,
		wire.FeaturesSupported &^ wire.FeatureMsgrKeepalive2} {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			c := b.connect("hello")
			peer := b.accept()
			peer.Offered = offered
			peer.Accept()
			expectFront(t, peer, "hello")
			if err := c.SendKeepalive(); err != nil {
				t.Fatal(err)
			}
			want := wire.TagKeepalive2
			if !offered.Has(wire.FeatureMsgrKeepalive2) {
				want = wire.TagKeepalive
			}
			f := peer.ExpectFrame(want)
			if want == wire.TagKeepalive {
				return
			}
			// of the wall clock, whose the stamp is
			for _, step := range []time.Duration{0, -time.Hour, time.Hour} {
				peer.SendKeepalive2(wire.TagKeepalive2Ack,
					wire.NewTimespec(f.Stamp.Time().Add(step)))
				b.Settle()
				if got := c.LastKeepaliveAck(); !got.Equal(time.Now()) {
					t.Errorf("clock stepped by %v: last ack %v, now it is %v", step, got,
						time.Now())
				}
				b.Sleep(time.Second)
			}
		})
	}
}

// The forms of footers follow the feature MSG_AUTH of the session.
func TestFooterForm(t *testing.T) {
	for _, offered := range []wire.Features{wire.FeaturesSupported,
		wire.FeaturesSupported &^ wire.FeatureMsgAuth} {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			b.connect("one")
			peer := b.accept()
			peer.Offered = offered
			peer.Accept()
			expectFront(t, peer, "one")
			got := make(chan string, 1)
			b.self.OnMessage = func(m *simplemsgr.Message) { got <- string(m.Front) }
			peer.SendMessage(1, "two")
			if front := <-got; front != "two" {
				t.Errorf("got %q", front)
			}
		})
	}
}
