package model

import (
	"simplemessenger/pipe"
	"simplemessenger/wire"
)

// What can become of a pipe without its socket.
var (
	over    = pipe.Aftermath{Next: pipe.Closed}
	standby = pipe.Aftermath{Next: pipe.Standby}
	again   = pipe.Aftermath{Next: pipe.Connecting, Backoff: true}
	next    = pipe.Aftermath{Next: pipe.Connecting, BumpConnectSeq: true}
)

// When a rule of faults is broken.
var (
	whenOpen       = func(state pipe.State, _ pipe.Policy, _ bool) bool { return state == pipe.Open }
	whenConnecting = func(state pipe.State, _ pipe.Policy, _ bool) bool { return state != pipe.Open }
	ofLossy        = func(_ pipe.State, p pipe.Policy, _ bool) bool { return p.Lossy }
	ofLossless     = func(_ pipe.State, p pipe.Policy, _ bool) bool { return !p.Lossy }
	ofServer       = func(_ pipe.State, p pipe.Policy, _ bool) bool { return p.Server }
	ofPeer         = func(_ pipe.State, p pipe.Policy, _ bool) bool { return !p.Server }

	lossyAccept    = func(p pipe.Policy, _, _ bool) bool { return p.Lossy }
	serverQueued   = func(p pipe.Policy, queued, _ bool) bool { return !p.Lossy && p.Server && queued }
	peerQueued     = func(p pipe.Policy, queued, _ bool) bool { return !p.Lossy && !p.Server && queued }
	nothingQueued  = func(p pipe.Policy, queued, replaced bool) bool { return !p.Lossy && !queued && replaced }
	nothingAtStake = func(p pipe.Policy, queued, replaced bool) bool { return !p.Lossy && !queued && !replaced }
)

var mutations = []mutation{
	// The accepting side: who may talk to us.
	{"protocol version: let pass", passes(pipe.CaseProtocolVersion), OnlyTheAdmitted, ""},
	{"features: let pass", passes(pipe.CaseFeatures), OnlyTheAdmitted, ""},
	{"challenge: let pass", verifies(func(c *Credentials) { c.Demanded = false }), OnlyTheAdmitted, ""},
	{"challenge: whatever the answer", verifies(func(c *Credentials) { c.Answered = false }), PeersKeepProtocol, ""},
	{"bad authorizer: let pass", verifies(func(c *Credentials) { c.Valid = true }), OnlyTheAdmitted, ""},

	// The accepting side: which session.
	{"unknown session: open it", answers(pipe.CaseUnknownSession, wire.TagReady), Numbers, ""},
	{"new: RESETSESSION", answers(pipe.CaseNew, wire.TagResetSession), PeersKeepProtocol, ""},
	{"new: RETRY_SESSION", answers(pipe.CaseNew, wire.TagRetrySession), PeersKeepProtocol, ""},
	{"stale global_seq: not looked at", sees(pipe.CaseStaleGlobal, func(e *pipe.Existing) { e.PeerGlobalSeq = 0 }), Convergence, ""},
	{"stale global_seq: without the number", decides(pipe.CaseStaleGlobal, func(d *pipe.Decision) { d.GlobalSeq = 0 }), Convergence, ""},
	{"existing is lossy: taken for lossless", sees(pipe.CaseLossyExisting, func(e *pipe.Existing) { e.Lossy = false }), LossyOneSocket, ""},
	{"existing is lossy: RETRY_SESSION", answers(pipe.CaseLossyExisting, wire.TagRetrySession), PeersKeepProtocol, ""},
	{"peer restarted: not fresh", decides(pipe.CasePeerRestarted, func(d *pipe.Decision) { d.FreshPeer = false }), NothingLost, ""},
	{"peer restarted: no reset", decides(pipe.CasePeerRestarted, func(d *pipe.Decision) { d.ResetExisting = false }), ResetsTold, ""},
	{"peer restarted: reset without resetcheck", decides(pipe.CasePeerRestarted, func(d *pipe.Decision) { d.ResetExisting = true }), ResetsHaveCause, ""},
	{"peer restarted: RETRY_SESSION", answers(pipe.CasePeerRestarted, wire.TagRetrySession), ResetsHaveCause, ""},
	{"stale connect_seq: replace", replaces(pipe.CaseStaleSession), Convergence, ""},
	{"stale connect_seq: RETRY_SESSION with ours", decides(pipe.CaseStaleSession, func(d *pipe.Decision) { d.ConnectSeq-- }), Convergence, ""},
	{"stale connect_seq: RESETSESSION", answers(pipe.CaseStaleSession, wire.TagResetSession), ResetsHaveCause, ""},
	{"both new: RETRY_SESSION", answers(pipe.CaseBothNew, wire.TagRetrySession), ResetsHaveCause, ""},
	{"same connect_seq: replace", replaces(pipe.CaseSameSession), "",
		"global_seq keeps overtaken attempts out, so that this is the peer's latest, and SEQ settles the rest; the row keeps connect_seq rising at both sides"},
	{"same connect_seq: WAIT", answers(pipe.CaseSameSession, wire.TagWait), OnlyHigherWaits, ""},
	{"same connect_seq: RETRY_SESSION with ours", decides(pipe.CaseSameSession, func(d *pipe.Decision) { d.ConnectSeq-- }), PeersKeepProtocol, ""},
	{"race, incoming wins: WAIT", answers(pipe.CaseRaceIncomingWins, wire.TagWait), OnlyHigherWaits, ""},
	{"race, incoming wins: RETRY_SESSION", answers(pipe.CaseRaceIncomingWins, wire.TagRetrySession), Convergence, ""},
	{"race, incoming wins: fresh", decides(pipe.CaseRaceIncomingWins, func(d *pipe.Decision) { d.FreshPeer = true }), Numbers, ""},
	{"race, existing gives way: WAIT", decides(pipe.CaseRaceGivesWay, func(d *pipe.Decision) { *d = pipe.Decision{Case: d.Case, Tag: wire.TagWait, WakeExisting: true} }), PromiseOfWait, ""},
	{"race, existing gives way: RETRY_SESSION", answers(pipe.CaseRaceGivesWay, wire.TagRetrySession), Convergence, ""},
	{"race, existing gives way: fresh", decides(pipe.CaseRaceGivesWay, func(d *pipe.Decision) { d.FreshPeer = true }), Convergence, ""},
	{"race, existing wins: replace", replaces(pipe.CaseRaceExistingWins), Convergence, ""},
	{"race, existing wins: does not wake it", decides(pipe.CaseRaceExistingWins, func(d *pipe.Decision) { d.WakeExisting = false }), PromiseOfWait, ""},
	{"session lost here: replace", replaces(pipe.CaseSessionLost), ResetsHaveCause, ""},
	{"session lost here: given up, and not said", sees(pipe.CaseSessionLost, func(e *pipe.Existing) { e.Renounced = false }), ResetsTold, ""},
	{"reconnect: RESETSESSION", answers(pipe.CaseReconnect, wire.TagResetSession), ResetsHaveCause, ""},
	{"reconnect: RETRY_SESSION", answers(pipe.CaseReconnect, wire.TagRetrySession), PeersKeepProtocol, ""},
	{"reconnect: fresh", decides(pipe.CaseReconnect, func(d *pipe.Decision) { d.FreshPeer = true }), NoDuplicates, ""},
	{"reconnect: beside the existing pipe", answers(pipe.CaseReconnect, wire.TagReady), OnePipe, ""},
	{"SEQ: never", func(r *Rules) { r.Seq = func(pipe.Decision, wire.Features) bool { return false } }, Numbers, ""},
	{"SEQ: always", func(r *Rules) { r.Seq = func(pipe.Decision, wire.Features) bool { return true } }, ResetsHaveCause, ""},

	// The connecting side.
	{"READY: fault", acts(wire.TagReady, pipe.ActionFault), Convergence, ""},
	{"READY: without what we require", reacts(wire.TagReady, func(r *pipe.Reaction, reply wire.ConnectReply, a pipe.Attempt) {
		a.Required = 0
		*r = pipe.React(reply, a)
	}), OnlyTheAdmitted, ""},
	{"READY: with any connect_seq", reacts(wire.TagReady, func(r *pipe.Reaction, reply wire.ConnectReply, a pipe.Attempt) {
		a.Connect.ConnectSeq = reply.ConnectSeq - 1
		*r = pipe.React(reply, a)
	}), "", "two of our own never send another one; package pipe's tests do"},
	{"READY: global_seq not taken", reacts(wire.TagReady, func(r *pipe.Reaction, _ wire.ConnectReply, _ pipe.Attempt) { r.GlobalSeq = 0 }), NoDuplicates, ""},
	{"READY: connect_seq not taken", reacts(wire.TagReady, keepConnectSeq), Agreement, ""},
	{"READY: lossy not taken", reacts(wire.TagReady, func(r *pipe.Reaction, _ wire.ConnectReply, _ pipe.Attempt) { r.Lossy = false }), Progress, ""},
	{"SEQ: taken for READY", acts(wire.TagSeq, pipe.ActionOpen), Progress, ""},
	{"SEQ: fault", acts(wire.TagSeq, pipe.ActionFault), Convergence, ""},
	{"RESETSESSION: session not reset", reacts(wire.TagResetSession, func(r *pipe.Reaction, _ wire.ConnectReply, _ pipe.Attempt) { r.ResetSession = false }), ResetsHaveCause, ""},
	{"RESETSESSION: connect_seq kept", reacts(wire.TagResetSession, keepConnectSeq), ResetsHaveCause, ""},
	{"RESETSESSION: fault", acts(wire.TagResetSession, pipe.ActionFault), Convergence, ""},
	{"RETRY_GLOBAL: global_seq not taken", reacts(wire.TagRetryGlobal, func(r *pipe.Reaction, _ wire.ConnectReply, _ pipe.Attempt) { r.GlobalSeq = 0 }), Convergence, ""},
	{"RETRY_GLOBAL: fault", acts(wire.TagRetryGlobal, pipe.ActionFault), Convergence, ""},
	{"RETRY_SESSION: connect_seq not taken", reacts(wire.TagRetrySession, keepConnectSeq), Convergence, ""},
	{"RETRY_SESSION: fault", acts(wire.TagRetrySession, pipe.ActionFault), Convergence, ""},
	{"WAIT: try again", acts(wire.TagWait, pipe.ActionRetry), Convergence, ""},
	{"WAIT: fault", acts(wire.TagWait, pipe.ActionFault), Convergence, ""},
	{"WAIT: open", acts(wire.TagWait, pipe.ActionOpen), PeersKeepProtocol, ""},
	{"FEATURES: try again", acts(wire.TagFeatures, pipe.ActionRetry), Convergence, ""},
	{"FEATURES: open", acts(wire.TagFeatures, pipe.ActionOpen), OnlyTheAdmitted, ""},
	{"BADPROTOVER: try again", acts(wire.TagBadProtoVer, pipe.ActionRetry), Convergence, ""},
	{"BADAUTHORIZER: fresh credentials for ever", acts(wire.TagBadAuthorizer, pipe.ActionFreshAuthorizer), Convergence, ""},
	{"BADAUTHORIZER: fault at once", acts(wire.TagBadAuthorizer, pipe.ActionFault), Convergence, ""},
	{"BADAUTHORIZER: answer a challenge", acts(wire.TagBadAuthorizer, pipe.ActionAnswerChallenge), Convergence, ""},
	{"CHALLENGE_AUTHORIZER: fault", acts(wire.TagChallengeAuthorizer, pipe.ActionFault), Convergence, ""},
	{"CHALLENGE_AUTHORIZER: fresh credentials", acts(wire.TagChallengeAuthorizer, pipe.ActionFreshAuthorizer), Convergence, ""},

	// After a fault. CLOSING is not part of the model; its one row is in package pipe's tests.
	{"lossy: STANDBY", faults(whenOpen, over, standby), LossyOneSocket, ""},
	{"lossy: CONNECTING", faults(whenOpen, over, next), ServersWait, ""},
	{"lossy attempt: CLOSED", faults(ofLossy, again, over), NothingLost, ""},
	{"lossless: CLOSED", faults(whenOpen, next, over), NothingLost, ""},
	{"lossless attempt: CLOSED", faults(ofLossless, again, over), NothingLost, ""},
	{"standby policy with nothing queued: CONNECTING", faults(ofPeer, standby, next), NoIdleConnects, ""},
	{"standby policy with nothing queued: CLOSED", faults(ofPeer, standby, over), ResetsHaveCause, ""},
	{"server: CONNECTING", faults(ofServer, standby, next), ServersWait, ""},
	{"server: CLOSED", faults(ofServer, standby, over), ResetsHaveCause, ""},
	{"connect_seq counts attempts", faults(whenConnecting, again, pipe.Aftermath{Next: pipe.Connecting, Backoff: true, BumpConnectSeq: true}), ResetsHaveCause, ""},
	{"connect_seq does not count connections", faults(whenOpen, next, pipe.Aftermath{Next: pipe.Connecting}), Convergence, ""},
	{"something queued: STANDBY", faults(whenOpen, next, standby), "", "the writer leaves STANDBY at once when there is something queued, and counts the connection there"},
	{"something queued and an attempt failed: STANDBY", faults(ofLossless, again, standby), Convergence, ""},
	{"no pause", faults(whenConnecting, again, pipe.Aftermath{Next: pipe.Connecting}), "", "there is no time in the model; package pipe's tests have the pauses"},

	// After a failed accept.
	{"failed accept, lossy: STANDBY", failedAccepts(lossyAccept, pipe.Standby), LossyOneSocket, ""},
	{"failed accept, server with something queued: CLOSED", failedAccepts(serverQueued, pipe.Closed), NothingLost, ""},
	{"failed accept, server with something queued: CONNECTING", failedAccepts(serverQueued, pipe.Connecting), ServersWait, ""},
	{"failed accept, something queued: CLOSED", failedAccepts(peerQueued, pipe.Closed), NothingLost, ""},
	{"failed accept, something queued: STANDBY", failedAccepts(peerQueued, pipe.Standby), Convergence, ""},
	{"failed accept, replaced: CLOSED", failedAccepts(nothingQueued, pipe.Closed), NothingLost, ""},
	{"failed accept, replaced: CONNECTING", failedAccepts(nothingQueued, pipe.Connecting), NoIdleConnects, ""},
	{"failed accept, nothing at stake: STANDBY", failedAccepts(nothingAtStake, pipe.Standby), Convergence, ""},
	{"failed accept, nothing at stake: CONNECTING", failedAccepts(nothingAtStake, pipe.Connecting), NoIdleConnects, ""},
	{"gave up: CONNECTING", func(r *Rules) { r.AfterGivingUp = func(pipe.Policy) pipe.State { return pipe.Connecting } }, NoIdleConnects, ""},
	{"gave up: WAIT", func(r *Rules) { r.AfterGivingUp = func(pipe.Policy) pipe.State { return pipe.Wait } }, "", "a client that waits for its server does so in vain, for a while; package pipe's tests have the table"},
	{"gave up: STANDBY", func(r *Rules) { r.AfterGivingUp = func(pipe.Policy) pipe.State { return pipe.Standby } }, ResetsTold, ""},

	{"failed accept: connect_seq kept", func(r *Rules) { r.FailedAccept = func(_, arrived uint8) uint8 { return arrived + 1 } }, ResetsHaveCause, ""},
	{"failed accept: connect_seq of the peer", func(r *Rules) { r.FailedAccept = func(_, arrived uint8) uint8 { return arrived } }, Convergence, ""},
}

func keepConnectSeq(r *pipe.Reaction, _ wire.ConnectReply, a pipe.Attempt) {
	r.ConnectSeq = a.Connect.ConnectSeq
}
