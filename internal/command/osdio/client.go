package osdio

import (
	"context"
	"fmt"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Client writes and reads objects. One request is under way at a time.
type Client struct {
	// Waiting, if set before the first request, is told for whom a request waits when there is no osd to send it to; once for each reason.
	Waiting func(forWhom string)

	monitors  *monclient.Client
	messenger *simplemsgr.Messenger
	tid       uint64 // of the last request

	mu   sync.Mutex
	call *call // under way; nil for none
}

// call is one attempt at a request. Each channel has one slot.
type call struct {
	tid       uint64
	peer      wire.EntityAddr
	answered  chan *simplemsgr.Message
	unblocked chan struct{} // the osd wants it again
	broken    chan *Fault   // the connection is gone
}

// New returns a Client with the tickets of monitors, unless config, which is that of its messenger, has credentials.
func New(monitors *monclient.Client, config simplemsgr.Config) (*Client, error) {
	c := &Client{monitors: monitors}
	if config.AuthClient == nil {
		config.AuthClient = monitors
	}
	config.Pipe.PoolMessages = false
	config.Pipe.Tracer = trace.Multi(config.Pipe.Tracer, trace.Func(c.watch))
	c.messenger = simplemsgr.New(wire.Client(int64(monitors.GlobalID())), config)
	if config.DefaultPolicy == nil {
		c.messenger.SetDefaultPolicy(simplemsgr.LossyClient())
	}
	c.messenger.AddDispatcher(dispatcher{c})
	return c, c.messenger.Start()
}

// Close ends the Client.
func (c *Client) Close(ctx context.Context) error { return c.messenger.Shutdown(ctx) }

// dispatcher brings what comes from osds to the call that waits for it.
type dispatcher struct{ c *Client }

func (d dispatcher) Dispatch(m *simplemsgr.Message) bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	call := d.c.call
	switch messages.Type(m.Type) {
	case messages.TypeOSDOpReply:
		if call != nil && call.tid == m.TID {
			offer(call.answered, m)
		}
	case messages.TypeOSDBackoff:
		d.backoff(m, call)
	}
	return true // maps, which osds send to everybody, are not needed
}

// backoff acknowledges a block, and lets the call send again when that is lifted.
func (dispatcher) backoff(m *simplemsgr.Message, call *call) {
	var b messages.OSDBackoff
	if b.Decode(m.Version, m.Front) != nil {
		return
	}
	switch b.Op {
	case messages.BackoffBlock:
		b.Op = messages.BackoffAckBlock
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, Version: messages.OSDBackoffVersion,
			CompatVersion: messages.OSDBackoffCompatVersion, Front: b.Append(nil)})
	case messages.BackoffUnblock:
		if call != nil {
			offer(call.unblocked, struct{}{})
		}
	}
}

// watch notes why a connection failed.
func (c *Client) watch(r trace.Record) {
	e, ok := r.Event.(trace.Faulted)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.call == nil || c.call.peer != r.Peer {
		return
	}
	offer(c.call.broken, &Fault{Peer: wire.EntityInst{Name: r.PeerName, Addr: r.Peer}, Stage: e.Stage.String(), Err: e.Err})
}

// Fault says that the connection to an osd failed.
type Fault struct {
	Peer  wire.EntityInst
	Stage string
	Err   error
}

func (e *Fault) Error() string {
	return fmt.Sprintf("%v at %v: %s: %v", e.Peer.Name, e.Peer.Addr, e.Stage, e.Err)
}
func (e *Fault) Unwrap() error { return e.Err }

// final reports whether another attempt would end in the same way.
func (e *Fault) final() bool {
	var feature *protocol.FeatureError
	var version *protocol.ProtocolVersionError
	return errors.Is(e.Err, protocol.ErrBadAuthorizer) || errors.As(e.Err, &feature) || errors.As(e.Err, &version)
}

func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}
