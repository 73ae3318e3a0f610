package memnet

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// Dial connects to address, an IP address and port, from the host's first
// address of the same family. Its outcome is known after two latencies, one in
// each direction. It fails with ECONNREFUSED where nobody listens, with
// EHOSTUNREACH where there is no such host, with ENETUNREACH if this host has no
// address of the family; in a partition it waits until that is healed or ctx
// ends. The network is "tcp", "tcp4" or "tcp6".
//
// The backlog of a listener has no limit: the dial does not wait for Accept.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	remote, err := parseAddress(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(remote),
			Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	c, hooks, err := h.prepareDial(remote)
	if err != nil {
		return fail(err)
	}
	for _, hook := range hooks {
		hook(c)
	}
	c.beginDial()
	select {
	case <-c.answered:
	case <-ctx.Done():
		if c.abandonDial() {
			return fail(ctx.Err())
		}
	}
	if c.dialErr != nil {
		return nil, c.client.opError("dial", c.dialErr)
	}
	return &c.client, nil
}

func (h *Host) prepareDial(remote netip.AddrPort) (*Conn, []func(*Conn), error) {
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, nil, net.ErrClosed
	}
	local, ok := h.addressFor(remote.Addr())
	if !ok {
		return nil, nil, syscall.ENETUNREACH
	}
	to, ok := n.hosts[remote.Addr()]
	if !ok {
		return nil, nil, syscall.EHOSTUNREACH
	}
	port, ok := h.ephemeralPort()
	if !ok {
		return nil, nil, syscall.EADDRNOTAVAIL
	}
	h.usedPorts[port]++
	return n.newConn(h, to, netip.AddrPortFrom(local, port), remote), n.hooks, nil
}

// beginDial sends the SYN, or holds it back.
func (c *Conn) beginDial() {
	n := c.network
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case c.done: // reset by a hook or by Network.Close
	case n.holding:
		c.held = true
		n.held = append(n.held, c)
		close(n.heldMore)
		n.heldMore = make(chan struct{})
	default:
		c.toServer.send(syn)
	}
}

// arriveAtServer is the arrival of the SYN.
func (c *Conn) arriveAtServer() {
	l := c.serverHost.listenerOn(c.identity.server)
	if l == nil {
		c.toClient.send(refusal)
		return
	}
	c.server.open = true
	c.toClient.send(synAck)
	l.enqueue(&c.server)
	c.toClient.reachedByte()
}

// finishDial is the arrival of the answer, or of what comes in its place.
func (c *Conn) finishDial(err error) {
	if c.done {
		return
	}
	c.done = true
	c.dialErr = err
	if err == nil {
		c.client.open = true
		c.toServer.reachedByte()
	} else {
		c.client.reset = true
		c.network.unhold(c)
		c.settle()
	}
	close(c.answered)
}

// abandonDial is the end of the dial's context: nobody waits for the answer any
// more. It returns false if the answer came first.
func (c *Conn) abandonDial() bool {
	n := c.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.done {
		return false
	}
	c.done = true
	n.unhold(c)
	if c.client.closed = true; c.server.open {
		c.toServer.tear(rst)
	}
	c.settle()
	return true
}

// HoldDials keeps all dials that begin from now on from reaching their server,
// until [Network.ReleaseDial] or [Network.ReleaseDials].
func (n *Network) HoldDials() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.holding = true
}

// HeldDials returns the dials that are held, in dial order.
func (n *Network) HeldDials() []*Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	held := slices.Clone(n.held)
	slices.SortFunc(held, byIndex)
	return held
}

// AwaitHeldDials waits until at least count dials are held and returns them as
// [Network.HeldDials] does, or the error of ctx.
func (n *Network) AwaitHeldDials(ctx context.Context, count int) ([]*Conn, error) {
	for {
		n.mu.Lock()
		more := n.heldMore
		n.mu.Unlock()
		if held := n.HeldDials(); len(held) >= count {
			return held, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// ReleaseDial lets one held dial go on, and tells whether it was held. Released
// one after the other, and with equal latency, dials arrive in that order.
func (n *Network) ReleaseDial(index int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.held {
		if c.index == index {
			n.release(c)
			return true
		}
	}
	return false
}

// ReleaseDials ends HoldDials and lets all held dials go on in dial order.
func (n *Network) ReleaseDials() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.holding = false
	held := slices.Clone(n.held)
	slices.SortFunc(held, byIndex)
	for _, c := range held {
		n.release(c)
	}
}

func (n *Network) release(c *Conn) {
	n.unhold(c)
	c.toServer.send(syn)
}

func (n *Network) unhold(c *Conn) {
	if c.held {
		c.held = false
		n.held = slices.DeleteFunc(n.held, func(h *Conn) bool { return h == c })
	}
}
