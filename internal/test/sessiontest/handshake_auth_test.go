package sessiontest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// The connecting side with credentials: what it does when they are refused, challenged, or not
// answered as they should be.

// wallet gives credentials that tell how fresh they are and what they were asked.
type wallet struct {
	err     error // of Authorizer
	answer  error // of AnswerChallenge
	verify  error // of VerifyReply
	refresh int   // how often fresh ones were asked for
}

type ticket struct {
	w    *wallet
	text string
}

func (w *wallet) RequiredFeatures(wire.EntityType) wire.Features { return wire.FeatureMsgAuth }
func (w *wallet) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	if fresh {
		w.refresh++
	}
	return &ticket{w, fmt.Sprintf("for %v, fresh %v", peer, fresh)}, w.err
}

func (a *ticket) Protocol() uint32 { return wire.AuthCephx }
func (a *ticket) Bytes() []byte    { return []byte(a.text) }
func (a *ticket) AnswerChallenge(challenge []byte) error {
	a.text += ", answer to " + string(challenge)
	return a.w.answer
}
func (a *ticket) VerifyReply(reply []byte, features wire.Features) (auth.Security, error) {
	if string(reply) != "proof" || !features.Has(wire.FeatureMsgAuth) {
		return nil, fmt.Errorf("reply %q: %w", reply, auth.ErrRefused)
	}
	return nil, a.w.verify
}

func withWallet(t *testing.T, w *wallet, script func(t *testing.T, b *rawBench)) {
	t.Helper()
	withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(c *simplemsgr.Config) {
		c.AuthClient = w
	}, script)
}

// expectCredentials reads a connect message with these credentials.
func expectCredentials(t *testing.T, peer *rawpeer.Peer, want string) wire.Connect {
	t.Helper()
	c, got := peer.ExpectConnect()
	if string(got) != want || c.AuthorizerProtocol != wire.AuthCephx ||
		int(c.AuthorizerLen) != len(want) {
		t.Errorf("credentials %q (protocol %d), want %q", got, c.AuthorizerProtocol, want)
	}
	return c
}

const stale, fresh = "for osd, fresh false", "for osd, fresh true"

func TestConnectWithCredentials(t *testing.T) {
	withWallet(t, new(wallet), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		peer := b.accept()
		peer.GreetClient()
		c := expectCredentials(t, peer, stale)
		peer.SendReply(peer.Reply(wire.TagChallengeAuthorizer, c), []byte("riddle")...)
		c = expectCredentials(t, peer, stale+", answer to riddle")
		peer.SendReply(peer.Reply(wire.TagBadAuthorizer, c))
		c = expectCredentials(t, peer, fresh)
		// Fresh credentials may be challenged too.
		peer.SendReply(peer.Reply(wire.TagChallengeAuthorizer, c), []byte("riddle")...)
		c = expectCredentials(t, peer, fresh+", answer to riddle")
		peer.SendReply(peer.Reply(wire.TagReady, c), []byte("proof")...)
		expectFront(t, peer, "hello")
	})
}

func TestConnectCredentialsFail(t *testing.T) {
	broken := errors.New("broken on purpose")
	for name, test := range map[string]struct {
		wallet wallet
		script func(t *testing.T, peer *rawpeer.Peer)
		stage  protocol.Stage
		want   error
	}{
		"refused twice": {wallet{}, func(t *testing.T, peer *rawpeer.Peer) {
			peer.SendReply(peer.Reply(wire.TagBadAuthorizer, expectCredentials(t, peer, stale)))
			peer.SendReply(peer.Reply(wire.TagBadAuthorizer, expectCredentials(t, peer, fresh)))
		}, protocol.StageConnectReadReply, protocol.ErrBadAuthorizer},
		"challenged twice": {wallet{}, func(t *testing.T, peer *rawpeer.Peer) {
			peer.SendReply(peer.Reply(wire.TagChallengeAuthorizer,
				expectCredentials(t, peer, stale)), 'a')
			peer.SendReply(peer.Reply(wire.TagChallengeAuthorizer,
				expectCredentials(t, peer, stale+", answer to a")), 'b')
		}, protocol.StageConnectReadAuthorizer, protocol.ErrProtocol},
		"no answer to the challenge": {wallet{answer: broken},
			func(t *testing.T, peer *rawpeer.Peer) {
				peer.SendReply(peer.Reply(wire.TagChallengeAuthorizer,
					expectCredentials(t, peer, stale)), 'a')
			}, protocol.StageConnectReadAuthorizer, broken},
		"the server proves nothing": {wallet{}, func(t *testing.T, peer *rawpeer.Peer) {
			peer.SendReply(peer.Reply(wire.TagReady, expectCredentials(t, peer, stale)))
		}, protocol.StageConnectReadReply, auth.ErrRefused},
		"the proof is wrong": {wallet{verify: broken}, func(t *testing.T, peer *rawpeer.Peer) {
			peer.SendReply(peer.Reply(wire.TagReady, expectCredentials(t, peer, stale)),
				[]byte("proof")...)
		}, protocol.StageConnectReadAuthorizer, broken},
		"the server lacks what the method requires": {wallet{},
			func(t *testing.T, peer *rawpeer.Peer) {
				peer.Offered &^= wire.FeatureMsgAuth
				peer.SendReply(peer.Reply(wire.TagReady, expectCredentials(t, peer, stale)),
					[]byte("proof")...)
			}, protocol.StageConnectReadAuthorizer, nil},
		"no credentials to be had": {wallet{err: broken}, func(*testing.T, *rawpeer.Peer) {},
			protocol.StageConnectSendBanner, broken},
	} {
		withWallet(t, &test.wallet, func(t *testing.T, b *rawBench) {
			b.connect("hello")
			peer := b.accept()
			peer.GreetClient()
			test.script(t, peer)
			start := time.Now()
			peer.ExpectClosed()
			b.Settle()
			faults := trace.Of[trace.Faulted](b.Records.Records())
			var missing *protocol.FeatureError
			if len(faults) != 1 || faults[0].Stage != test.stage ||
				test.want != nil && !errors.Is(faults[0].Err, test.want) || test.want == nil &&
				!errors.As(faults[0].Err, &missing) {
				t.Errorf("%s: faults %+v", name, faults)
			}
			b.accept()
			if pause := time.Since(start); pause != 200*time.Millisecond {
				t.Errorf("%s: next attempt after %v", name, pause)
			}
		})
	}
}

// One refusal on each socket, for long: fresh credentials each time, never a session, never a tight
// loop.
func TestConnectRefusedForLong(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateful.Endpoints(w)
		purse := new(wallet)
		client.Configure = func(c *simplemsgr.Config) { c.AuthClient = purse }
		server.Configure = func(c *simplemsgr.Config) { c.AuthServer = refuser{} }
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		w.Sleep(10 * time.Minute)
		attempts := count[trace.BackedOff](w)
		if attempts < 40 || attempts > 60 || purse.refresh != attempts {
			t.Errorf("%d attempts, %d times fresh credentials", attempts, purse.refresh)
		}
		if stream.Delivered() != 0 || len(server.Events()) != 0 {
			t.Errorf("%d delivered, server was told %v", stream.Delivered(), server.Kinds(nil))
		}
	})
}

// refuser lets nobody in.
type refuser struct{}

func (refuser) NewExchange(wire.EntityAddr) auth.Exchange      { return refuser{} }
func (refuser) RequiredFeatures(wire.EntityType) wire.Features { return 0 }
func (refuser) MustProve(wire.EntityType) bool                 { return true }
func (refuser) Verify(auth.Request) auth.Result {
	return auth.Result{Outcome: auth.Refused, Err: auth.ErrRefused}
}
