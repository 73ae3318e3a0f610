package memnet

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// listener is what Host.Listen returns. It has the SetDeadline method of
// net.TCPListener.
type listener struct {
	host    *Host
	network string
	local   netip.AddrPort
	addr    *net.TCPAddr

	backlog    queue[*socket]
	acceptable sync.Cond // L is Network.mu
	deadline   deadline
	closed     bool
}

func newListener(h *Host, local netip.AddrPort, network string) *listener {
	l := &listener{host: h, network: network, local: local, addr: net.TCPAddrFromAddrPort(local)}
	l.acceptable.L = &h.network.mu
	l.deadline.init(&l.acceptable)
	return l
}

// serves tells whether connections to an address of the host come here. The
// unspecified IPv6 address stands for both families, unless asked for tcp6.
func (l *listener) serves(a netip.Addr) bool {
	local := l.local.Addr()
	if !local.IsUnspecified() {
		return local == a
	}
	return local.Is4() == a.Is4() || local.Is6() && l.network == "tcp"
}

// overlaps tells whether some address would be served by both; their ports are
// the same.
func (l *listener) overlaps(other *listener) bool {
	return l.serves(other.local.Addr()) || other.serves(l.local.Addr())
}

func (l *listener) enqueue(e *socket) {
	l.backlog.push(e)
	l.acceptable.Broadcast()
}

func (l *listener) Accept() (net.Conn, error) {
	n := l.host.network
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		switch {
		case l.closed:
			return nil, l.opError("accept", net.ErrClosed)
		case l.deadline.expired:
			return nil, l.opError("accept", os.ErrDeadlineExceeded)
		case l.backlog.len() > 0:
			return l.backlog.pop(), nil
		}
		l.acceptable.Wait()
	}
}

// Close stops listening. Connections that were not accepted are reset.
func (l *listener) Close() error {
	n := l.host.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.closed {
		return l.opError("close", net.ErrClosed)
	}
	l.close()
	return nil
}

func (l *listener) close() {
	l.closed = true
	l.deadline.clear(&l.host.network.schedule)
	l.host.removeListener(l)
	for l.backlog.len() > 0 {
		e := l.backlog.pop()
		e.out.tear(rst)
		e.close()
	}
	l.acceptable.Broadcast()
}

func (l *listener) Addr() net.Addr { return l.addr }

func (l *listener) SetDeadline(t time.Time) error {
	n := l.host.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.closed {
		return l.opError("set", net.ErrClosed)
	}
	l.deadline.set(&n.schedule, t)
	return nil
}

func (l *listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.addr, Err: err}
}
