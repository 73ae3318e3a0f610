package main

import "math"

// Decide says what to answer to a connect message, and what becomes of e, the pipe that is
// registered for its sender; nil if there is none.
func Decide(a Arrival, e *Existing) Decision {
	switch {
	case a.ProtocolVersion != a.WantVersion:
		return Decision{Tag: BadProtoVer}
	case a.Required&^a.Features != 0:
		return Decision{Tag: Features}
	case a.Credentials == "challenged":
		return Decision{Tag: ChallengeAuthorizer}
	case a.Credentials == "refused":
		return Decision{Tag: BadAuthorizer}
	case a.PrincipalType != 0 && a.HostType != TypeClient && a.HostType != a.PrincipalType:
		return Decision{Tag: BadAuthorizer}

	case e == nil && a.ConnectSeq > 0:
		return Decision{Tag: ResetSession}
	case e == nil:
		return Decision{Tag: Ready}

	case a.GlobalSeq < e.PeerGlobalSeq:
		return Decision{Tag: RetryGlobal, GlobalSeq: e.PeerGlobalSeq}
	case a.ConnectSeq == math.MaxUint32, a.ConnectSeq > 0 && e.Exhausted:
		return Decision{Tag: ResetSession}
	case e.Lossy:
		return Decision{Tag: Ready, Replace: true, EndSession: true, FreshPeer: true}
	case a.ConnectSeq == 0 && e.ConnectSeq > 0:
		return Decision{Tag: Ready, Replace: true, FreshPeer: true,
			ResetSession: a.ResetCheck || e.Exhausted}
	case a.ConnectSeq < e.ConnectSeq:
		return Decision{Tag: RetrySession, ConnectSeq: e.ConnectSeq + 1}
	}
	lost := e.ConnectSeq == 0 && (a.ResetCheck || e.Renounced)
	if a.ConnectSeq > e.ConnectSeq {
		if lost {
			return Decision{Tag: ResetSession}
		}
		return Decision{Tag: Ready, Replace: true}
	}
	switch e.State {
	case Open, Standby:
		if lost {
			return Decision{Tag: Ready, Replace: true}
		}
		return Decision{Tag: RetrySession, ConnectSeq: e.ConnectSeq + 1}
	case Connecting:
		if Compare(a.Peer, a.Local) >= 0 && !e.Server && e.Insists {
			return Decision{Tag: Wait, WakeExisting: true}
		}
	}
	return Decision{Tag: Ready, Replace: true}
}
