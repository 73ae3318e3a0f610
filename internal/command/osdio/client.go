package osdio

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/protocol"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// DefaultInFlight is how many pieces of an object are under way at once unless told otherwise.
const DefaultInFlight = 8

// Client writes, reads and lists objects.
type Client struct {
	// Waiting, if set before the first request, is told for whom a request waits when there is no
	// osd to send it to; once for each reason.
	Waiting func(forWhom string)
	// InFlight is how many pieces of an object are under way at once; 0 for DefaultInFlight. It is
	// set before the first request.
	InFlight int

	monitors  *monclient.Client
	messenger *simplemsgr.Messenger
	requests  *request.Client
	tid       atomic.Uint64 // of the last request

	mu    sync.Mutex // guards what follows; a leaf
	calls map[*call]struct{}
	told  string // to Waiting
}

// call is one attempt at a request.
type call struct {
	pg      messages.PG
	peer    wire.EntityAddr
	end     context.CancelCauseFunc // with why there will be no reply
	blocked bool                    // the osd has put it off; behind Client.mu
}

// New returns a Client with the tickets of monitors, unless config, which is that of its messenger,
// has credentials.
func New(monitors *monclient.Client, config simplemsgr.Config) (*Client, error) {
	c := &Client{monitors: monitors, calls: map[*call]struct{}{}}
	if config.AuthClient == nil {
		config.AuthClient = monitors
	}
	config.Pipe.PoolMessages = false
	c.messenger = simplemsgr.New(wire.Client(int64(monitors.GlobalID())), config)
	if config.DefaultPolicy == nil {
		c.messenger.SetDefaultPolicy(simplemsgr.LossyClient())
	}
	c.requests = request.NewClient(c.messenger, request.Options{Replies: isReply})
	c.messenger.AddDispatcher(dispatcher{c})
	return c, c.messenger.Start()
}

// Close ends the Client.
func (c *Client) Close(ctx context.Context) error {
	err := c.messenger.Shutdown(ctx)
	if dropped := new(simplemsgr.DroppedError); errors.As(err, &dropped) {
		return nil // of requests that have failed already
	}
	return err
}

func (c *Client) inFlight() int {
	if c.InFlight > 0 {
		return c.InFlight
	}
	return DefaultInFlight
}

func isReply(m *simplemsgr.Message) bool {
	return messages.Type(m.Type) == messages.TypeOSDOpReply
}

// dispatcher takes what comes from osds beside replies.
type dispatcher struct{ c *Client }

var _ simplemsgr.FaultHandler = dispatcher{}

// Dispatch implements simplemsgr.Dispatcher. Maps, which osds send to everybody, and replies that
// nobody waits for any more are not needed.
func (d dispatcher) Dispatch(m *simplemsgr.Message) bool {
	if messages.Type(m.Type) == messages.TypeOSDBackoff {
		d.backoff(m)
	}
	return true
}

// HandleFault implements simplemsgr.FaultHandler: it ends all calls to an osd that cannot be
// reached. The messenger would go on calling it, but it may have gone elsewhere.
func (d dispatcher) HandleFault(c *simplemsgr.Connection, err error) {
	fault := &Fault{Peer: wire.EntityInst{Name: c.PeerName(), Addr: c.PeerAddr()}, Err: err}
	d.c.each(fault.Peer.Addr, func(call *call) { call.end(fault) })
	c.MarkDown()
}

// backoff acknowledges a block, and ends the calls that it has put off when that is lifted, so that
// they are made again.
func (d dispatcher) backoff(m *simplemsgr.Message) {
	var b messages.OSDBackoff
	if request.Decode(m, &b) != nil {
		return
	}
	d.c.each(m.Connection().PeerAddr(), func(call *call) {
		switch {
		case call.pg != b.PG:
		case b.Op == messages.BackoffBlock:
			call.blocked = true
		case b.Op == messages.BackoffUnblock && call.blocked:
			call.end(errPutOff)
		}
	})
	if b.Op == messages.BackoffBlock {
		b.Op = messages.BackoffAckBlock
		_ = m.Connection().Send(request.Encode(&b))
	}
}

// each does something with all calls to a peer.
func (c *Client) each(peer wire.EntityAddr, do func(*call)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for call := range c.calls {
		if call.peer == peer {
			do(call)
		}
	}
}

// Fault says that the connection to an osd failed.
type Fault struct {
	Peer wire.EntityInst
	Err  error
}

func (e *Fault) Error() string {
	return fmt.Sprintf("%v at %v: %v", e.Peer.Name, e.Peer.Addr, e.Err)
}
func (e *Fault) Unwrap() error { return e.Err }

// final reports whether another attempt would end in the same way.
func (e *Fault) final() bool {
	var feature *protocol.FeatureError
	var version *protocol.ProtocolVersionError
	return errors.Is(e.Err, protocol.ErrBadAuthorizer) || errors.As(e.Err, &feature) ||
		errors.As(e.Err, &version)
}
