package memnet

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// Ephemeral ports, in the range that Linux uses.
const (
	firstEphemeralPort = 32768
	lastEphemeralPort  = 60999
)

// Host is one machine of a [Network].
type Host struct {
	network   *Network
	order     int
	addresses []netip.Addr // never changes

	// Guarded by Network.mu:
	listeners map[uint16][]*listener // by port
	usedPorts map[uint16]int         // connections that were dialed from a port
	nextPort  uint16
}

// newHost makes a host; the caller registers its addresses.
func newHost(n *Network, addresses []netip.Addr) *Host {
	return &Host{
		network:   n,
		order:     len(n.hosts),
		addresses: addresses,
		listeners: make(map[uint16][]*listener),
		usedPorts: make(map[uint16]int),
		nextPort:  firstEphemeralPort,
	}
}

// String returns the host's first address.
func (h *Host) String() string { return h.addresses[0].String() }

// Listen listens on address, an IP address of the host or the unspecified one,
// and a port; port 0 picks an ephemeral port. It fails with EADDRINUSE if
// another listener has the port, with EADDRNOTAVAIL if the address is not the
// host's. The network is "tcp", "tcp4" or "tcp6". The context matters only if it
// has ended already.
func (h *Host) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	local, err := parseAddress(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if err = ctx.Err(); err == nil {
		var l *listener
		if l, err = h.listen(local, network); err == nil {
			return l, nil
		}
	}
	return nil, &net.OpError{Op: "listen", Net: network, Addr: net.TCPAddrFromAddrPort(local),
		Err: err}
}

func (h *Host) listen(local netip.AddrPort, network string) (*listener, error) {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	if h.network.closed {
		return nil, net.ErrClosed
	}
	if !local.Addr().IsUnspecified() && !slices.Contains(h.addresses, local.Addr()) {
		return nil, syscall.EADDRNOTAVAIL
	}
	if local.Port() == 0 {
		port, ok := h.ephemeralPort()
		if !ok {
			return nil, syscall.EADDRINUSE
		}
		local = netip.AddrPortFrom(local.Addr(), port)
	}
	l := newListener(h, local, network)
	for _, other := range h.listeners[local.Port()] {
		if l.overlaps(other) {
			return nil, syscall.EADDRINUSE
		}
	}
	h.listeners[local.Port()] = append(h.listeners[local.Port()], l)
	return l, nil
}

// listenerOn returns who takes connections to an address, nil if nobody: a
// listener on that very address before one on all addresses.
func (h *Host) listenerOn(address netip.AddrPort) *listener {
	var wildcard *listener
	for _, l := range h.listeners[address.Port()] {
		if l.local.Addr() == address.Addr() {
			return l
		}
		if wildcard == nil && l.serves(address.Addr()) {
			wildcard = l
		}
	}
	return wildcard
}

func (h *Host) removeListener(l *listener) {
	port := l.local.Port()
	h.listeners[port] = slices.DeleteFunc(h.listeners[port], func(other *listener) bool {
		return other == l
	})
	if len(h.listeners[port]) == 0 {
		delete(h.listeners, port)
	}
}

func (h *Host) closeListeners() {
	for _, listeners := range h.listeners {
		for _, l := range slices.Clone(listeners) {
			l.close()
		}
	}
}

// addressFor returns the host's first address of the same family as remote. A
// host talks to itself from the address that it dials.
func (h *Host) addressFor(remote netip.Addr) (netip.Addr, bool) {
	if slices.Contains(h.addresses, remote) {
		return remote, true
	}
	for _, a := range h.addresses {
		if a.Is4() == remote.Is4() {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// ephemeralPort returns the next port of the range that is free.
func (h *Host) ephemeralPort() (uint16, bool) {
	for range lastEphemeralPort - firstEphemeralPort + 1 {
		port := h.nextPort
		if h.nextPort++; h.nextPort > lastEphemeralPort {
			h.nextPort = firstEphemeralPort
		}
		if h.usedPorts[port] == 0 && len(h.listeners[port]) == 0 {
			return port, true
		}
	}
	return 0, false
}

func (h *Host) freePort(port uint16) {
	if h.usedPorts[port]--; h.usedPorts[port] == 0 {
		delete(h.usedPorts, port)
	}
}
