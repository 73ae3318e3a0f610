package memnet

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// errRefused is the outcome of a dial where nobody listens.
const errRefused = syscall.ECONNREFUSED

// Conn is a connection from a client host to a server host, or the attempt to
// make one: both sockets and both directions. It is the handle by which a test
// watches and breaks the connection; see [Network.OnConn].
type Conn struct {
	network                *Network
	index                  int
	identity               identity
	clientHost, serverHost *Host

	client, server     socket
	toServer, toClient Stream

	held     bool          // the dial waits for ReleaseDial
	answered chan struct{} // closed when the outcome of the dial is known
	done     bool          // answered is closed, or the dial was abandoned
	dialErr  error         // written before answered is closed
}

// newConn registers a dial. Nothing is sent yet.
func (n *Network) newConn(from, to *Host, local, remote netip.AddrPort) *Conn {
	r := route{client: local.Addr(), server: remote}
	c := &Conn{
		network:    n,
		index:      n.dials,
		identity:   identity{route: r, nth: n.routes[r]},
		clientHost: from,
		serverHost: to,
		answered:   make(chan struct{}),
	}
	n.dials++
	n.routes[r]++
	clientAddr, serverAddr := net.TCPAddrFromAddrPort(local), net.TCPAddrFromAddrPort(remote)
	c.client.init(c, clientAddr, serverAddr, clientRead, clientWrite)
	c.server.init(c, serverAddr, clientAddr, serverRead, serverWrite)
	c.toServer.init(c, &c.client, &c.server, latencyToServer)
	c.toClient.init(c, &c.server, &c.client, latencyToClient)
	n.conns[c] = struct{}{}
	return c
}

// Index returns the place of the connection in the order of all dials of the
// network, from 0. Dials that failed count, except those without a route.
func (c *Conn) Index() int { return c.index }

// ClientHost returns the host that dialed.
func (c *Conn) ClientHost() *Host { return c.clientHost }

// ServerHost returns the host that was dialed.
func (c *Conn) ServerHost() *Host { return c.serverHost }

// ClientAddr returns the client's address and ephemeral port.
func (c *Conn) ClientAddr() *net.TCPAddr { return c.client.local }

// ServerAddr returns the address that was dialed.
func (c *Conn) ServerAddr() *net.TCPAddr { return c.server.local }

// ClientToServer returns the direction in which the client writes.
func (c *Conn) ClientToServer() *Stream { return &c.toServer }

// ServerToClient returns the direction in which the server writes.
func (c *Conn) ServerToClient() *Stream { return &c.toClient }

// Ended tells whether nothing can happen to the connection any more: it is closed
// or broken at both ends, or the dial has failed. What has arrived can still be
// read.
func (c *Conn) Ended() bool {
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	_, live := c.network.conns[c]
	return !live
}

func (c *Conn) String() string {
	return fmt.Sprintf("#%d %v -> %v", c.index, c.client.local, c.server.local)
}

// Reset breaks the connection at both ends at once. Whatever was in flight or
// unread is lost. A dial that is under way fails with ECONNRESET.
func (c *Conn) Reset() {
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	c.breakBoth()
}

// Stall stalls both directions.
func (c *Conn) Stall() {
	c.toServer.Stall()
	c.toClient.Stall()
}

// Resume resumes both directions.
func (c *Conn) Resume() {
	c.toServer.Resume()
	c.toClient.Resume()
}

func (c *Conn) breakBoth() {
	for _, s := range [...]*Stream{&c.toServer, &c.toClient} {
		s.ended, s.torn = true, true
		s.dropFlight()
		s.to.markReset(true)
	}
	c.finishDial(syscall.ECONNRESET)
	c.settle()
}

func (c *Conn) partitioned() bool {
	return c.network.partitioned(c.clientHost, c.serverHost)
}

// established tells whether both ends exist.
func (c *Conn) established() bool { return c.client.open && c.server.open }

// settle forgets the connection when nothing can happen to it any more. What has
// arrived can still be read.
func (c *Conn) settle() {
	if !c.client.gone() || c.server.open && !c.server.gone() {
		return
	}
	if _, live := c.network.conns[c]; !live {
		return
	}
	delete(c.network.conns, c)
	c.toServer.dropFlight()
	c.toClient.dropFlight()
	c.clientHost.freePort(uint16(c.client.local.Port))
}
