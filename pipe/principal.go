package pipe

import (
	"strconv"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// The rules of identity: whose is a session? An address is what a peer says of itself. Where peers have to prove who they are, two
// that claim one address are two peers, and each has a session of its own there.

// Principal is who a peer has proved to be. The zero value has proved nothing.
type Principal struct {
	Name     auth.EntityName
	GlobalID uint64 // tells apart the clients that share a name
}

// principalOf returns what an identity proves.
func principalOf(id auth.Identity) Principal {
	if !id.Proven {
		return Principal{}
	}
	name, err := auth.ParseEntityName(id.Name)
	if err != nil { // of no type that we know; so it is nobody whom a name of the wire could mean
		name = auth.EntityName{ID: id.Name}
	}
	return Principal{name, id.GlobalID}
}

// IsZero reports whether nothing is proved.
func (p Principal) IsZero() bool { return p == Principal{} }

// MayComeAs reports whether a principal may connect as an entity of type t. Daemons' types are for their own principals;
// as a client comes everybody: librados inside a manager does, with the manager's ticket.
func (p Principal) MayComeAs(t wire.EntityType) bool {
	return p.IsZero() || t == wire.EntityClient || t == p.Name.Type
}

// Fits reports whether an entity's name can be this principal's. An OSD's number is its principal's id, and a client's, whatever
// principal comes as one, is the global id of its ticket. Monitors share one principal, and the numbers of managers and mds say
// nothing of theirs, so of those only the type is compared. Nothing contradicts who has proved nothing.
func (p Principal) Fits(n wire.EntityName) bool {
	switch {
	case p.IsZero():
		return true
	case !p.MayComeAs(n.Type):
		return false
	}
	known := p.EntityName(n.Type).Num
	return known == wire.NumUnknown || n.Num == wire.NumUnknown || n.Num == known
}

// EntityName returns the name that the principal has when it comes as an entity of type t; its number is wire.NumUnknown where the
// principal does not tell.
func (p Principal) EntityName(t wire.EntityType) wire.EntityName {
	n := wire.EntityName{Type: t, Num: wire.NumUnknown}
	switch {
	case p.IsZero():
	case t == wire.EntityClient:
		n.Num = int64(p.GlobalID)
	case t == wire.EntityOSD:
		if num, err := strconv.ParseInt(p.Name.ID, 10, 64); err == nil && num >= 0 {
			n.Num = num
		}
	}
	return n
}

// Claim is what is known of the other end of a registered pipe: by what right it has its session.
type Claim struct {
	Principal Principal // that the peer has proved to be, when it last connected to us
	// Called is the name by which our user asked for the session; the zero name if the peer came by itself. To whom we
	// connect proves its type alone: all daemons of one type share the secret that opens their tickets.
	Called wire.EntityName
	// MustProve: peers of the type that was called have to prove themselves when they connect to us.
	MustProve bool
}

// Admits reports whether a peer that connects to us, and has proved to be p, comes to this session.
func (c Claim) Admits(p Principal) bool {
	switch {
	case !c.Principal.IsZero():
		return p.Name == c.Principal.Name
	case c.MustProve:
		return !p.IsZero() && p.Fits(c.Called)
	case c.Called != wire.EntityName{}:
		return p.Fits(c.Called)
	}
	return p.IsZero()
}

// Serves reports whether what our user sends to that name belongs into this session. mustProve says whether peers of the name's type
// have to prove themselves when they connect to us.
func (c Claim) Serves(n wire.EntityName, mustProve bool) bool {
	switch {
	case !c.Principal.IsZero():
		return c.Principal.Fits(n)
	case c.Called == wire.EntityName{}:
		return !mustProve // the session of somebody who has proved nothing
	}
	return !mustProve && !c.MustProve || c.Called.Type == n.Type
}

// mustProve reports whether peers of that type have to prove themselves when they connect to us.
func mustProve(host Host, t wire.EntityType) bool {
	server := host.AuthServer()
	return server != nil && server.MustProve(t)
}

// At one address there is one messenger, and to dial it means to reach whoever that is. So of several sessions that claim an
// address at most one may dial: the one for which our user asked last. The others wait for their peers to connect, as servers do. So does
// a session, even the only one, whose peer has proved who it is but came from another host than its address names.

// Call returns the handle of the session if what our user sends to that name belongs into it, and notes that it was asked for. It returns
// nil if it does not, or if there is no session to be used. news says that the session had no right to dial before: others of the
// address are to Yield. Called with the registry locked.
func (p *Pipe) Call(n wire.EntityName) (c *Connection, news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.usable() || !p.session.claim.Serves(n, mustProve(p.host, n.Type)) {
		return nil, false
	}
	if !p.asked {
		p.asked, news = true, true
		p.policy.Server = p.host.Policy(p.Peer().Name.Type).Server || p.listensNowhere()
		p.wakeWriter()
	}
	return p.session.connection, news
}

// Yield takes the right to dial: our user asked for another session of the address. Called with the registry locked.
func (p *Pipe) Yield() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = false
	p.yield()
}

// contest leaves it to the peer to connect, unless our user asked for this session: another principal claims the address too. It
// reports whether there is such a session still. Called with the registry locked.
func (p *Pipe) contest() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.usable() && !p.asked {
		p.yield()
	}
	return p.usable()
}

// yield is called with p.mu held.
func (p *Pipe) yield() {
	p.policy.Server = true
	if (p.state == Connecting || p.state == Wait) && !p.policy.Lossy {
		p.dropLink()
		p.setState(Standby)
		p.wakeWriter()
	}
}

// backed reports whether the socket of a peer that connected to us comes from the host that its address names, as far as can be seen.
func (p *Pipe) backed(l *link) bool {
	from := wire.EntityAddrFromNet(l.conn.RemoteAddr(), 0)
	return from.IsBlankIP() || from.SameHost(p.Peer().Addr)
}

// listensNowhere reports whether it is for the peer to connect, whatever the policy says.
func (p *Pipe) listensNowhere() bool { return p.Peer().Addr.Port == 0 }
