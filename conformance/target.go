package conformance

import (
	"context"
	"net"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// Target is a messenger under test.
type Target struct {
	// Name is what reports call it.
	Name string
	// Start makes it ready for a case. Kit is the address at which the kit listens for it; it is
	// blank in the role of a server, in which the kit is the one who calls. In the roles of a
	// client and of a peer the messenger is to open a session with kit and to send pings (messages
	// of type 2) in it, again and again, until Stop is called.
	//
	// Cases run at the same time, up to Options.Parallel of them. Instances may share one
	// messenger, as those of a daemon do.
	Start func(ctx context.Context, kit wire.EntityAddr) (*Instance, error)
	// Listen opens the socket of the kit, in the roles of a client and of a peer. Nil means TCP, at
	// a free port of 127.0.0.1.
	Listen func(ctx context.Context) (net.Listener, error)
	// Nonce is that of the kit's own address when it listens. Monitors have 0.
	Nonce uint32
	// Credentials are the kit's, where peers prove who they are; nil without.
	Credentials *Credentials
	// HostPortOnly says that the messenger is told host and port of the kit alone: then it may take
	// any nonce for right.
	HostPortOnly bool
}

// Instance is a target that is ready for a case.
type Instance struct {
	// Dial opens a connection to it, in the roles of a server and of a peer.
	Dial func(ctx context.Context) (net.Conn, error)
	// Stop ends it and returns what it had to say, such as the output of a program: nothing, or
	// text for whoever reads of a failed case. It may be nil.
	Stop func() string
	// Ended is closed when it has ended by itself. It may be nil.
	Ended <-chan struct{}
	// Crashed says how it has ended by itself, if that was not in order: by a signal, by a panic.
	// It may be nil.
	Crashed func() string
}

// Server returns a target that listens at an address of TCP, HOST:PORT, whoever has started it.
func Server(address string) *Target {
	return &Target{Name: address, Start: func(context.Context, wire.EntityAddr) (*Instance, error) {
		return &Instance{Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}}, nil
	}}
}

// Caller returns a target that calls the kit by itself, as a daemon does that was told the kit's
// address. Its cases are to run one at a time.
func Caller(name string) *Target {
	return &Target{Name: name, Start: func(context.Context, wire.EntityAddr) (*Instance, error) {
		return new(Instance), nil
	}}
}

// highestNonce makes an address higher than any other: its lowest byte is compared first.
const highestNonce = 1<<32 - 1

// listen opens the socket of the kit, at an address of the kind that a case wants. With byPort the
// port makes it lower or higher: nonces are all 0, as among monitors.
func (t *Target) listen(ctx context.Context, kind string, byPort bool) (*listener, error) {
	open, nonce, host := t.Listen, t.Nonce, "127.0.0.1:0"
	switch kind {
	case script.AddressLower:
		nonce = 0
		if byPort {
			open = lowerPorts.listen
		}
	case script.AddressHigher:
		nonce = highestNonce
		if byPort {
			open, nonce = higherPorts.listen, 0
		}
	case script.AddressIPv6:
		host = "[::1]:0"
		if open != nil {
			return nil, errNotHere
		}
	}
	if open == nil {
		open = func(ctx context.Context) (net.Listener, error) {
			return new(net.ListenConfig).Listen(ctx, "tcp", host)
		}
	}
	l, err := open(ctx)
	switch {
	case err != nil && kind == script.AddressIPv6:
		return nil, errors.Wrap(errNotHere, err.Error())
	case err != nil:
		return nil, err
	}
	return listen(l, nonce), nil
}
