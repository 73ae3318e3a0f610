package conformance

import (
	"context"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// habits are what is known of a messenger that calls.
type habits struct {
	// returns: it comes again when an attempt has failed. reopens: also when a lossy session has
	// ended. requires: it does not take a session without any features.
	returns, reopens, requires bool
	// bare: its connect message has no authorizer.
	bare bool
	// higher: it calls the kit at an address with the highest nonce, too.
	higher bool
	// told: it was told the kit's nonce.
	told bool
	// own is its own address, whose nonce is 0 for monitors.
	own wire.EntityAddr
}

// byPort tells whether it is the port that makes the kit's address lower or higher, since nonces
// are all 0.
func (h *habits) byPort(address string) bool {
	return h.own.Nonce == 0 && programPorts.has(h.own.Port) &&
		(address == script.AddressLower || address == script.AddressHigher && !h.higher)
}

// wants says what is missing of a capability, nothing if it is there.
func (a *ability) wants(word string) string {
	for _, one := range append(a.habits.needs(), a.trust.needs()...) {
		switch {
		case one.word == word && one.has:
			return ""
		case one.word == word:
			return one.missing
		}
	}
	return "nobody knows what " + word + " is"
}

// needs are what a case may need of it.
func (h *habits) needs() []need {
	return []need{
		{"returns", h.returns, "it does not come again after a fault"},
		{"reopens", h.reopens, "it does not come again after a lossy session"},
		{"requires", h.requires, "it requires no features"},
		{"bare", h.bare, "its connect has an authorizer"},
		{"nonce", h.told, "it was not told the kit's nonce"},
	}
}

// unordered says why the kit cannot have such an address, nothing if it can.
func (h *habits) unordered(address string) string {
	switch {
	case h.byPort(address):
		return ""
	case address == script.AddressLower && h.own.Nonce == 0:
		return "its own nonce is 0: there is none below"
	case address == script.AddressIPv6 && h.own.Port != 0 && h.own.IP.Is4():
		return "it listens at an address of IPv4, and calls with that"
	case address == script.AddressHigher && !h.higher:
		return "it does not call the kit's nonce"
	}
	return ""
}

// client finds out what a client can do: by its first connect, and whether it comes back.
func (b *prober) client(ctx context.Context, role Role) (capabilities, error) {
	id := identityOf(wire.EntityOSD, 0, false)
	credentials := b.target.Credentials
	if credentials != nil {
		id.Type, id.credentials = credentials.Service, credentials
	}
	p, err := b.play(ctx, role, id, true, "welcome")
	if err != nil {
		return capabilities{}, err
	}
	connect := p.current.connect
	if role == RolePeer {
		// An equal is of the same type, and wants the version that it comes with.
		id = identityOf(connect.HostType, connect.ProtocolVersion, true)
		id.credentials = credentials
	}
	a := ability{Identity: id, features: connect.Features}
	does := func(lossy bool, text string) bool {
		_, err := b.play(ctx, role, id, lossy, text)
		return err == nil
	}
	a.told = !b.target.HostPortOnly
	a.bare, a.own = connect.AuthorizerLen == 0, p.current.peerAddr
	a.echo = does(true, "welcome\nexpect msg")
	a.returns = does(true, "accept\nclose\naccept")
	a.reopens = a.echo && does(true, "welcome\nexpect msg\nclose\nwelcome\nexpect msg")
	a.requires = does(true, "accept\nsend greeting\nexpect greeting\nexpect connect\n"+
		"send reply features=none\nexpect closed skip=none")
	a.trust = b.trustOfCaller(ctx, role, id, p)
	a.higher = does(true, "address higher\nwelcome")
	c := capabilities{lossy: &a}
	if a.echo && does(false, "welcome\nexpect msg\nclose\naccept\nsend greeting\n"+
		"expect greeting\nexpect connect connect_seq=>0\nsend reply\nexpect msg") {
		lossless := a
		c.lossless = &lossless
	}
	return c, nil
}
