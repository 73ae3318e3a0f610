package memnet

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
)

// Network is a set of hosts that can reach each other. Use it within one
// synctest bubble, or outside of all.
type Network struct {
	config Config

	mu       sync.Mutex // guards everything below and all hosts, listeners and connections
	schedule schedule
	closed   bool

	hosts      map[netip.Addr]*Host // by each of their addresses
	partitions map[hostPair]bool
	failOneIn  int

	hooks  []func(*Conn)
	conns  map[*Conn]struct{} // those that something can still happen to
	dials  int
	routes map[route]uint64 // dials so far

	holding  bool
	held     []*Conn
	heldMore chan struct{} // closed and replaced when a dial is held
}

// New returns a network without hosts.
func New(config Config) *Network {
	n := &Network{
		config:     config.withDefaults(),
		hosts:      make(map[netip.Addr]*Host),
		partitions: make(map[hostPair]bool),
		failOneIn:  config.FailOneIn,
		conns:      make(map[*Conn]struct{}),
		routes:     make(map[route]uint64),
		heldMore:   make(chan struct{}),
	}
	n.schedule.mu = &n.mu
	return n
}

// Host returns the host with the given IP address, and makes it if there is
// none. A new host has the further addresses too, say one of the other family.
// It panics if an address cannot be parsed or belongs to another host.
func (n *Network) Host(address string, more ...string) *Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	var addresses []netip.Addr
	for _, text := range append([]string{address}, more...) {
		addresses = append(addresses, netip.MustParseAddr(text).Unmap())
	}
	h, exists := n.hosts[addresses[0]]
	for _, a := range addresses {
		if n.hosts[a] != h {
			panic(fmt.Sprintf("memnet: %v and %v are addresses of different hosts", addresses[0],
				a))
		}
	}
	if exists {
		return h
	}
	h = newHost(n, addresses)
	for _, a := range addresses {
		n.hosts[a] = h
	}
	return h
}

// OnConn adds a hook that is called once for each dial, with no lock held, in
// the goroutine that dials and before anything is sent: the place to install
// faults. Concurrent dials call it concurrently.
func (n *Network) OnConn(hook func(*Conn)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hooks = append(slices.Clip(n.hooks), hook)
}

// Conns returns the established connections in dial order, those excepted that
// are closed or broken at both ends.
func (n *Network) Conns() []*Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.selectConns((*Conn).established)
}

// SetFailOneIn changes Config.FailOneIn; 0 ends random failures.
func (n *Network) SetFailOneIn(count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failOneIn = count
}

// ResetConns resets all connections between two hosts, as [Conn.Reset] does.
// Together with [Network.Partition] it makes a partition that both ends notice.
func (n *Network) ResetConns(a, b *Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.connsBetween(a, b) {
		c.breakBoth()
	}
}

// Close resets all connections, closes all listeners and fails all dials. No
// timer is left.
func (n *Network) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for _, c := range n.selectConns(nil) {
		c.breakBoth()
	}
	for _, h := range n.hosts {
		h.closeListeners()
	}
	n.schedule.close()
}

// selectConns returns the live connections that match, all if match is nil, in
// dial order: the order of a map must not decide what happens first.
func (n *Network) selectConns(match func(*Conn) bool) []*Conn {
	var conns []*Conn
	for c := range n.conns {
		if match == nil || match(c) {
			conns = append(conns, c)
		}
	}
	slices.SortFunc(conns, byIndex)
	return conns
}

func byIndex(a, b *Conn) int { return cmp.Compare(a.index, b.index) }

// parseAddress takes an IP address and port; the address may be left out.
func parseAddress(network, address string) (netip.AddrPort, error) {
	unspecified := netip.IPv6Unspecified()
	switch network {
	case "tcp", "tcp6":
	case "tcp4":
		unspecified = netip.IPv4Unspecified()
	default:
		return netip.AddrPort{}, net.UnknownNetworkError(network)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if host == "" {
		host = unspecified.String()
	}
	parsed, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: err.Error(), Addr: address}
	}
	parsed = netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
	if network != "tcp" && (network == "tcp4") != parsed.Addr().Is4() {
		return netip.AddrPort{}, &net.AddrError{Err: syscall.EAFNOSUPPORT.Error(), Addr: address}
	}
	return parsed, nil
}
