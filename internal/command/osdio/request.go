package osdio

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

const (
	// pause is how long a request waits before it goes out again.
	pause = 200 * time.Millisecond
	// longPause is how long at most until the monitors are asked again for an osd to send it to.
	longPause = 2 * time.Second
	// patience is how long an osd may take before the monitors are asked whether the object has
	// moved.
	patience = 3 * time.Second
	// opPriority is that of clients' requests (osd_client_op_priority).
	opPriority = 63
)

// OpError says that an osd refused a request, or failed in it.
type OpError struct {
	Object string
	OSD    wire.EntityName
	Code   messages.Errno
}

func (e *OpError) Error() string {
	if e.Code == messages.ENOENT {
		return fmt.Sprintf("object %s: no such object (%v)", e.Object, e.Code)
	}
	return fmt.Sprintf("object %s: %v answers %v", e.Object, e.OSD, e.Code)
}

// againError says that a request must go out again, and why.
type againError struct {
	why error
	// unsent: it went to nobody, since there is no osd to send it to. The monitors are asked until
	// there is one.
	unsent bool
}

func (e *againError) Error() string { return "again: " + e.why.Error() }
func (e *againError) Unwrap() error { return e.why }

// gaveUpError says that time was up, and why it took that long.
type gaveUpError struct{ ctx, why error }

func (e *gaveUpError) Error() string   { return e.why.Error() }
func (e *gaveUpError) Unwrap() []error { return []error{e.ctx, e.why} }

// do carries a request to the osd that it is for, as often as it takes, and returns the osd's
// answer.
func (c *Client) do(ctx context.Context, to *place, op messages.OSDOp,
	data []byte) (answer, error) {
	tid := c.tid.Add(1)
	op.Shard, op.Snap = -1, messages.NoSnap
	op.Flags |= messages.FlagOnDisk | messages.FlagKnownRedirect
	op.ModifyTime = wire.NewTimespec(time.Now())
	op.Features = uint64(wire.FeaturesSupported)
	anew := false
	for wait := pause; ; {
		got, err := c.attempt(ctx, to, anew, tid, op, data)
		again, ok := err.(*againError)
		if !ok {
			return got, err
		}
		anew = true
		if again.unsent {
			c.waiting(again.why.Error())
			wait = min(2*wait, longPause)
		} else {
			op.Retry++
			op.Flags |= messages.FlagRetry
			wait = pause
		}
		if err := sleep(ctx, wait); err != nil {
			return answer{}, &gaveUpError{err, again.why}
		}
	}
}

// waiting tells for whom requests wait, once.
func (c *Client) waiting(forWhom string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Waiting != nil && c.told != forWhom {
		c.told = forWhom
		c.Waiting(forWhom)
	}
}

// attempt carries a request to where it belongs now.
func (c *Client) attempt(ctx context.Context, to *place, anew bool, tid uint64, op messages.OSDOp,
	data []byte) (answer, error) {
	where, err := to.find(ctx, anew)
	if err != nil {
		var nobody *noOSDError
		if errors.As(err, &nobody) {
			return answer{}, &againError{why: err, unsent: true}
		}
		return answer{}, err
	}
	op.PG, op.Hash, op.MapEpoch = where.PG, where.Hash, where.Epoch
	op.Locator = messages.ObjectLocator{Pool: int64(where.PG.Pool), Hash: -1}
	question := request.Encode(&op)
	question.TID, question.Priority, question.Data = tid, opPriority, data
	reply, err := c.call(ctx, to, where, question)
	if err != nil {
		return answer{}, c.failure(ctx, where, err)
	}
	defer reply.Release()
	return result(reply, where)
}

// call asks an osd once. It ends before there is a reply when the osd cannot be reached, when it
// wants the request again, and when the object has moved.
func (c *Client) call(ctx context.Context, to *place, where location,
	question *simplemsgr.Message) (*simplemsgr.Message, error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	this := &call{pg: where.PG, peer: where.OSD.Addr, end: end}
	c.mu.Lock()
	c.calls[this] = struct{}{}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.calls, this)
	}()
	var looking sync.WaitGroup
	defer looking.Wait()
	defer end(nil)
	looking.Go(func() { look(ctx, to, where, end) })
	return c.requests.Call(ctx, where.OSD, question)
}

// look asks the monitors again and again whether the object has moved; then it ends the call.
func look(ctx context.Context, to *place, where location, end context.CancelCauseFunc) {
	ticker := time.NewTicker(patience)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			now, err := to.find(ctx, true)
			if err == nil && now.OSD != where.OSD {
				end(&movedError{where, now})
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// failure says what it means that a call had no reply: that time is up, that the request is to be
// made again, or that this is of no use.
func (c *Client) failure(ctx context.Context, where location, err error) error {
	var fault *Fault
	var moved *movedError
	switch {
	case ctx.Err() != nil:
		return &gaveUpError{ctx.Err(), errors.Errorf("%v at %v does not answer",
			where.OSD.Name, where.OSD.Addr)}
	case errors.As(err, &fault) && fault.final():
		return fault
	case fault != nil:
		return &againError{why: fault}
	case errors.As(err, &moved):
		return &againError{why: moved}
	case errors.Is(err, errPutOff):
		return &againError{why: errors.WithMessagef(errPutOff, "%v", where.OSD.Name)}
	case errors.Is(err, request.ErrUncertain):
		return &againError{why: &Fault{Peer: where.OSD, Err: err}}
	}
	return err
}

// movedError says that an object is somewhere else than it was when the request for it was made.
type movedError struct{ from, to location }

func (e *movedError) Error() string {
	return fmt.Sprintf("%s has moved from %v to %v", e.from.Object, e.from.OSD.Name, e.to.OSD.Name)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errPutOff says that the osd asks for a request again.
var errPutOff = errors.New("the request was put off")

// answer is what an osd answers to a request that it has carried out.
type answer struct {
	result int32 // not negative
	data   []byte
}

func result(m *simplemsgr.Message, where location) (answer, error) {
	var reply messages.OSDOpReply
	if err := request.Decode(m, &reply); err != nil {
		return answer{}, errors.WithMessagef(err, "answer of %v", where.OSD.Name)
	}
	switch {
	case len(reply.Redirect) > 0:
		return answer{}, errors.Errorf("object %s: %v says that it is in another pool, which is "+
			"not supported here", where.Object, where.OSD.Name)
	case reply.Result < 0:
		return answer{}, &OpError{Object: where.Object, OSD: where.OSD.Name,
			Code: messages.Errno(reply.Result)}
	}
	return answer{reply.Result, m.Data}, nil
}
