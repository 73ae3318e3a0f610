package demo

import (
	"context"
	"net"
	"sync"
	"time"
)

// port keeps the port of a messenger that is about to restart: between its two lives another
// program must not get it. The listening socket stays open; a life only borrows it.
type port struct {
	mu       sync.Mutex
	listener *net.TCPListener // nil before the first life
}

// listen implements accepter.Config.Listen.
func (p *port) listen(ctx context.Context, network, address string) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		l, err := new(net.ListenConfig).Listen(ctx, network, address)
		if err != nil {
			return nil, err
		}
		p.listener = l.(*net.TCPListener)
	}
	return life{p.listener}, p.listener.SetDeadline(time.Time{})
}

// close gives the port back.
func (p *port) close() {
	if p.listener != nil {
		_ = p.listener.Close()
	}
}

// life is the listening socket while one messenger has it.
type life struct{ *net.TCPListener }

// Close ends the messenger's accepting, and leaves the socket open.
func (l life) Close() error { return l.SetDeadline(time.Now()) }
