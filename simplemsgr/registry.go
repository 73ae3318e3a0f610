package simplemsgr

import (
	"slices"
	"sync"

	"simplemessenger/pipe"
	"simplemessenger/wire"
)

// registry is the table of pipes: one for each peer, and those that do not know their peer yet. A peer is an address and, where
// peers prove who they are, a principal: so there may be several at an address. It implements pipe.Registry; its lock comes before every
// pipe's.
type registry struct {
	sync.Mutex
	pipes     map[wire.EntityAddr][]*pipe.Pipe // by address without its type, see key
	accepting map[*pipe.Pipe]struct{}
	closed    bool
}

func newRegistry() *registry {
	return &registry{pipes: map[wire.EntityAddr][]*pipe.Pipe{}, accepting: map[*pipe.Pipe]struct{}{}}
}

// key is the one form of an address, under which its pipes are registered.
func key(addr wire.EntityAddr) wire.EntityAddr { return addr.Untyped() }

func (r *registry) At(addr wire.EntityAddr) []*pipe.Pipe { return r.pipes[key(addr)] }

func (r *registry) Register(p *pipe.Pipe) {
	delete(r.accepting, p)
	addr := key(p.Peer().Addr)
	r.pipes[addr] = append(r.pipes[addr], p)
}

func (r *registry) Unregister(p *pipe.Pipe) {
	delete(r.accepting, p)
	addr := key(p.Peer().Addr)
	at := r.pipes[addr]
	i := slices.Index(at, p)
	switch {
	case i < 0:
	case len(at) == 1:
		delete(r.pipes, addr)
	default:
		r.pipes[addr] = slices.Delete(slices.Clone(at), i, i+1)
	}
}

func (r *registry) Closed() bool { return r.closed }

// all returns every pipe, in no order.
func (r *registry) all() []*pipe.Pipe {
	r.Lock()
	defer r.Unlock()
	all := make([]*pipe.Pipe, 0, len(r.pipes)+len(r.accepting))
	for _, at := range r.pipes {
		all = append(all, at...)
	}
	for p := range r.accepting {
		all = append(all, p)
	}
	return all
}

// call returns the connection into which what is sent to peer belongs, or nil if there is none to be used.
func (r *registry) call(peer wire.EntityInst) *Connection {
	for _, p := range r.At(peer.Addr) {
		if c, news := p.Call(peer.Name); c != nil {
			if news {
				r.yield(peer.Addr, p)
			}
			return c
		}
	}
	return nil
}

// yield leaves the right to dial an address to one of its pipes.
func (r *registry) yield(addr wire.EntityAddr, to *pipe.Pipe) {
	for _, p := range r.At(addr) {
		if p != to {
			p.Yield()
		}
	}
}
