package protocol

// Aftermath is what becomes of a pipe whose socket is given up.
type Aftermath struct {
	Next           State // CLOSED, STANDBY or CONNECTING
	BumpConnectSeq bool  // the next connection is a new one of the session
	Backoff        bool  // pause before the next attempt
}

// AfterFault is the rule of faults. state is the pipe's state when the socket failed: CONNECTING,
// OPEN, WAIT or CLOSING. queued says that there is something for the sake of which to connect.
func AfterFault(state State, policy Policy, queued bool) Aftermath {
	switch {
	case state == Closing:
		return Aftermath{Next: Closed}
	case policy.Lossy && state != Connecting && state != Wait:
		return Aftermath{Next: Closed}
	case policy.Standby && !queued:
		return Aftermath{Next: Standby}
	case state == Connecting || state == Wait:
		return Aftermath{Next: Connecting, Backoff: true}
	case policy.Server:
		return Aftermath{Next: Standby}
	}
	return Aftermath{Next: Connecting, BumpConnectSeq: true}
}

// AfterFailedAccept is the rule for a socket that fails between the decision to open and the end of
// the handshake. The peer may or may not believe that the session is open.
func AfterFailedAccept(policy Policy, queued, replaced bool) Aftermath {
	switch {
	case policy.Lossy:
		return Aftermath{Next: Closed}
	case queued && policy.Server:
		return Aftermath{Next: Standby}
	case queued:
		return Aftermath{Next: Connecting}
	case replaced:
		return Aftermath{Next: Standby}
	}
	return Aftermath{Next: Closed}
}
