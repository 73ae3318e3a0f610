package accepter

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/pkg/errors"
)

// Bind opens the listening socket. If addr has port 0 the configured range is searched for a free
// port that is not among avoid. When nothing is free it fails, unless Config.RetryCount says that
// the search is repeated after a pause; ctx ends that. It returns the address that it has got.
func (a *Accepter) Bind(ctx context.Context, addr netip.AddrPort,
	avoid ...uint16) (netip.AddrPort, error) {
	a.mu.Lock()
	bound := a.listener != nil
	a.mu.Unlock()
	if bound {
		return netip.AddrPort{}, ErrBound
	}
	var err error
	for try := 0; ; try++ {
		var listener net.Listener
		if listener, err = a.listen(ctx, addr, avoid); err == nil {
			return a.adopt(listener)
		}
		if try >= a.config.RetryCount || !retriable(err) {
			return netip.AddrPort{}, err
		}
		timer := time.NewTimer(a.config.RetryDelay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return netip.AddrPort{}, errors.WithMessage(err, ctx.Err().Error())
		}
	}
}

// Rebind closes the listening socket and binds the same address with another port, which is not
// among avoid nor the old one. The caller starts it again.
func (a *Accepter) Rebind(ctx context.Context, avoid ...uint16) (netip.AddrPort, error) {
	old, ok := a.Bound()
	if !ok {
		return netip.AddrPort{}, errors.New("accepter: rebind before bind")
	}
	a.Stop()
	return a.Bind(ctx, netip.AddrPortFrom(old.Addr(), 0),
		append(slices.Clone(avoid), old.Port())...)
}

// Use takes a socket that listens already in place of Bind.
func (a *Accepter) Use(listener net.Listener) (netip.AddrPort, error) { return a.adopt(listener) }

func (a *Accepter) adopt(listener net.Listener) (netip.AddrPort, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.listener != nil {
		_ = listener.Close()
		return netip.AddrPort{}, ErrBound
	}
	a.listener = listener
	return addrPort(listener.Addr()), nil
}

// listen makes one pass over the ports.
func (a *Accepter) listen(ctx context.Context, addr netip.AddrPort,
	avoid []uint16) (net.Listener, error) {
	network := "tcp4"
	if addr.Addr().Is6() {
		network = "tcp6"
	}
	if addr.Port() != 0 || a.config.PortMin < 0 && a.config.PortMax < 0 {
		listener, err := a.listenAt(ctx, network, addr, avoid)
		return listener, errors.WithMessagef(err, "accepter: bind %v", addr)
	}
	err := error(syscall.EADDRINUSE)
	for port := a.config.PortMin; port <= a.config.PortMax; port++ {
		if slices.Contains(avoid, uint16(port)) {
			continue
		}
		var listener net.Listener
		listener, err = a.config.Listen(ctx, network, netip.AddrPortFrom(addr.Addr(),
			uint16(port)).String())
		if err == nil {
			return listener, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			break // no other port will help
		}
	}
	return nil, errors.WithMessagef(err, "accepter: bind %v to a port of %d to %d", addr.Addr(),
		a.config.PortMin, a.config.PortMax)
}

// listenAt binds to a given port, or to one that the system chooses. Those that are to be avoided
// are kept until it has chosen another, so that it does not choose them again.
func (a *Accepter) listenAt(ctx context.Context, network string, addr netip.AddrPort,
	avoid []uint16) (net.Listener, error) {
	for range len(avoid) + 1 {
		listener, err := a.config.Listen(ctx, network, addr.String())
		if err != nil || addr.Port() != 0 || !slices.Contains(avoid,
			addrPort(listener.Addr()).Port()) {
			return listener, err
		}
		defer listener.Close()
	}
	return nil, syscall.EADDRINUSE
}

// retriable reports whether time may help.
func retriable(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EADDRNOTAVAIL) ||
		errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
