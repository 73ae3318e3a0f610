package session

import (
	"simplemessenger/protocol"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Policy says how sessions with peers of one entity type behave. It is copied when a pipe is made.
type Policy struct {
	// Lossy: a fault ends the session, and nothing is sent twice. What the server says of it counts
	// for both sides.
	Lossy bool
	// Server: never connect from this side; wait for the peer.
	Server bool
	// Standby: a session with nothing to send waits without a socket after a fault.
	Standby bool
	// ResetCheck: a peer that comes with a session that this side does not know, or without the one
	// that it does know, has restarted: reset the session and tell the user.
	ResetCheck bool

	// VerifySource: drop messages whose source cannot be the principal that the peer has proved to
	// be, instead of delivering them with Message.SourceDisputed. Without authentication nothing is
	// disputed. Off in all six policies: the original looks at neither.
	VerifySource bool

	FeaturesSupported wire.Features // what this side offers; zero means wire.FeaturesSupported
	FeaturesRequired  wire.Features // what the peer must offer

	// ThrottleBytes and ThrottleMessages limit what peers of this type may have undelivered or
	// unreleased at one time. They may be shared by policies; nil means no limit.
	ThrottleBytes    *throttle.Throttle
	ThrottleMessages *throttle.Throttle
}

// StatefulServer is the policy of a server that keeps its clients' sessions: mds towards clients.
func StatefulServer() Policy { return follow(protocol.StatefulServer()) }

// StatelessServer is the policy of a server that forgets its clients with their sockets: mon and
// osd towards clients.
func StatelessServer() Policy { return follow(protocol.StatelessServer()) }

// LosslessPeer is the policy between equals that never restart under the same address: osd and osd,
// mon and mon.
func LosslessPeer() Policy { return follow(protocol.LosslessPeer()) }

// LosslessPeerReuse is LosslessPeer for equals that may restart under the same address.
func LosslessPeerReuse() Policy { return follow(protocol.LosslessPeerReuse()) }

// LossyClient is the policy of a client towards a StatelessServer.
func LossyClient() Policy { return follow(protocol.LossyClient()) }

// LosslessClient is the policy of a client towards a StatefulServer.
func LosslessClient() Policy { return follow(protocol.LosslessClient()) }

func follow(rules protocol.Policy) Policy {
	return Policy{Lossy: rules.Lossy, Server: rules.Server, Standby: rules.Standby,
		ResetCheck: rules.ResetCheck}
}

// Offers returns what this side offers.
func (p Policy) Offers() wire.Features {
	if p.FeaturesSupported == 0 {
		return wire.FeaturesSupported
	}
	return p.FeaturesSupported
}

// Rules returns what the rules of the protocol look at.
func (p Policy) Rules() protocol.Policy {
	return protocol.Policy{Lossy: p.Lossy, Server: p.Server, Standby: p.Standby,
		ResetCheck: p.ResetCheck}
}
