package osdio

import (
	"context"
	"fmt"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

const (
	// pause is how long a request waits before it goes out again.
	pause = 200 * time.Millisecond
	// longPause is how long at most until the monitors are asked again for an osd to send it to.
	longPause = 2 * time.Second
	// patience is how long an osd may take before the monitors are asked whether the object has moved.
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
	// unsent: it went to nobody, since there is no osd to send it to. The monitors are asked until there is one.
	unsent bool
}

func (e *againError) Error() string { return "again: " + e.why.Error() }

// gaveUpError says that time was up, and why it took that long.
type gaveUpError struct{ ctx, why error }

func (e *gaveUpError) Error() string   { return e.why.Error() }
func (e *gaveUpError) Unwrap() []error { return []error{e.ctx, e.why} }

// do carries a request to the osd that has the object, as often as it takes, and returns what it has read.
func (c *Client) do(ctx context.Context, pool string, op messages.OSDOp, data []byte) ([]byte, error) {
	c.tid++
	op.Shard, op.Snap = -1, messages.NoSnap
	op.Flags |= messages.FlagOnDisk | messages.FlagKnownRedirect
	op.ModifyTime = wire.NewTimespec(time.Now())
	op.Features = uint64(wire.FeaturesSupported)
	told := ""
	for wait := pause; ; {
		read, err := c.attempt(ctx, pool, op, data)
		again, ok := err.(*againError)
		if !ok {
			return read, err
		}
		if again.unsent {
			if text := again.why.Error(); text != told && c.Waiting != nil {
				told = text
				c.Waiting(text)
			}
			wait = min(2*wait, longPause)
		} else {
			op.Retry++
			op.Flags |= messages.FlagRetry
			wait = pause
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, &gaveUpError{err, again.why}
		}
	}
}

// attempt carries a request to where the object is now.
func (c *Client) attempt(ctx context.Context, pool string, op messages.OSDOp, data []byte) ([]byte, error) {
	where, err := locate(ctx, c.monitors, pool, op.Object)
	if err != nil {
		var nobody *noOSDError
		if errors.As(err, &nobody) {
			return nil, &againError{why: err, unsent: true}
		}
		return nil, err
	}
	call := &call{tid: c.tid, peer: where.OSD.Addr, answered: make(chan *simplemsgr.Message, 1),
		unblocked: make(chan struct{}, 1), broken: make(chan *Fault, 1)}
	c.setCall(call)
	defer c.setCall(nil)
	connection, err := c.messenger.Connect(where.OSD)
	if err != nil {
		return nil, err
	}
	op.PG, op.Hash, op.MapEpoch = where.PG, where.Hash, where.Epoch
	op.Locator = messages.ObjectLocator{Pool: int64(where.PG.Pool), Hash: -1}
	if err := connection.Send(&simplemsgr.Message{Type: uint16(messages.TypeOSDOp), Priority: opPriority,
		Version: messages.OSDOpVersion, CompatVersion: messages.OSDOpCompatVersion, TID: call.tid, Front: op.Append(nil), Data: data}); err != nil {
		return nil, &againError{why: err} // it died between Connect and Send
	}
	m, err := c.await(ctx, call, pool, op.Object, where)
	if err != nil {
		connection.MarkDown() // what is queued there is sent anew
		return nil, err
	}
	return result(m, where)
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

// await waits for the answer, or for a reason to send the request again.
func (c *Client) await(ctx context.Context, call *call, pool, object string, where location) (*simplemsgr.Message, error) {
	look := time.NewTicker(patience)
	defer look.Stop()
	for {
		select {
		case m := <-call.answered:
			return m, nil
		case <-call.unblocked:
			return nil, &againError{why: errors.Errorf("%v has put the request off", where.OSD.Name)}
		case fault := <-call.broken:
			if fault.final() {
				return nil, fault
			}
			return nil, &againError{why: fault}
		case <-look.C:
			now, err := locate(ctx, c.monitors, pool, object)
			if err == nil && now.OSD != where.OSD {
				return nil, &againError{why: errors.Errorf("object %s has moved from %v to %v", object, where.OSD.Name, now.OSD.Name)}
			}
		case <-ctx.Done():
			return nil, &gaveUpError{ctx.Err(), errors.Errorf("%v at %v does not answer", where.OSD.Name, where.OSD.Addr)}
		}
	}
}

func (c *Client) setCall(call *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.call = call
}

func result(m *simplemsgr.Message, where location) ([]byte, error) {
	var reply messages.OSDOpReply
	if err := reply.Decode(m.Version, m.Front); err != nil {
		return nil, errors.WithMessagef(err, "answer of %v", where.OSD.Name)
	}
	switch {
	case len(reply.Redirect) > 0:
		return nil, errors.Errorf("object %s: %v says that it is in another pool, which is not supported here", where.Object, where.OSD.Name)
	case reply.Result < 0:
		return nil, &OpError{Object: where.Object, OSD: where.OSD.Name, Code: messages.Errno(reply.Result)}
	}
	return m.Data, nil
}
