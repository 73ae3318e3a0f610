package model

import (
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// What can become of a pipe without its socket.
var (
	over    = protocol.Aftermath{Next: protocol.Closed}
	standby = protocol.Aftermath{Next: protocol.Standby}
	again   = protocol.Aftermath{Next: protocol.Connecting, Backoff: true}
	next    = protocol.Aftermath{Next: protocol.Connecting, BumpConnectSeq: true}
)

// When a rule of faults is broken.
var (
	whenOpen = func(state protocol.State, _ protocol.Policy, _ bool) bool {
		return state == protocol.Open
	}
	whenConnecting = func(state protocol.State, _ protocol.Policy, _ bool) bool {
		return state != protocol.Open
	}
	ofLossy    = func(_ protocol.State, p protocol.Policy, _ bool) bool { return p.Lossy }
	ofLossless = func(_ protocol.State, p protocol.Policy, _ bool) bool { return !p.Lossy }
	ofServer   = func(_ protocol.State, p protocol.Policy, _ bool) bool { return p.Server }
	ofPeer     = func(_ protocol.State, p protocol.Policy, _ bool) bool { return !p.Server }

	lossyAccept  = func(p protocol.Policy, _, _ bool) bool { return p.Lossy }
	serverQueued = func(p protocol.Policy, queued, _ bool) bool {
		return !p.Lossy && p.Server && queued
	}
	peerQueued = func(p protocol.Policy, queued, _ bool) bool {
		return !p.Lossy && !p.Server && queued
	}
	nothingQueued = func(p protocol.Policy, queued, replaced bool) bool {
		return !p.Lossy && !queued && replaced
	}
	nothingAtStake = func(p protocol.Policy, queued, replaced bool) bool {
		return !p.Lossy && !queued && !replaced
	}
)

var mutations = []mutation{
	// The accepting side: who may talk to us.
	{"protocol version: let pass", passes(protocol.CaseProtocolVersion), OnlyTheAdmitted, ""},
	{"features: let pass", passes(protocol.CaseFeatures), OnlyTheAdmitted, ""},
	{"challenge: let pass", verifies(func(c *Credentials) {
		c.Demanded = false
	}), OnlyTheAdmitted, ""},
	{"challenge: whatever the answer", verifies(func(c *Credentials) {
		c.Answered = false
	}), PeersKeepProtocol, ""},
	{"bad authorizer: let pass", verifies(func(c *Credentials) {
		c.Valid = true
	}), OnlyTheAdmitted, ""},

	// The accepting side: which session.
	{"unknown session: open it", answers(protocol.CaseUnknownSession, wire.TagReady), Numbers, ""},
	{"new: RESETSESSION", answers(protocol.CaseNew, wire.TagResetSession), PeersKeepProtocol, ""},
	{"new: RETRY_SESSION", answers(protocol.CaseNew, wire.TagRetrySession), PeersKeepProtocol, ""},
	{"stale global_seq: not looked at", sees(protocol.CaseStaleGlobal, func(e *protocol.Existing) {
		e.PeerGlobalSeq = 0
	}), Convergence, ""},
	{"stale global_seq: without the number", decides(protocol.CaseStaleGlobal,
		func(d *protocol.Decision) {
			d.GlobalSeq = 0
		}), Convergence, ""},
	{"existing is lossy: taken for lossless", sees(protocol.CaseLossyExisting,
		func(e *protocol.Existing) {
			e.Lossy = false
		}), LossyOneSocket, ""},
	{"existing is lossy: RETRY_SESSION", answers(protocol.CaseLossyExisting, wire.TagRetrySession),
		PeersKeepProtocol, ""},
	{"peer restarted: not fresh", decides(protocol.CasePeerRestarted, func(d *protocol.Decision) {
		d.FreshPeer = false
	}), NothingLost, ""},
	{"peer restarted: no reset", decides(protocol.CasePeerRestarted, func(d *protocol.Decision) {
		d.ResetExisting = false
	}), ResetsTold, ""},
	{"peer restarted: reset without resetcheck", decides(protocol.CasePeerRestarted,
		func(d *protocol.Decision) {
			d.ResetExisting = true
		}), ResetsHaveCause, ""},
	{"peer restarted: RETRY_SESSION", answers(protocol.CasePeerRestarted, wire.TagRetrySession),
		ResetsHaveCause, ""},
	{"stale connect_seq: replace", replaces(protocol.CaseStaleSession), Convergence, ""},
	{"stale connect_seq: RETRY_SESSION with ours", decides(protocol.CaseStaleSession,
		func(d *protocol.Decision) {
			d.ConnectSeq--
		}), Convergence, ""},
	{"stale connect_seq: RESETSESSION", answers(protocol.CaseStaleSession, wire.TagResetSession),
		ResetsHaveCause, ""},
	{"both new: RETRY_SESSION", answers(protocol.CaseBothNew, wire.TagRetrySession),
		ResetsHaveCause, ""},
	{"same connect_seq: replace", replaces(protocol.CaseSameSession), "",
		"global_seq keeps overtaken attempts out, so that this is the peer's latest, and SEQ " +
			"settles the rest; the row keeps connect_seq rising at both sides"},
	{"same connect_seq: WAIT", answers(protocol.CaseSameSession, wire.TagWait), OnlyHigherWaits,
		""},
	{"same connect_seq: RETRY_SESSION with ours", decides(protocol.CaseSameSession,
		func(d *protocol.Decision) {
			d.ConnectSeq--
		}), PeersKeepProtocol, ""},
	{"race, incoming wins: WAIT", answers(protocol.CaseRaceIncomingWins, wire.TagWait),
		OnlyHigherWaits, ""},
	{"race, incoming wins: RETRY_SESSION", answers(protocol.CaseRaceIncomingWins,
		wire.TagRetrySession), Convergence, ""},
	{"race, incoming wins: fresh", decides(protocol.CaseRaceIncomingWins,
		func(d *protocol.Decision) {
			d.FreshPeer = true
		}), Numbers, ""},
	{"race, existing gives way: WAIT", decides(protocol.CaseRaceGivesWay,
		func(d *protocol.Decision) {
			*d = protocol.Decision{Case: d.Case, Tag: wire.TagWait, WakeExisting: true}
		}), PromiseOfWait, ""},
	{"race, existing gives way: RETRY_SESSION", answers(protocol.CaseRaceGivesWay,
		wire.TagRetrySession), Convergence, ""},
	{"race, existing gives way: fresh", decides(protocol.CaseRaceGivesWay,
		func(d *protocol.Decision) {
			d.FreshPeer = true
		}), Convergence, ""},
	{"race, existing wins: replace", replaces(protocol.CaseRaceExistingWins), Convergence, ""},
	{"race, existing wins: does not wake it", decides(protocol.CaseRaceExistingWins,
		func(d *protocol.Decision) {
			d.WakeExisting = false
		}), PromiseOfWait, ""},
	{"session lost here: replace", replaces(protocol.CaseSessionLost), ResetsHaveCause, ""},
	{"session lost here: given up, and not said", sees(protocol.CaseSessionLost,
		func(e *protocol.Existing) {
			e.Renounced = false
		}), ResetsTold, ""},
	{"reconnect: RESETSESSION", answers(protocol.CaseReconnect, wire.TagResetSession),
		ResetsHaveCause, ""},
	{"reconnect: RETRY_SESSION", answers(protocol.CaseReconnect, wire.TagRetrySession),
		PeersKeepProtocol, ""},
	{"reconnect: fresh", decides(protocol.CaseReconnect, func(d *protocol.Decision) {
		d.FreshPeer = true
	}), NoDuplicates, ""},
	{"reconnect: beside the existing pipe", answers(protocol.CaseReconnect, wire.TagReady), OnePipe,
		""},
	{"SEQ: never", func(r *Rules) {
		r.Seq = func(protocol.Decision, wire.Features) bool {
			return false
		}
	}, Numbers, ""},
	{"SEQ: always", func(r *Rules) {
		r.Seq = func(protocol.Decision, wire.Features) bool {
			return true
		}
	}, ResetsHaveCause, ""},

	// The connecting side.
	{"READY: fault", acts(wire.TagReady, protocol.ActionFault), Convergence, ""},
	{"READY: without what we require", reacts(wire.TagReady,
		func(r *protocol.Reaction, reply wire.ConnectReply, a protocol.Attempt) {
			a.Required = 0
			*r = protocol.React(reply, a)
		}), OnlyTheAdmitted, ""},
	{"READY: with any connect_seq", reacts(wire.TagReady,
		func(r *protocol.Reaction, reply wire.ConnectReply, a protocol.Attempt) {
			a.Connect.ConnectSeq = reply.ConnectSeq - 1
			*r = protocol.React(reply, a)
		}), "", "two of our own never send another one; package pipe's tests do"},
	{"READY: global_seq not taken", reacts(wire.TagReady,
		func(r *protocol.Reaction, _ wire.ConnectReply, _ protocol.Attempt) {
			r.GlobalSeq = 0
		}), NoDuplicates, ""},
	{"READY: connect_seq not taken", reacts(wire.TagReady, keepConnectSeq), Agreement, ""},
	{"READY: lossy not taken", reacts(wire.TagReady, func(r *protocol.Reaction, _ wire.ConnectReply,
		_ protocol.Attempt) {
		r.Lossy = false
	}), Progress, ""},
	{"SEQ: taken for READY", acts(wire.TagSeq, protocol.ActionOpen), Progress, ""},
	{"SEQ: fault", acts(wire.TagSeq, protocol.ActionFault), Convergence, ""},
	{"RESETSESSION: session not reset", reacts(wire.TagResetSession,
		func(r *protocol.Reaction, _ wire.ConnectReply, _ protocol.Attempt) {
			r.ResetSession = false
		}), ResetsHaveCause, ""},
	{"RESETSESSION: connect_seq kept", reacts(wire.TagResetSession, keepConnectSeq),
		ResetsHaveCause, ""},
	{"RESETSESSION: fault", acts(wire.TagResetSession, protocol.ActionFault), Convergence, ""},
	{"RETRY_GLOBAL: global_seq not taken", reacts(wire.TagRetryGlobal,
		func(r *protocol.Reaction, _ wire.ConnectReply, _ protocol.Attempt) {
			r.GlobalSeq = 0
		}), Convergence, ""},
	{"RETRY_GLOBAL: fault", acts(wire.TagRetryGlobal, protocol.ActionFault), Convergence, ""},
	{"RETRY_SESSION: connect_seq not taken", reacts(wire.TagRetrySession, keepConnectSeq),
		Convergence, ""},
	{"RETRY_SESSION: fault", acts(wire.TagRetrySession, protocol.ActionFault), Convergence, ""},
	{"WAIT: try again", acts(wire.TagWait, protocol.ActionRetry), Convergence, ""},
	{"WAIT: fault", acts(wire.TagWait, protocol.ActionFault), Convergence, ""},
	{"WAIT: open", acts(wire.TagWait, protocol.ActionOpen), PeersKeepProtocol, ""},
	{"FEATURES: try again", acts(wire.TagFeatures, protocol.ActionRetry), Convergence, ""},
	{"FEATURES: open", acts(wire.TagFeatures, protocol.ActionOpen), OnlyTheAdmitted, ""},
	{"BADPROTOVER: try again", acts(wire.TagBadProtoVer, protocol.ActionRetry), Convergence, ""},
	{"BADAUTHORIZER: fresh credentials for ever", acts(wire.TagBadAuthorizer,
		protocol.ActionFreshAuthorizer), Convergence, ""},
	{"BADAUTHORIZER: fault at once", acts(wire.TagBadAuthorizer, protocol.ActionFault), Convergence,
		""},
	{"BADAUTHORIZER: answer a challenge", acts(wire.TagBadAuthorizer,
		protocol.ActionAnswerChallenge), Convergence, ""},
	{"CHALLENGE_AUTHORIZER: fault", acts(wire.TagChallengeAuthorizer, protocol.ActionFault),
		Convergence, ""},
	{"CHALLENGE_AUTHORIZER: fresh credentials", acts(wire.TagChallengeAuthorizer,
		protocol.ActionFreshAuthorizer), Convergence, ""},

	// After a fault. CLOSING is not part of the model; its one row is in package pipe's tests.
	{"lossy: STANDBY", faults(whenOpen, over, standby), LossyOneSocket, ""},
	{"lossy: CONNECTING", faults(whenOpen, over, next), ServersWait, ""},
	{"lossy attempt: CLOSED", faults(ofLossy, again, over), NothingLost, ""},
	{"lossless: CLOSED", faults(whenOpen, next, over), NothingLost, ""},
	{"lossless attempt: CLOSED", faults(ofLossless, again, over), NothingLost, ""},
	{"standby policy with nothing queued: CONNECTING", faults(ofPeer, standby, next),
		NoIdleConnects, ""},
	{"standby policy with nothing queued: CLOSED", faults(ofPeer, standby, over), ResetsHaveCause,
		""},
	{"server: CONNECTING", faults(ofServer, standby, next), ServersWait, ""},
	{"server: CLOSED", faults(ofServer, standby, over), ResetsHaveCause, ""},
	{"connect_seq counts attempts", faults(whenConnecting, again,
		protocol.Aftermath{Next: protocol.Connecting, Backoff: true, BumpConnectSeq: true}),
		ResetsHaveCause, ""},
	{"connect_seq does not count connections", faults(whenOpen, next,
		protocol.Aftermath{Next: protocol.Connecting}), Convergence, ""},
	{"something queued: STANDBY", faults(whenOpen, next, standby), "",
		"the writer leaves STANDBY at once when there is something queued, and counts the " +
			"connection there"},
	{"something queued and an attempt failed: STANDBY", faults(ofLossless, again, standby),
		Convergence, ""},
	{"no pause", faults(whenConnecting, again, protocol.Aftermath{Next: protocol.Connecting}), "",
		"there is no time in the model; package pipe's tests have the pauses"},

	// After a failed accept.
	{"failed accept, lossy: STANDBY", failedAccepts(lossyAccept, protocol.Standby), LossyOneSocket,
		""},
	{"failed accept, server with something queued: CLOSED",
		failedAccepts(serverQueued, protocol.Closed), NothingLost, ""},
	{"failed accept, server with something queued: CONNECTING",
		failedAccepts(serverQueued, protocol.Connecting), ServersWait, ""},
	{"failed accept, something queued: CLOSED", failedAccepts(peerQueued, protocol.Closed),
		NothingLost, ""},
	{"failed accept, something queued: STANDBY", failedAccepts(peerQueued, protocol.Standby),
		Convergence, ""},
	{"failed accept, replaced: CLOSED", failedAccepts(nothingQueued, protocol.Closed), NothingLost,
		""},
	{"failed accept, replaced: CONNECTING", failedAccepts(nothingQueued, protocol.Connecting),
		NoIdleConnects, ""},
	{"failed accept, nothing at stake: STANDBY", failedAccepts(nothingAtStake, protocol.Standby),
		Convergence, ""},
	{"failed accept, nothing at stake: CONNECTING", failedAccepts(nothingAtStake,
		protocol.Connecting), NoIdleConnects, ""},
	{"gave up: CONNECTING", func(r *Rules) {
		r.AfterGivingUp = func(
			protocol.Policy) protocol.State {
			return protocol.Connecting
		}
	}, NoIdleConnects, ""},
	{"gave up: WAIT", func(r *Rules) {
		r.AfterGivingUp = func(protocol.Policy) protocol.State {
			return protocol.Wait
		}
	}, "", "a client that waits for its server does so in vain, for a while; package pipe's " +
		"tests have the table"},
	{"gave up: STANDBY", func(r *Rules) {
		r.AfterGivingUp = func(protocol.Policy) protocol.State {
			return protocol.Standby
		}
	}, ResetsTold, ""},

	{"failed accept: connect_seq kept",
		func(r *Rules) {
			r.FailedAccept = func(_, arrived uint8) uint8 {
				return arrived + 1
			}
		}, ResetsHaveCause, ""},
	{"failed accept: connect_seq of the peer",
		func(r *Rules) {
			r.FailedAccept = func(_, arrived uint8) uint8 {
				return arrived
			}
		}, Convergence, ""},
}

func keepConnectSeq(r *protocol.Reaction, _ wire.ConnectReply, a protocol.Attempt) {
	r.ConnectSeq = a.Connect.ConnectSeq
}
