package request

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/pipe"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Repeat says what becomes of a call whose request was sent when the session was lost.
type Repeat uint8

// The ways of repeating.
const (
	AtMostOnce  Repeat = iota // the call fails with ErrUncertain
	AtLeastOnce               // the request is sent again
)

// ErrUncertain: the session was lost before a reply came. The peer may have carried the request out
// or not.
var ErrUncertain = errors.New("request: the session was lost before the reply came")

// ErrTIDInUse: a call with the TID that the request has is under way.
var ErrTIDInUse = errors.New("request: a call with this TID is under way")

// UncertainError is an ErrUncertain that says why. Errors.Is and errors.As look into Loss.
type UncertainError struct{ Loss *simplemsgr.LossError }

// Error says it in one line.
func (e *UncertainError) Error() string { return fmt.Sprintf("%v: %v", ErrUncertain, e.Loss) }

// Unwrap returns ErrUncertain and the loss.
func (e *UncertainError) Unwrap() []error { return []error{ErrUncertain, e.Loss} }

// Options are those of a Client. The zero value of a field means its default.
type Options struct {
	// InFlight is how many calls are under way at a time; others wait for their turn (1024).
	InFlight int
	// Repeat counts for all calls of the Client (AtMostOnce).
	Repeat Repeat
	// Connect are the options with which peers are connected, such as simplemsgr.AnyNonce.
	Connect []simplemsgr.ConnectOption
	// Replies says whether a message may be a reply; nil lets each be one that has the TID of a
	// call and comes from its peer. It is called where such a message is read, for several
	// connections at once.
	Replies func(m *simplemsgr.Message) bool
}

// Between two attempts at a call there is a pause that doubles, so that a peer that ends every
// session at once is not called in circles.
const (
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
)

// Client makes calls. Its methods may be called by many goroutines at once.
type Client struct {
	messenger *simplemsgr.Messenger
	options   Options
	tickets   chan struct{} // one for each call under way
	tid       atomic.Uint64 // of the last call

	mu    sync.Mutex // a leaf
	calls map[uint64]*call
}

// call is a request that waits for its reply.
type call struct {
	connection *simplemsgr.Connection // by which it was sent last
	asks       uint16                 // the type of the request
	reply      chan *simplemsgr.Message
}

// NewClient returns a Client, and makes it a dispatcher of m: call it before m is started. It takes
// no message that is not the reply to a call. Replies are taken where they are read, before what
// waits for its dispatch.
func NewClient(m *simplemsgr.Messenger, options Options) *Client {
	if options.InFlight <= 0 {
		options.InFlight = 1024
	}
	c := &Client{messenger: m, options: options, tickets: make(chan struct{}, options.InFlight),
		calls: map[uint64]*call{}}
	c.tid.Store(rand.Uint64() >> 2) // who is started again does not take replies to its former life
	m.AddDispatcher(dispatcher{c})
	return c
}

// Call sends a request to a peer and returns the reply: the first message from it with the same
// TID. The parts of m are not to be changed ever; the caller ends the reply's use with its Release.
//
// The TID is m's, unless that is 0: then Call chooses one. Who makes a request again for which he
// has got no reply, perhaps to another peer, gives it the TID that it had, so that it is known
// again: an osd tells requests apart by client and TID. He sees to it that no two requests have
// one; if a call with that TID is under way Call fails with ErrTIDInUse.
//
// It fails with the cause of ctx's end: then the request is withdrawn if it was never sent, and
// what comes later is nobody's reply; with an UncertainError; or with what Connect or Send say of a
// request that cannot be sent. It waits, so in a Dispatch it holds up all of the messenger.
func (c *Client) Call(ctx context.Context, peer wire.EntityInst,
	m *simplemsgr.Message) (*simplemsgr.Message, error) {
	return c.call(ctx, m, func() (*simplemsgr.Connection, error) {
		return c.messenger.Connect(peer, c.options.Connect...)
	})
}

// CallBack is Call over a connection that there is, such as that of a client that has connected.
// When the connection is dead it fails: there is no next one.
func (c *Client) CallBack(ctx context.Context, connection *simplemsgr.Connection,
	m *simplemsgr.Message) (*simplemsgr.Message, error) {
	return c.call(ctx, m, func() (*simplemsgr.Connection, error) {
		return connection, connection.Err()
	})
}

func (c *Client) call(ctx context.Context, m *simplemsgr.Message,
	connect func() (*simplemsgr.Connection, error)) (*simplemsgr.Message, error) {
	select {
	case c.tickets <- struct{}{}:
		defer func() { <-c.tickets }()
	case <-ctx.Done():
		return nil, errors.Wrap(context.Cause(ctx), "request: wait for a turn")
	}
	request := *m
	if request.TID == 0 {
		request.TID = c.tid.Add(1)
	}
	this := &call{asks: m.Type, reply: make(chan *simplemsgr.Message, 1)}
	defer c.forget(request.TID, this)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		connection, err := connect()
		if err != nil {
			return nil, errors.WithMessage(err, "request")
		}
		if !c.expect(this, request.TID, connection) {
			return nil, errors.WithMessagef(ErrTIDInUse, "%d", request.TID)
		}
		reply, err := c.attempt(ctx, &request, this)
		if reply != nil || err != nil {
			return reply, err
		}
		if err := wait(ctx, pause); err != nil {
			return nil, errors.Wrap(err, "request: wait for the next attempt")
		}
	}
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt sends the request once. With neither a reply nor an error it is to be sent again.
func (c *Client) attempt(ctx context.Context, request *simplemsgr.Message,
	this *call) (*simplemsgr.Message, error) {
	select {
	case reply := <-this.reply: // to the last attempt, in the pause
		return reply, nil
	default:
	}
	delivery, err := send(ctx, this.connection, request)
	switch {
	case errors.Is(err, pipe.ErrClosed):
		return nil, nil
	case err != nil:
		return nil, errors.WithMessage(err, "request")
	}
	defer delivery.ExpectAnswer()()
	select {
	case reply := <-this.reply:
		return reply, nil
	case <-ctx.Done():
		return nil, errors.Wrapf(context.Cause(ctx), "request: wait for the reply of %v",
			this.connection.PeerName())
	case <-delivery.Lost():
	case <-this.connection.Done(): // of the loopback connection, which has no session
	}
	select {
	case reply := <-this.reply: // which was quicker
		return reply, nil
	default:
	}
	if delivery.Sent() && c.options.Repeat == AtMostOnce {
		return nil, &UncertainError{lossOf(delivery, this.connection)}
	}
	return nil, nil
}

func lossOf(d *session.Delivery, c *simplemsgr.Connection) *simplemsgr.LossError {
	if loss := d.Loss(); loss != nil {
		return loss
	}
	var loss *simplemsgr.LossError
	_ = errors.As(c.Err(), &loss)
	return loss
}

// send sends a message once there is room for it.
func send(ctx context.Context, c *simplemsgr.Connection,
	m *simplemsgr.Message) (*session.Delivery, error) {
	for {
		d, err := c.SendTracked(ctx, m)
		if !errors.Is(err, pipe.ErrQueueFull) {
			return d, err
		}
		if err := c.WaitForRoom(ctx, m); err != nil {
			return nil, err
		}
	}
}

// expect notes by which connection a reply is to come. It reports false if another call has the
// TID.
func (c *Client) expect(this *call, tid uint64, connection *simplemsgr.Connection) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.calls[tid]; other != nil && other != this {
		return false
	}
	this.connection = connection
	c.calls[tid] = this
	return true
}

// forget ends a call. A reply that nobody has taken is released.
func (c *Client) forget(tid uint64, this *call) {
	c.mu.Lock()
	if c.calls[tid] == this {
		delete(c.calls, tid)
	}
	c.mu.Unlock()
	select {
	case reply := <-this.reply:
		reply.Release()
	default:
	}
}

// dispatcher takes the replies: where they are read, so that they wait neither for handlers that
// wait for them nor for the end of the session, which may be right behind them.
type dispatcher struct{ c *Client }

// Dispatch implements simplemsgr.Dispatcher.
func (dispatcher) Dispatch(*simplemsgr.Message) bool { return false }

// CanFastDispatch implements simplemsgr.FastDispatcher.
func (d dispatcher) CanFastDispatch(m *simplemsgr.Message) bool {
	c := d.c
	c.mu.Lock()
	expected := c.calls[m.TID].expects(m)
	c.mu.Unlock()
	return expected && (c.options.Replies == nil || c.options.Replies(m))
}

// FastDispatch implements simplemsgr.FastDispatcher.
func (d dispatcher) FastDispatch(m *simplemsgr.Message) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	this := c.calls[m.TID]
	if !this.expects(m) { // any more
		return
	}
	delete(c.calls, m.TID)
	m.Retain()
	select {
	case this.reply <- m:
	default: // there is one already, to an earlier attempt
		m.Release()
	}
}

// expects reports whether a message with its TID may be the reply. To oneself the request comes by
// the same connection.
func (x *call) expects(m *simplemsgr.Message) bool {
	return x != nil && x.connection == m.Connection() &&
		(m.Type != x.asks || !m.Connection().IsLoopback())
}
