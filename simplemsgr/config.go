package simplemsgr

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"simplemessenger/accepter"
	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/pipe"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// Config has the options of a Messenger. The zero value is a good configuration. Fields name the
// option of the original that they mirror.
type Config struct {
	// Pipe, Queue and Accepter are the options of the parts.
	Pipe     pipe.Config
	Queue    dispatchqueue.Config
	Accepter accepter.Config

	// Nonce tells this messenger apart from others that have or had the same socket address. 0
	// means a random one, unless ZeroNonce is set, as monitors have it.
	Nonce     uint32
	ZeroNonce bool

	// Announce is the address by which peers are told to know us, where it is another than that of
	// our socket: behind NAT, or in a container whose port is published. A zero IP or port is that
	// of the socket (public_addr). Its own messenger must be reachable there, or peers that lose
	// their socket call in vain.
	Announce netip.AddrPort
	// DisableLearnAddr: do not take the IP by which the first peer sees us for our own. Without
	// Announce and Bind to a certain host we have no address then, and peers see that of our
	// sockets (ms_learn_addr_from_peer = false).
	DisableLearnAddr bool

	// DefaultPolicy is for peers of types without a policy of their own; nil means LosslessClient,
	// as in the original.
	DefaultPolicy *Policy

	// Dial opens sockets to peers; net.Dialer's by default.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// DisableTCPNoDelay leaves Nagle's algorithm on (ms_tcp_nodelay = false).
	DisableTCPNoDelay bool
	// TCPReceiveBuffer sets the receive buffer of sockets, in bytes (ms_tcp_rcvbuf; 0 leaves it to
	// the system).
	TCPReceiveBuffer int
	// TCPNotSentLowWater makes a socket take no more while it holds so many bytes that are not sent
	// yet (TCP_NOTSENT_LOWAT of Linux and macOS; no option of the original; 0 leaves it to the
	// system). The less lies in sockets' buffers, the sooner comes a message of high priority;
	// streams of messages of many MiB become slower.
	TCPNotSentLowWater int
	// TCPKeepAlive is passed to net.Dialer and applied to accepted sockets; negative disables (15
	// s).
	TCPKeepAlive time.Duration
	// MaxAccepting bounds the sockets whose handshake is not over; further ones are closed at once
	// (4096).
	MaxAccepting int

	// Engine makes what carries sessions over sockets: pipe.New, the blocking engine, by default,
	// or async.New, the one that is driven by events.
	Engine func(session.Host) session.Engine

	// Keepalive is how peers are asked whether they are still there.
	Keepalive Keepalive

	// Sessions limits what peers that never come back leave behind.
	Sessions SessionLimits

	// AuthClient gives the credentials with which to connect, AuthServer judges those of others;
	// nil for none.
	AuthClient auth.Client
	AuthServer auth.Server

	// Logger receives every event of Pipe.Tracer's kind as a log record; nil means silence.
	Logger *slog.Logger

	// PassPanics lets panics of the user's code end the process, as Go does by itself. By default
	// they are recovered: see the package comment.
	PassPanics bool
}

func (c *Config) setDefaults() {
	c.Pipe = c.Pipe.WithDefaults()
	if c.Nonce == 0 && !c.ZeroNonce {
		c.Nonce = newNonce()
	}
	if c.DefaultPolicy == nil {
		p := LosslessClient()
		c.DefaultPolicy = &p
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{KeepAlive: c.TCPKeepAlive}).DialContext
	}
	if c.Accepter.Listen == nil {
		c.Accepter.Listen = (&net.ListenConfig{KeepAlive: c.TCPKeepAlive}).Listen
	}
	if c.Engine == nil {
		c.Engine = pipe.New
	}
	if c.MaxAccepting == 0 {
		c.MaxAccepting = 4096
	}
}

// announced returns the address by which peers are to know us, when our socket has the address
// bound.
func (c *Config) announced(bound wire.EntityAddr) wire.EntityAddr {
	a := bound
	if ip := c.Announce.Addr(); ip.IsValid() {
		a = wire.NewEntityAddr(netip.AddrPortFrom(ip, a.Port), a.Nonce)
	}
	if port := c.Announce.Port(); port != 0 {
		a.Port = port
	}
	return a
}

func newNonce() uint32 { return rand.Uint32N(1<<32-1) + 1 }

// tune sets the options of a socket that has them.
func (c *Config) tune(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if c.DisableTCPNoDelay {
		_ = tcp.SetNoDelay(false)
	}
	if c.TCPReceiveBuffer > 0 {
		_ = tcp.SetReadBuffer(c.TCPReceiveBuffer)
	}
	if c.TCPNotSentLowWater > 0 {
		_ = setNotSentLowWater(tcp, c.TCPNotSentLowWater)
	}
}
