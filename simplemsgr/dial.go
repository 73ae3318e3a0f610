package simplemsgr

import (
	"context"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/pipe"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// Dial returns an open connection with a peer, by its name and by its address as people write it:
// host, which may have a name, and port, and a nonce if it is known ("osd.example.org:6800",
// "[::1]:6800/42"). Without a nonce any is taken, as with AnyNonce.
//
// It waits until the session is open. It fails with ctx, then with the latest fault too; and at
// once with what trying again does not mend: another daemon than the one called, a protocol version
// or features that do not match, credentials that are refused, an address where no messenger is. Of
// several addresses it tries one after the other, and goes on to the next at the first fault. A
// connection that was made by a Dial that has failed is marked down, unless somebody else has got
// it from Connect meanwhile.
//
// Once it is open the connection is as one of Connect: its faults are mended behind the scenes. To
// connect in the background, or without a network at hand, use Connect, and WaitOpen.
func (m *Messenger) Dial(ctx context.Context, name wire.EntityName,
	addr string) (*Connection, error) {
	addrs, err := ResolveAddrs(ctx, addr, 0)
	if err != nil {
		return nil, errors.WithMessagef(err, "dial %v", name)
	}
	addrs = slices.DeleteFunc(addrs, func(a wire.EntityAddr) bool {
		return a.Type == wire.AddrMsgr2
	})
	err = errors.Errorf("dial %v: no address of protocol v1 in %q", name, addr)
	for i, a := range addrs {
		var c *Connection
		peer := wire.EntityInst{Name: name, Addr: a}
		if c, err = m.dialOne(ctx, peer, i == len(addrs)-1); err == nil {
			return c, nil
		}
		err = fmt.Errorf("dial %v: %w", peer, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// dialOne dials one address, and where somebody may yet begin to listen waits for that.
func (m *Messenger) dialOne(ctx context.Context, peer wire.EntityInst,
	patient bool) (*Connection, error) {
	var options []ConnectOption
	if peer.Addr.Nonce == 0 {
		options = append(options, AnyNonce())
	}
	c, err := m.connect(peer, options, true)
	if err != nil {
		return nil, err
	}
	err = c.WaitOpenUnless(ctx, func(fault error) bool {
		return hopeless(fault) || !patient
	})
	session.Dialed(c, err == nil)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// hopeless reports whether a fault does not heal by itself.
func hopeless(fault error) bool {
	for _, kind := range [...]error{pipe.ErrWrongPeer, pipe.ErrNotCeph, pipe.ErrProtocolVersion,
		pipe.ErrFeatures, pipe.ErrBadAuthorizer, pipe.ErrUnproven} {
		if errors.Is(fault, kind) {
			return true
		}
	}
	return false
}
