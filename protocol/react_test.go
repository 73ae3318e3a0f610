package protocol_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// sent is the connect message that the replies of the tests answer.
var sent = wire.Connect{Features: wire.FeatureReconnectSeq | wire.FeatureMsgAuth,
	HostType: wire.EntityOSD, GlobalSeq: 7, ConnectSeq: 3,
	ProtocolVersion: wire.OSDProtocolVersion}

// first is one that begins a session.
var first = wire.Connect{Features: sent.Features, HostType: wire.EntityOSD, GlobalSeq: 1,
	ProtocolVersion: wire.OSDProtocolVersion}

const everything = math.MaxUint64

func connectWith(connectSeq, globalSeq uint32) wire.Connect {
	c := sent
	c.ConnectSeq, c.GlobalSeq = connectSeq, globalSeq
	return c
}

func TestReact(t *testing.T) {
	// stay is the numbers as they were sent.
	stay := func(a protocol.Action, c wire.Connect) protocol.Reaction {
		return protocol.Reaction{Action: a, ConnectSeq: c.ConnectSeq, GlobalSeq: c.GlobalSeq}
	}
	fault := func(c wire.Connect, err error) protocol.Reaction {
		r := stay(protocol.ActionFault, c)
		r.Err = err
		return r
	}
	for _, test := range []struct {
		name  string
		reply wire.ConnectReply
		a     protocol.Attempt
		want  protocol.Reaction
	}{
		// Refusals.
		{"features", wire.ConnectReply{Tag: wire.TagFeatures, Features: wire.FeatureCephxV2},
			protocol.Attempt{Connect: sent},
			fault(sent, &protocol.FeatureError{Offered: sent.Features,
				Required: wire.FeatureCephxV2, ByPeer: true})},
		{"protocol version", wire.ConnectReply{Tag: wire.TagBadProtoVer, ProtocolVersion: 9},
			protocol.Attempt{Connect: sent},
			fault(sent, &protocol.ProtocolVersionError{Ours: wire.OSDProtocolVersion, Theirs: 9})},

		// Credentials.
		{"bad authorizer: try a fresh one", wire.ConnectReply{Tag: wire.TagBadAuthorizer},
			protocol.Attempt{Connect: sent, HasAuthorizer: true},
			stay(protocol.ActionFreshAuthorizer, sent)},
		{"bad authorizer, also after the challenge", wire.ConnectReply{Tag: wire.TagBadAuthorizer},
			protocol.Attempt{Connect: sent, HasAuthorizer: true, AlreadyAnswered: true},
			stay(protocol.ActionFreshAuthorizer, sent)},
		{"bad authorizer, the second time", wire.ConnectReply{Tag: wire.TagBadAuthorizer},
			protocol.Attempt{Connect: sent, HasAuthorizer: true, BadAuthorizer: true},
			fault(sent, protocol.ErrBadAuthorizer)},
		{"bad authorizer, but there is none", wire.ConnectReply{Tag: wire.TagBadAuthorizer},
			protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrBadAuthorizer)},
		{"challenge", wire.ConnectReply{Tag: wire.TagChallengeAuthorizer},
			protocol.Attempt{Connect: sent, HasAuthorizer: true},
			stay(protocol.ActionAnswerChallenge, sent)},
		{"challenge for the fresh authorizer", wire.ConnectReply{Tag: wire.TagChallengeAuthorizer},
			protocol.Attempt{Connect: sent, HasAuthorizer: true, BadAuthorizer: true},
			stay(protocol.ActionAnswerChallenge, sent)},
		{"challenge after the answer", wire.ConnectReply{Tag: wire.TagChallengeAuthorizer},
			protocol.Attempt{Connect: sent, HasAuthorizer: true, AlreadyAnswered: true},
			fault(sent, protocol.ErrProtocol)},
		{"challenge for no authorizer", wire.ConnectReply{Tag: wire.TagChallengeAuthorizer},
			protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},

		// Retries. Numbers in the reply that the tag does not speak of are not taken.
		{"reset session", wire.ConnectReply{Tag: wire.TagResetSession, ConnectSeq: 9,
			GlobalSeq: 99}, protocol.Attempt{Connect: sent},
			protocol.Reaction{Action: protocol.ActionRetry, ResetSession: true, ConnectSeq: 0,
				GlobalSeq: 7}},
		{"reset session, of which there is none", wire.ConnectReply{Tag: wire.TagResetSession},
			protocol.Attempt{Connect: first},
			fault(first, protocol.ErrProtocol)},
		{"retry global: theirs is higher", wire.ConnectReply{Tag: wire.TagRetryGlobal,
			GlobalSeq: 40, ConnectSeq: 9},
			protocol.Attempt{Connect: sent}, protocol.Reaction{Action: protocol.ActionRetry,
				ConnectSeq: 3, GlobalSeq: 40}},
		{"retry global: ours is higher, as 16.2 does it",
			wire.ConnectReply{Tag: wire.TagRetryGlobal, GlobalSeq: 4},
			protocol.Attempt{Connect: sent}, protocol.Reaction{Action: protocol.ActionRetry,
				ConnectSeq: 3, GlobalSeq: 7}},
		{"retry global: as high as it may be", wire.ConnectReply{Tag: wire.TagRetryGlobal,
			GlobalSeq: math.MaxInt32},
			protocol.Attempt{Connect: sent}, protocol.Reaction{Action: protocol.ActionRetry,
				ConnectSeq: 3, GlobalSeq: math.MaxInt32}},
		{"retry global: higher than anybody can have counted",
			wire.ConnectReply{Tag: wire.TagRetryGlobal, GlobalSeq: math.MaxInt32 + 1},
			protocol.Attempt{Connect: sent}, fault(sent, protocol.ErrProtocol)},
		{"retry session, far ahead", wire.ConnectReply{Tag: wire.TagRetrySession,
			ConnectSeq: math.MaxUint32 - 1}, protocol.Attempt{Connect: sent},
			protocol.Reaction{Action: protocol.ActionRetry, ConnectSeq: math.MaxUint32 - 1,
				GlobalSeq: 7}},
		{"retry global: ours is above what anybody should have counted",
			wire.ConnectReply{Tag: wire.TagRetryGlobal, GlobalSeq: math.MaxUint32 - 1},
			protocol.Attempt{Connect: connectWith(3, math.MaxUint32-1)},
			protocol.Reaction{Action: protocol.ActionRetry, ConnectSeq: 3,
				GlobalSeq: math.MaxUint32 - 1}},
		{"retry global: there is none above ours", wire.ConnectReply{Tag: wire.TagRetryGlobal,
			GlobalSeq: math.MaxUint32},
			protocol.Attempt{Connect: connectWith(3, math.MaxUint32)},
			fault(connectWith(3, math.MaxUint32), protocol.ErrProtocol)},
		{"ready for the last but one", wire.ConnectReply{Tag: wire.TagReady,
			ConnectSeq: math.MaxUint32}, protocol.Attempt{Connect: connectWith(math.MaxUint32-1,
			7)},
			protocol.Reaction{Action: protocol.ActionOpen, ConnectSeq: math.MaxUint32}},
		{"ready that has counted past the end", wire.ConnectReply{Tag: wire.TagReady},
			protocol.Attempt{Connect: connectWith(math.MaxUint32, 7)},
			fault(connectWith(math.MaxUint32, 7), protocol.ErrProtocol)},
		{"retry session", wire.ConnectReply{Tag: wire.TagRetrySession, ConnectSeq: 4,
			GlobalSeq: 99}, protocol.Attempt{Connect: sent},
			protocol.Reaction{Action: protocol.ActionRetry, ConnectSeq: 4, GlobalSeq: 7}},
		{"retry session, with the last number", wire.ConnectReply{Tag: wire.TagRetrySession,
			ConnectSeq: math.MaxUint32}, protocol.Attempt{Connect: sent},
			protocol.Reaction{Action: protocol.ActionRetry, ResetSession: true, GlobalSeq: 7}},

		// The race.
		{"wait", wire.ConnectReply{Tag: wire.TagWait, ConnectSeq: 9},
			protocol.Attempt{Connect: sent}, stay(protocol.ActionWait, sent)},

		// The session is open.
		{"ready", wire.ConnectReply{Tag: wire.TagReady, ConnectSeq: 4, GlobalSeq: 12,
			Features: everything}, protocol.Attempt{Connect: sent},
			protocol.Reaction{Action: protocol.ActionOpen, ConnectSeq: 4, GlobalSeq: 12}},
		{"ready, lossy: the server's word", wire.ConnectReply{Tag: wire.TagReady, ConnectSeq: 1,
			GlobalSeq: 2, Flags: wire.FlagLossy},
			protocol.Attempt{Connect: first}, protocol.Reaction{Action: protocol.ActionOpen,
				ConnectSeq: 1, GlobalSeq: 2, Lossy: true}},
		{"ready, not lossy: the server's word",
			wire.ConnectReply{Tag: wire.TagReady, ConnectSeq: 4, GlobalSeq: 2,
				Flags: ^wire.FlagLossy},
			protocol.Attempt{Connect: func() wire.Connect {
				c := sent
				c.Flags = wire.FlagLossy
				return c
			}()},
			protocol.Reaction{Action: protocol.ActionOpen, ConnectSeq: 4, GlobalSeq: 2}},
		{"seq on a reconnect", wire.ConnectReply{Tag: wire.TagSeq, ConnectSeq: 4, GlobalSeq: 12},
			protocol.Attempt{Connect: sent},
			protocol.Reaction{Action: protocol.ActionOpenSeq, ConnectSeq: 4, GlobalSeq: 12}},
		{"seq on the first connect, as 16.2 does it", wire.ConnectReply{Tag: wire.TagSeq,
			ConnectSeq: 1, GlobalSeq: 12},
			protocol.Attempt{Connect: first}, protocol.Reaction{Action: protocol.ActionOpenSeq,
				ConnectSeq: 1, GlobalSeq: 12}},
		{"ready with all that we require", wire.ConnectReply{Tag: wire.TagReady, ConnectSeq: 4,
			GlobalSeq: 1, Features: wire.FeatureMsgAuth},
			protocol.Attempt{Connect: sent, Required: wire.FeatureMsgAuth},
			protocol.Reaction{Action: protocol.ActionOpen, ConnectSeq: 4, GlobalSeq: 1}},
		{"ready without what we require", wire.ConnectReply{Tag: wire.TagReady, ConnectSeq: 4,
			Features: wire.FeatureReconnectSeq},
			protocol.Attempt{Connect: sent, Required: wire.FeatureMsgAuth},
			fault(sent, &protocol.FeatureError{Offered: wire.FeatureReconnectSeq,
				Required: wire.FeatureMsgAuth})},
		{"seq without what we require", wire.ConnectReply{Tag: wire.TagSeq, ConnectSeq: 4},
			protocol.Attempt{Connect: sent, Required: wire.FeatureMsgAuth},
			fault(sent, &protocol.FeatureError{Required: wire.FeatureMsgAuth})},

		// What makes real daemons abort. Here it is a fault.
		{"ready with the connect_seq that we sent", wire.ConnectReply{Tag: wire.TagReady,
			ConnectSeq: 3}, protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},
		{"ready with a connect_seq too high", wire.ConnectReply{Tag: wire.TagReady, ConnectSeq: 5},
			protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},
		{"ready with connect_seq 0", wire.ConnectReply{Tag: wire.TagReady},
			protocol.Attempt{Connect: first}, fault(first, protocol.ErrProtocol)},
		{"seq with a connect_seq too high", wire.ConnectReply{Tag: wire.TagSeq, ConnectSeq: 5},
			protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},
		{"seq with a connect_seq too low", wire.ConnectReply{Tag: wire.TagSeq, ConnectSeq: 1},
			protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},
		{"retry session with ours", wire.ConnectReply{Tag: wire.TagRetrySession, ConnectSeq: 3},
			protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},
		{"retry session with less than ours", wire.ConnectReply{Tag: wire.TagRetrySession,
			ConnectSeq: 2}, protocol.Attempt{Connect: sent},
			fault(sent, protocol.ErrProtocol)},
		{"retry session with 0", wire.ConnectReply{Tag: wire.TagRetrySession},
			protocol.Attempt{Connect: first}, fault(first, protocol.ErrProtocol)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := protocol.React(test.reply, test.a)
			if diff := cmp.Diff(test.want, got, cmp.Comparer(sameError)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// sameError compares errors by what they say, or by what they are if one is only a sentinel.
func sameError(x, y error) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Error() == y.Error() || errors.Is(x, y) || errors.Is(y, x)
}

// Whatever comes in place of an answer ends the attempt, and nothing else: not the session, nor its
// numbers.
func TestReactToWhatIsNoAnswer(t *testing.T) {
	answers := map[wire.Tag]bool{}
	for _, tag := range []wire.Tag{wire.TagReady, wire.TagResetSession, wire.TagWait,
		wire.TagRetrySession, wire.TagRetryGlobal,
		wire.TagBadProtoVer, wire.TagBadAuthorizer, wire.TagFeatures, wire.TagSeq,
		wire.TagChallengeAuthorizer} {
		answers[tag] = true
	}
	for tag := range 256 {
		if answers[wire.Tag(tag)] {
			continue
		}
		reply := wire.ConnectReply{Tag: wire.Tag(tag), Features: everything, GlobalSeq: 99,
			ConnectSeq: 4, Flags: wire.FlagLossy}
		got := protocol.React(reply, protocol.Attempt{Connect: sent, HasAuthorizer: true})
		want := protocol.Reaction{Action: protocol.ActionFault, ConnectSeq: 3, GlobalSeq: 7,
			Err: protocol.ErrProtocol}
		if diff := cmp.Diff(want, got, cmp.Comparer(sameError)); diff != "" {
			t.Errorf("tag %d: %s", tag, diff)
		}
	}
}

// TestReactKeepsItsPromises goes through every tag and every situation and asks for what the
// callers rely on.
func TestReactKeepsItsPromises(t *testing.T) {
	numbers := []uint32{0, 1, 2, 3, 4, math.MaxUint32}
	both := []bool{false, true}
	for tag := range wire.TagChallengeAuthorizer + 2 {
		for _, ours := range numbers {
			for _, theirs := range numbers {
				for bits := range 16 {
					has := func(bit int) bool { return bits&bit != 0 }
					a := protocol.Attempt{Connect: wire.Connect{ConnectSeq: ours, GlobalSeq: 7},
						BadAuthorizer: has(1), HasAuthorizer: has(2),
						AlreadyAnswered: has(4)}
					reply := wire.ConnectReply{Tag: tag, ConnectSeq: theirs, GlobalSeq: 2}
					if has(8) {
						a.Required = wire.FeatureMsgAuth
					}
					for _, offered := range both {
						if offered {
							reply.Features = wire.FeatureMsgAuth
						}
						promises(t, reply, a, protocol.React(reply, a))
					}
				}
			}
		}
	}
}

func promises(t *testing.T, reply wire.ConnectReply, a protocol.Attempt, r protocol.Reaction) {
	t.Helper()
	theirsIsLast := reply.ConnectSeq == math.MaxUint32
	opens := r.Action == protocol.ActionOpen || r.Action == protocol.ActionOpenSeq
	for promise, kept := range map[string]bool{
		"an error if and only if it is a " +
			"fault": (r.Err != nil) == (r.Action == protocol.ActionFault),
		"the session is reset for RESETSESSION, and at the end": !r.ResetSession ||
			r.Action == protocol.ActionRetry && r.ConnectSeq == 0 &&
				(reply.Tag == wire.TagResetSession || reply.Tag == wire.TagRetrySession &&
					theirsIsLast),
		"a fault changes no number": r.Action != protocol.ActionFault ||
			r.ConnectSeq == a.Connect.ConnectSeq && r.GlobalSeq == a.Connect.GlobalSeq,
		"an open session counts one connection more": !opens ||
			r.ConnectSeq == a.Connect.ConnectSeq+1 && r.ConnectSeq == reply.ConnectSeq,
		"an open session has what we require": !opens ||
			reply.Features.Missing(a.Required) == 0,
		"SEQ, and nothing else, exchanges " +
			"numbers": (r.Action == protocol.ActionOpenSeq) == (opens &&
			reply.Tag == wire.TagSeq),
		"a retry changes something": r.Action != protocol.ActionRetry ||
			r.ResetSession || r.ConnectSeq > a.Connect.ConnectSeq ||
			reply.Tag == wire.TagRetryGlobal,
		"a challenge is answered once, with " +
			"credentials": r.Action != protocol.ActionAnswerChallenge || a.HasAuthorizer &&
			!a.AlreadyAnswered,
		"fresh credentials are fetched once for a " +
			"socket": r.Action != protocol.ActionFreshAuthorizer || a.HasAuthorizer &&
			!a.BadAuthorizer,
	} {
		if !kept {
			t.Fatalf("%s: reply %+v to %+v: %+v", promise, reply, a, r)
		}
	}
}
