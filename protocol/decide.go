package protocol

import "simplemessenger/wire"

// Case is a row of the table by which the accepting side answers a connect message
// (docs/negotiation.md).
type Case uint8

// The rows of the table, in the order in which they are tried. E is the pipe that is registered for
// the peer, which is its address and, where peers prove who they are, its principal (see
// Claim.Admits); c is the connect message.
const (
	CaseNone Case = iota

	CaseProtocolVersion // c.protocol_version is not ours: BADPROTOVER
	CaseFeatures        // a required feature is missing: FEATURES
	CaseChallenge       // credentials need the answer to a challenge: CHALLENGE_AUTHORIZER
	CaseBadAuthorizer   // credentials are refused: BADAUTHORIZER
	CaseFalseType       // credentials are not those of a peer of c.host_type: BADAUTHORIZER
	CaseUnknownSession  // no E, c.connect_seq > 0: RESETSESSION
	CaseNew             // no E, c.connect_seq = 0: open
	// as unknown session, while another principal has a session at the address: RESETSESSION
	CaseUnknownBeside
	// as new, while another principal has a session at the address: open, beside it
	CaseNewBeside
	CaseStaleGlobal   // c.global_seq < E.peer_global_seq: RETRY_GLOBAL
	CaseExhausted     // c.connect_seq > 0, and c or E cannot count on: RESETSESSION
	CaseLossyExisting // E is lossy: its session ends, replace it
	// c.connect_seq = 0 < E.connect_seq: replace, without SEQ; with resetcheck reset first
	CasePeerRestarted
	CaseStaleSession // c.connect_seq < E.connect_seq: RETRY_SESSION
	// both 0, E is OPEN or STANDBY, resetcheck or given up: replace, since RETRY_SESSION would lead
	// to RESETSESSION and back
	CaseBothNew
	CaseSameSession // equal, E is OPEN or STANDBY: RETRY_SESSION
	// equal, E connects or waits, and the peer's address is lower, or E is a server: replace
	CaseRaceIncomingWins
	// equal, E connects, the peer's address is higher, but E does not insist: replace
	CaseRaceGivesWay
	CaseRaceExistingWins // equal, E connects, the peer's address is higher, and E insists: WAIT
	CaseSessionLost      // c.connect_seq > E.connect_seq = 0, resetcheck or given up: RESETSESSION
	CaseReconnect        // c.connect_seq > E.connect_seq: replace
)

var caseNames = [...]string{
	CaseNone:             "none",
	CaseProtocolVersion:  "protocol version",
	CaseFeatures:         "features",
	CaseChallenge:        "challenge",
	CaseBadAuthorizer:    "bad authorizer",
	CaseFalseType:        "false type",
	CaseUnknownSession:   "unknown session",
	CaseNew:              "new",
	CaseUnknownBeside:    "unknown session, beside another principal",
	CaseNewBeside:        "new, beside another principal",
	CaseStaleGlobal:      "stale global_seq",
	CaseExhausted:        "numbers used up",
	CaseLossyExisting:    "existing is lossy",
	CasePeerRestarted:    "peer restarted",
	CaseStaleSession:     "stale connect_seq",
	CaseBothNew:          "both new",
	CaseSameSession:      "same connect_seq",
	CaseRaceIncomingWins: "race, incoming wins",
	CaseRaceGivesWay:     "race, existing gives way",
	CaseRaceExistingWins: "race, existing wins",
	CaseSessionLost:      "session lost here",
	CaseReconnect:        "reconnect",
}

// String returns the case in words.
func (c Case) String() string {
	if int(c) < len(caseNames) {
		return caseNames[c]
	}
	return "unknown"
}

// Cases returns all rows of the table.
func Cases() []Case {
	all := make([]Case, 0, len(caseNames)-1)
	for c := CaseProtocolVersion; c <= CaseReconnect; c++ {
		all = append(all, c)
	}
	return all
}

// Existing is what the decision needs to know of the pipe that is registered for the peer.
type Existing struct {
	// CONNECTING, OPEN, STANDBY or WAIT; a pipe in any other state does not count
	State         State
	ConnectSeq    uint32
	PeerGlobalSeq uint32
	Lossy         bool
	Server        bool
	// Insists: in CONNECTING, its own connect message has been on its way for less than
	// Config.RacePatience, and no attempt has failed since the peer was told to wait for one; or
	// the peer has accepted it. Nothing else is worth that a peer waits for it.
	Insists bool
	// Renounced: this side has given the session up, and the peer does not know yet: as good as
	// lost, whatever the policy checks.
	Renounced bool
	// Exhausted: its session has a number that is at its end.
	Exhausted bool
}

// Arrival is a connect message together with what this side thinks of its sender.
type Arrival struct {
	Connect         wire.Connect
	Peer            wire.EntityAddr // of the sender, as it will be registered
	Local           wire.EntityAddr // ours
	ResetCheck      bool            // of our policy towards the sender
	ProtocolVersion uint32          // the one that we want from the sender
	Required        wire.Features   // the features that we want from the sender
	Principal       Principal       // that the sender has proved to be
	Beside          bool            // another principal has a session at the sender's address
}

// Decision is the answer to a connect message, and what else is to be done.
type Decision struct {
	Case Case
	// Tag is what to answer. READY stands for every kind of opening; whether it becomes SEQ is for
	// Seq to say.
	Tag        wire.Tag
	ConnectSeq uint32 // for RETRY_SESSION
	GlobalSeq  uint32 // for RETRY_GLOBAL

	Replace bool // take over from E
	// ResetExisting: E's session begins anew before it is handed over; the user is told of a remote
	// reset.
	ResetExisting bool
	// FreshPeer: the peer knows nothing of the session, so its first message has a low number:
	// in_seq becomes 0, and no SEQ.
	FreshPeer bool
	// WakeExisting: the peer will wait for E's connection, so E must come.
	WakeExisting bool
}

// Seq reports whether the opening is answered with SEQ instead of READY: when a session goes on
// that both sides know, and the peer understands it.
func (d Decision) Seq(agreed wire.Features) bool {
	return d.Replace && !d.FreshPeer && d.Case != CaseLossyExisting &&
		agreed.Has(wire.FeatureReconnectSeq)
}

// Opens reports whether the decision opens the session on this pipe.
func (d Decision) Opens() bool { return d.Tag == wire.TagReady }

// DecidePeer is the first half of the decision: may this peer talk to us at all? A decision with
// CaseNone lets it pass.
func DecidePeer(a Arrival) Decision {
	if a.Connect.ProtocolVersion != a.ProtocolVersion {
		return Decision{Case: CaseProtocolVersion, Tag: wire.TagBadProtoVer}
	}
	if a.Connect.Features.Missing(a.Required) != 0 {
		return Decision{Case: CaseFeatures, Tag: wire.TagFeatures}
	}
	return Decision{}
}

// DecidePrincipal comes between the two, once the credentials are accepted: may this principal come
// as what it says that it is? The type selects the policy, so nothing of the session is looked at
// before. A decision with CaseNone lets it pass.
func DecidePrincipal(a Arrival) Decision {
	if !a.Principal.MayComeAs(a.Connect.HostType) {
		return Decision{Case: CaseFalseType, Tag: wire.TagBadAuthorizer}
	}
	return Decision{}
}

// DecideSession is the second half: which session is it? existing is nil if no pipe is registered
// for the peer.
func DecideSession(a Arrival, existing *Existing) Decision {
	c := a.Connect
	switch {
	case existing == nil && a.Beside && c.ConnectSeq > 0:
		return Decision{Case: CaseUnknownBeside, Tag: wire.TagResetSession}
	case existing == nil && a.Beside:
		// Two principals that claim one address are two peers, whoever came first.
		return Decision{Case: CaseNewBeside, Tag: wire.TagReady}
	case existing == nil && c.ConnectSeq > 0:
		// We were restarted, or marked the peer down. It must not go on as if nothing had been
		// lost.
		return Decision{Case: CaseUnknownSession, Tag: wire.TagResetSession}
	case existing == nil:
		return Decision{Case: CaseNew, Tag: wire.TagReady}

	case c.GlobalSeq < existing.PeerGlobalSeq:
		// An old connect message that was overtaken by a newer one.
		return Decision{Case: CaseStaleGlobal, Tag: wire.TagRetryGlobal,
			GlobalSeq: existing.PeerGlobalSeq}
	case c.ConnectSeq == lastConnectSeq, c.ConnectSeq > 0 && existing.Exhausted:
		// A session that cannot count on begins anew, at both sides.
		return Decision{Case: CaseExhausted, Tag: wire.TagResetSession}
	case existing.Lossy:
		return Decision{Case: CaseLossyExisting, Tag: wire.TagReady, Replace: true, FreshPeer: true}

	case c.ConnectSeq == 0 && existing.ConnectSeq > 0:
		return Decision{Case: CasePeerRestarted, Tag: wire.TagReady, Replace: true, FreshPeer: true,
			ResetExisting: a.ResetCheck || existing.Exhausted}
	case c.ConnectSeq < existing.ConnectSeq:
		return Decision{Case: CaseStaleSession, Tag: wire.TagRetrySession,
			ConnectSeq: existing.ConnectSeq + 1}
	case c.ConnectSeq == existing.ConnectSeq:
		return decideEqual(a, existing)

	case (a.ResetCheck || existing.Renounced) && existing.ConnectSeq == 0:
		return Decision{Case: CaseSessionLost, Tag: wire.TagResetSession}
	}
	return Decision{Case: CaseReconnect, Tag: wire.TagReady, Replace: true}
}

func decideEqual(a Arrival, existing *Existing) Decision {
	switch existing.State {
	case Open, Standby:
		if (a.ResetCheck || existing.Renounced) && existing.ConnectSeq == 0 {
			return Decision{Case: CaseBothNew, Tag: wire.TagReady, Replace: true}
		}
		return Decision{Case: CaseSameSession, Tag: wire.TagRetrySession,
			ConnectSeq: existing.ConnectSeq + 1}
	case Wait:
		// We were told that this connection would come.
		return Decision{Case: CaseRaceIncomingWins, Tag: wire.TagReady, Replace: true}
	case Connecting, Accepting, Closing, Closed: // only the first can be
	}
	if a.Peer.Compare(a.Local) < 0 || existing.Server {
		return Decision{Case: CaseRaceIncomingWins, Tag: wire.TagReady, Replace: true}
	}
	if !existing.Insists {
		// Our connection should win, but it may never come: a firewall, no credentials, a dial that
		// hangs. The peer's is here.
		return Decision{Case: CaseRaceGivesWay, Tag: wire.TagReady, Replace: true}
	}
	return Decision{Case: CaseRaceExistingWins, Tag: wire.TagWait, WakeExisting: true}
}
