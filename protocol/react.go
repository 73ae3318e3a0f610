package protocol

import (
	"math"

	"simplemessenger/wire"
)

// Action is what the connecting side does with a reply.
type Action uint8

// The actions.
const (
	// ActionFault gives the socket up; there will be another attempt after a pause.
	ActionFault Action = iota
	// ActionRetry sends another connect message on the same socket.
	ActionRetry
	// ActionAnswerChallenge does so after the authorizer has answered the challenge.
	ActionAnswerChallenge
	// ActionFreshAuthorizer does so with new credentials.
	ActionFreshAuthorizer
	// ActionWait leaves it to the peer's own connection.
	ActionWait
	// ActionOpen opens the session.
	ActionOpen
	// ActionOpenSeq does so after both sides have told their in_seq.
	ActionOpenSeq
)

// Attempt is what the connecting side knows when a reply comes.
type Attempt struct {
	Connect         wire.Connect  // as it was sent
	Required        wire.Features // that the peer must have
	BadAuthorizer   bool          // the peer has refused credentials on this socket before
	HasAuthorizer   bool          // there are credentials that could answer a challenge
	AlreadyAnswered bool          // a challenge has been answered with these credentials
}

// Reaction is the action and what changes with it.
type Reaction struct {
	Action       Action
	ResetSession bool   // drop the queues and tell the user of a remote reset
	ConnectSeq   uint32 // to go on with: for the retries, or of the open session
	GlobalSeq    uint32 // seen at the peer; the next one must be higher
	Lossy        bool   // of the open session: the server's word
	Err          error  // with ActionFault: why
}

// maxGlobalSeq is more than any messenger should have counted. The number is one for all peers: a
// single peer that drove it to the end of its range would take from all the others what tells old
// connect messages from new ones. What we have counted ourselves is taken.
const maxGlobalSeq = math.MaxInt32

// React says what the connecting side does with a reply.
func React(reply wire.ConnectReply, a Attempt) Reaction {
	stay := Reaction{ConnectSeq: a.Connect.ConnectSeq, GlobalSeq: a.Connect.GlobalSeq}
	fault := func(err error) Reaction {
		r := stay
		r.Action, r.Err = ActionFault, err
		return r
	}
	r := stay
	switch reply.Tag {
	case wire.TagFeatures:
		return fault(&FeatureError{Offered: a.Connect.Features, Required: reply.Features,
			ByPeer: true})
	case wire.TagBadProtoVer:
		return fault(&ProtocolVersionError{Ours: a.Connect.ProtocolVersion,
			Theirs: reply.ProtocolVersion})

	case wire.TagBadAuthorizer:
		if a.BadAuthorizer || !a.HasAuthorizer {
			return fault(ErrBadAuthorizer)
		}
		r.Action = ActionFreshAuthorizer
	case wire.TagChallengeAuthorizer:
		if !a.HasAuthorizer {
			return fault(Violation("CHALLENGE_AUTHORIZER although no authorizer was sent"))
		}
		if a.AlreadyAnswered {
			return fault(Violation("CHALLENGE_AUTHORIZER although the challenge was answered"))
		}
		r.Action = ActionAnswerChallenge

	case wire.TagResetSession:
		if a.Connect.ConnectSeq == 0 {
			return fault(Violation("RESETSESSION although connect_seq was 0"))
		}
		r.Action, r.ResetSession, r.ConnectSeq = ActionRetry, true, 0
	case wire.TagRetryGlobal:
		if ours := a.Connect.GlobalSeq; reply.GlobalSeq > max(ours, maxGlobalSeq) ||
			ours == lastGlobalSeq {
			return fault(Violation("RETRY_GLOBAL with global_seq %d", reply.GlobalSeq))
		}
		r.Action, r.GlobalSeq = ActionRetry, max(a.Connect.GlobalSeq, reply.GlobalSeq)
	case wire.TagRetrySession:
		if reply.ConnectSeq <= a.Connect.ConnectSeq {
			return fault(Violation("RETRY_SESSION with connect_seq %d, not above ours, %d",
				reply.ConnectSeq, a.Connect.ConnectSeq))
		}
		r.Action, r.ConnectSeq = ActionRetry, reply.ConnectSeq
		if reply.ConnectSeq == lastConnectSeq { // no connection could be counted on top
			r.ResetSession, r.ConnectSeq = true, 0
		}
	case wire.TagWait:
		r.Action = ActionWait

	case wire.TagReady, wire.TagSeq:
		if reply.Features.Missing(a.Required) != 0 {
			return fault(&FeatureError{Offered: reply.Features, Required: a.Required})
		}
		if reply.ConnectSeq != a.Connect.ConnectSeq+1 || a.Connect.ConnectSeq == lastConnectSeq {
			return fault(Violation("%v with connect_seq %d, ours is %d", reply.Tag,
				reply.ConnectSeq, a.Connect.ConnectSeq))
		}
		r.Action = ActionOpen
		if reply.Tag == wire.TagSeq {
			r.Action = ActionOpenSeq
		}
		r.ConnectSeq, r.GlobalSeq, r.Lossy = reply.ConnectSeq, reply.GlobalSeq, reply.Lossy()
	default:
		return fault(Violation("%v is not an answer to connect", reply.Tag))
	}
	return r
}
