package simplemsgr

import (
	"sync"

	"simplemessenger/pipe"
	"simplemessenger/wire"
)

// registry is the table of pipes: one for each peer address, and those that do not know their peer yet. It implements
// pipe.Registry; its lock comes before every pipe's.
type registry struct {
	sync.Mutex
	pipes     map[wire.EntityAddr]*pipe.Pipe
	accepting map[*pipe.Pipe]struct{}
	closed    bool
}

func newRegistry() *registry {
	return &registry{pipes: map[wire.EntityAddr]*pipe.Pipe{}, accepting: map[*pipe.Pipe]struct{}{}}
}

func (r *registry) Lookup(addr wire.EntityAddr) *pipe.Pipe { return r.pipes[addr] }

func (r *registry) Register(p *pipe.Pipe) {
	delete(r.accepting, p)
	r.pipes[p.Peer().Addr] = p
}

func (r *registry) Unregister(p *pipe.Pipe) {
	delete(r.accepting, p)
	if addr := p.Peer().Addr; r.pipes[addr] == p {
		delete(r.pipes, addr)
	}
}

func (r *registry) Closed() bool { return r.closed }

// all returns every pipe, in no order.
func (r *registry) all() []*pipe.Pipe {
	r.Lock()
	defer r.Unlock()
	all := make([]*pipe.Pipe, 0, len(r.pipes)+len(r.accepting))
	for _, p := range r.pipes {
		all = append(all, p)
	}
	for p := range r.accepting {
		all = append(all, p)
	}
	return all
}

// usable returns the connection of the pipe registered for addr, or nil if there is none to be used.
func (r *registry) usable(addr wire.EntityAddr) *Connection {
	if p := r.pipes[addr]; p != nil {
		return p.Usable()
	}
	return nil
}
