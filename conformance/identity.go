package conformance

import (
	"math/rand/v2"
	"net"
	"net/netip"

	"simplemessenger/auth"
	"simplemessenger/auth/none"
	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// Identity is who the kit says that it is towards a server.
type Identity struct {
	// Type is in its connect messages and names.
	Type wire.EntityType
	// ProtocolVersion is what the server wants of peers of that type.
	ProtocolVersion uint32
	// AuthorizerProtocol and Authorizer are what a peer of that type brings without keys.
	AuthorizerProtocol uint32
	Authorizer         []byte

	// credentials, if they are set, are what the kit brings instead, as another principal than
	// theirs if other is set.
	credentials *Credentials
	other       bool

	// lowerThan, if it is set, is the nonce of a server that may call its peer although the peer
	// listens nowhere: the kit then takes addresses below the server's, so that of two connections
	// its own stays.
	lowerThan *uint32
}

// identityOf returns the identity of a peer without keys. Daemons bring an authorizer of the method
// none; clients bring nothing to a monitor, and one of that method to other daemons.
func identityOf(t wire.EntityType, version uint32, withAuthorizer bool) Identity {
	id := Identity{Type: t, ProtocolVersion: version}
	if !withAuthorizer {
		return id
	}
	client := none.Client{Name: auth.EntityName{Type: t, ID: "kit"}}
	if a, err := client.Authorizer(t, false); err == nil {
		id.AuthorizerProtocol, id.Authorizer = a.Protocol(), a.Bytes()
	}
	return id
}

// self is the kit as a peer, in one case.
type self struct {
	Identity
	name wire.EntityName
	addr wire.EntityAddr

	// What a messenger counts: sessions' connections, and messages of the session.
	globalSeq, connectSeq uint32
	outSeq, inSeq         uint64
	// session tells whether there is one that was open.
	session bool
}

// newSelf returns a peer that nobody knows yet.
func newSelf(id Identity, random *rand.Rand) *self {
	return &self{Identity: id,
		name:      wire.EntityName{Type: id.Type, Num: 1000 + random.Int64N(1e6)},
		addr:      newAddr(id.lowerThan),
		globalSeq: uint32(random.IntN(1000))}
}

// newAddr returns an address that nobody had, without port. Its IP is that of the socket, later,
// unless it is to be below that of a server whose nonce is 0, as those of monitors are: then IPs
// tell peers apart.
func newAddr(lowerThan *uint32) wire.EntityAddr {
	random := rand.Uint32()
	switch {
	case lowerThan == nil:
		return wire.EntityAddr{Nonce: random | 1<<31}
	case *lowerThan == 0:
		return wire.EntityAddr{IP: netip.AddrFrom4([4]byte{127, byte(random >> 16),
			byte(random >> 8), byte(random) | 2})}
	}
	return wire.EntityAddr{Nonce: random &^ 0xff} // the lowest byte decides first
}

// forget loses the session, as by a restart, or by a user who marks it down.
func (k *self) forget() {
	k.session, k.connectSeq, k.outSeq, k.inSeq = false, 0, 0, 0
}

// nextConnectSeq is that of the next connect message: it counts the connections of the session.
func (k *self) nextConnectSeq() uint32 {
	if k.session {
		return k.connectSeq + 1
	}
	return 0
}

// become changes who the kit says that it is.
func (k *self) become(field string, v script.Value) bool {
	switch field {
	case "type":
		k.Type, k.name.Type = wire.EntityType(v.Number), wire.EntityType(v.Number)
	case "num":
		k.name.Num = int64(v.Number)
	case "global_seq":
		k.globalSeq = uint32(v.Number)
	case "protocol_version":
		k.ProtocolVersion = uint32(v.Number)
	default:
		return setAddress(&k.addr, field, v)
	}
	return true
}

// localAddr fills in our own host, once there is a socket.
func (k *self) localAddr(conn net.Conn) {
	if k.addr.IP.IsValid() {
		return
	}
	a := wire.EntityAddrFromNet(conn.LocalAddr(), k.addr.Nonce)
	k.addr.IP, k.addr.ScopeID = a.IP, a.ScopeID
}
