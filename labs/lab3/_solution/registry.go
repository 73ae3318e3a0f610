package main

import "sort"

// Registry has one pipe for each peer address.
type Registry struct {
	policy Policy
	pipes  map[Addr]*Entry
}

// NewRegistry returns an empty registry.
func NewRegistry(policy Policy) *Registry {
	return &Registry{policy: policy, pipes: map[Addr]*Entry{}}
}

// Entries returns what is registered, ordered by pipe.
func (r *Registry) Entries() []Entry {
	all := []Entry{}
	for _, e := range r.pipes {
		all = append(all, *e)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Pipe < all[j].Pipe })
	return all
}

// find returns the entry of a pipe, nil if it is not registered any more.
func (r *Registry) find(pipe int) *Entry {
	for _, e := range r.pipes {
		if e.Pipe == pipe {
			return e
		}
	}
	return nil
}

// Arrive decides over a connect message that has come on a new pipe. If the answer opens the
// session, the pipe is registered. Closed is the pipe that had to go for it, 0 for none.
func (r *Registry) Arrive(pipe int, a Arrival) (d Decision, closed int) {
	old := r.pipes[a.Peer]
	var e *Existing
	if old != nil {
		e = &Existing{State: old.State, ConnectSeq: old.ConnectSeq,
			PeerGlobalSeq: old.PeerGlobalSeq, Lossy: r.policy.Lossy, Server: r.policy.Server,
			Insists: old.State == Connecting}
	}
	d = Decide(a, e)
	if d.Tag != Ready {
		return d, 0
	}
	next := &Entry{Pipe: pipe, Peer: a.Peer, Session: pipe, State: Open,
		ConnectSeq: a.ConnectSeq + 1, PeerGlobalSeq: a.GlobalSeq}
	if old != nil {
		closed = old.Pipe
		if !d.EndSession {
			next.Session = old.Session
		}
		if !d.FreshPeer {
			next.InSeq = old.InSeq
		}
	}
	r.pipes[a.Peer] = next
	return d, closed
}

// Dial returns the pipe to a peer. If there is none, this one is registered, and connects.
func (r *Registry) Dial(pipe int, peer Addr) int {
	if e := r.pipes[peer]; e != nil {
		return e.Pipe
	}
	r.pipes[peer] = &Entry{Pipe: pipe, Peer: peer, Session: pipe, State: Connecting}
	return pipe
}

// Opened says that the peer has answered the connect message of a pipe that connects.
func (r *Registry) Opened(pipe int, connectSeq, peerGlobalSeq uint32) {
	if e := r.find(pipe); e != nil && e.State == Connecting {
		e.State, e.ConnectSeq, e.PeerGlobalSeq = Open, connectSeq, peerGlobalSeq
	}
}

// Received says that a message has come over a pipe.
func (r *Registry) Received(pipe int, seq uint64) {
	if e := r.find(pipe); e != nil && seq > e.InSeq {
		e.InSeq = seq
	}
}

// Fault says that the socket of a pipe has broken. A lossy session is over; another one that was
// open waits in STANDBY.
func (r *Registry) Fault(pipe int) {
	e := r.find(pipe)
	switch {
	case e == nil:
	case r.policy.Lossy:
		delete(r.pipes, e.Peer)
	case e.State == Open:
		e.State = Standby
	}
}

// MarkDown ends the session with a peer, and returns the pipe that had to go, 0 for none.
func (r *Registry) MarkDown(peer Addr) (closed int) {
	if e := r.pipes[peer]; e != nil {
		closed = e.Pipe
		delete(r.pipes, peer)
	}
	return closed
}
