package protocol

import "simplemessenger/wire"

// ListensNowhere reports whether it is for the peer to connect, whatever the policy says: without a
// port there is nothing to call. The original calls such peers in vain, for ever, and tells them to
// wait for it.
func ListensNowhere(peer wire.EntityAddr) bool { return peer.Port == 0 }

// Claimant is a session that a peer has opened, at an address that it says is its own.
type Claimant struct {
	Asked     bool // our user asked for this session
	Contested bool // another principal claims the address too
	Proven    bool // the peer has proved who it is
	Backed    bool // its socket came from the host that the address names
}

// MayDial reports whether the address may be dialled for the sake of this session. At one address
// there is one messenger, and to dial it means to reach whoever that is. So of several sessions
// that claim an address at most one may dial: the one for which our user asked last. The others
// wait for their peers to connect, as servers do. So does a session, even the only one, whose peer
// has proved who it is but came from another host.
func MayDial(c Claimant) bool { return c.Asked || !c.Contested && (!c.Proven || c.Backed) }

// Backed reports whether a socket that comes from there is, as far as can be seen, from the host of
// the address.
func Backed(from, claimed wire.EntityAddr) bool {
	return from.IsBlankIP() || from.SameHost(claimed)
}

// Answers reports whether who announces that address is the peer that was called. anyNonce says
// that the caller knows no more of it than host and port.
func Answers(called, announced wire.EntityAddr, anyNonce bool) bool {
	if anyNonce {
		announced.Nonce = called.Nonce
	}
	return called.ProbablyEquals(announced)
}
