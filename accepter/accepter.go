package accepter

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// ErrBound says that the accepter is bound already.
var ErrBound = errors.New("accepter: already bound")

// Config has the options of an Accepter. The zero value of a field means its default.
type Config struct {
	// Listen opens the listening socket; net.ListenConfig's by default. Give another one to listen
	// in memory or behind TLS.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
	// PortMin and PortMax are the range searched when an address has port 0 (ms_bind_port_min,
	// 6800; ms_bind_port_max, 7300). If both are negative the system chooses a port.
	PortMin, PortMax int
	// RetryCount and RetryDelay: how often a taken port, or the whole range, is tried again, and
	// after which pause (ms_bind_retry_count, none; ms_bind_retry_delay, 5 s). The original tries 3
	// times more, since a daemon that is restarted may find its own port taken by the one that
	// ends; who starts daemons so sets 3. To everybody else a taken port is an error to be told at
	// once.
	RetryCount int
	RetryDelay time.Duration
	// MinAcceptDelay and MaxAcceptDelay: the pause after a failed accept, which doubles from one to
	// the other (5 ms, 1 s). The original gives up, and aborts, after ms_max_accept_failures.
	MinAcceptDelay, MaxAcceptDelay time.Duration
}

func (c Config) withDefaults() Config {
	if c.Listen == nil {
		c.Listen = new(net.ListenConfig).Listen
	}
	if c.PortMin == 0 {
		c.PortMin = 6800
	}
	if c.PortMax == 0 {
		c.PortMax = 7300
	}
	if c.RetryDelay == 0 {
		c.RetryDelay = 5 * time.Second
	}
	if c.MinAcceptDelay == 0 {
		c.MinAcceptDelay = 5 * time.Millisecond
	}
	if c.MaxAcceptDelay == 0 {
		c.MaxAcceptDelay = time.Second
	}
	return c
}

// Handler takes what an Accepter has to give. Its methods are called from the accept goroutine.
type Handler interface {
	// HandleSocket takes an accepted socket, which is the handler's from now on. It must not block.
	HandleSocket(net.Conn)
	// HandleAcceptError is told that accept failed, and how long the accepter will pause.
	HandleAcceptError(err error, pause time.Duration)
}

// Accepter is one listening socket and the goroutine that accepts from it. Its methods may be
// called by many goroutines at once.
type Accepter struct {
	config  Config
	handler Handler

	mu       sync.Mutex
	listener net.Listener
	stop     chan struct{} // closed by Stop; nil unless started
	done     chan struct{} // closed by the accept goroutine
}

// New returns an Accepter that is not bound yet.
func New(config Config, handler Handler) *Accepter {
	return &Accepter{config: config.withDefaults(), handler: handler}
}

// Start begins to accept. Before Bind it does nothing.
func (a *Accepter) Start() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.listener == nil || a.stop != nil {
		return
	}
	a.stop, a.done = make(chan struct{}), make(chan struct{})
	go a.run(a.listener, a.stop, a.done)
}

// Stop closes the listening socket and waits for the accept goroutine to end. The Accepter may be
// bound again afterwards. It must not be called from the Handler.
func (a *Accepter) Stop() {
	a.mu.Lock()
	listener, stop, done := a.listener, a.stop, a.done
	a.listener, a.stop, a.done = nil, nil, nil
	a.mu.Unlock()
	if listener == nil {
		return
	}
	if stop != nil {
		close(stop)
	}
	_ = listener.Close()
	if done != nil {
		<-done
	}
}

// run accepts until it is stopped. An accept that fails for want of descriptors fails again at
// once: pause before the next.
func (a *Accepter) run(listener net.Listener, stop <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	var pause time.Duration
	for {
		conn, err := listener.Accept()
		if err == nil {
			pause = 0
			a.handler.HandleSocket(conn)
			continue
		}
		select {
		case <-stop:
			return
		default:
		}
		pause = min(max(2*pause, a.config.MinAcceptDelay), a.config.MaxAcceptDelay)
		a.handler.HandleAcceptError(err, pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-stop:
			timer.Stop()
			return
		}
	}
}

// Bound returns the address of the listening socket, and whether there is one.
func (a *Accepter) Bound() (netip.AddrPort, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.listener == nil {
		return netip.AddrPort{}, false
	}
	return addrPort(a.listener.Addr()), true
}

func addrPort(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		ap := tcp.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	ap, _ := netip.ParseAddrPort(addr.String())
	return ap
}
