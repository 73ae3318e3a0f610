package protocol

// Policy is what the rules need to know of the policy towards a peer.
type Policy struct {
	// Lossy: a fault ends the session, and nothing is sent twice.
	Lossy bool
	// Server: never connect from this side; wait for the peer.
	Server bool
	// Standby: a session with nothing to send waits without a socket after a fault.
	Standby bool
	// ResetCheck: a peer that comes with a session that this side does not know, or without the one
	// that it does know, has restarted.
	ResetCheck bool
}

// StatefulServer is the policy of a server that keeps its clients' sessions: mds towards clients.
func StatefulServer() Policy { return Policy{Server: true, Standby: true, ResetCheck: true} }

// StatelessServer is the policy of a server that forgets its clients with their sockets: mon and
// osd towards clients.
func StatelessServer() Policy { return Policy{Server: true, Lossy: true} }

// LosslessPeer is the policy between equals that never restart under the same address: osd and osd,
// mon and mon.
func LosslessPeer() Policy { return Policy{Standby: true} }

// LosslessPeerReuse is LosslessPeer for equals that may restart under the same address.
func LosslessPeerReuse() Policy { return Policy{Standby: true, ResetCheck: true} }

// LossyClient is the policy of a client towards a StatelessServer.
func LossyClient() Policy { return Policy{Lossy: true} }

// LosslessClient is the policy of a client towards a StatefulServer.
func LosslessClient() Policy { return Policy{ResetCheck: true} }
