package session

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// fate is what somebody wants to hear of a message on its way. It stands with the message, in the
// queue, in the sent list or, of a lossy session, in the batch that is being written.
type fate struct {
	delivery *Delivery // of who sent it; nil if he does not ask
	flushes  []*flush  // that wait for all up to this one
}

// overLocked tells that the fate of a message is decided: it is acked or, in a lossy session,
// written; or not, for that reason.
func (s *Session) overLocked(f *fate, err error) {
	if f == nil {
		return
	}
	if d := f.delivery; d != nil {
		d.err = err
		close(d.done)
		if d.stop != nil {
			s.laterLocked().call = append(s.laterLocked().call, func() { d.stop() })
		}
	}
	for _, w := range f.flushes {
		w.over(err)
	}
}

// Delivery tells what becomes of one message: see Connection.SendTracked.
type Delivery struct {
	session *Session // nil of a message to oneself
	message *Message
	life    *life
	done    chan struct{}
	err     error       // set before done is closed
	stop    func() bool // ends the watch over the context; nil if there is none
	taken   bool        // for writing; guarded by the session's lock
}

// Done is closed when the fate of the message is decided: see Err. That it was acked says that the
// peer's messenger has it; of a lossy session there are no acks, and written says that the system
// has taken it.
func (d *Delivery) Done() <-chan struct{} { return d.done }

// Err returns nil as long as Done is not closed, and if the message was acked or, in a lossy
// session, written. Otherwise it is a *LossError, in a lossy session also if the write was cut
// short; or, if the message was withdrawn before it was written, the cause of its context's end.
func (d *Delivery) Err() error {
	select {
	case <-d.done:
		return d.err
	default:
		return nil
	}
}

// Sent reports whether the message has been taken for writing: then the peer may have got it,
// whatever becomes of the connection. If it has not when Done is closed, the peer has not got it.
func (d *Delivery) Sent() (sent bool) {
	if d.session == nil {
		return true
	}
	d.session.do(func() { sent = d.taken })
	return sent
}

// Wait waits for Done, and returns Err; or the cause of the end of ctx, if that ends first. It
// does not withdraw the message.
func (d *Delivery) Wait(ctx context.Context) error {
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
		return errors.Wrap(context.Cause(ctx), "wait for the delivery")
	}
}

// Lost is closed when the session is lost in which the message was sent: what the peer has not
// answered by then it will not answer any more. Nil, for never, of a message to oneself.
func (d *Delivery) Lost() <-chan struct{} {
	if d.life == nil {
		return nil
	}
	return d.life.done
}

// Loss returns why, once Lost is closed.
func (d *Delivery) Loss() *LossError {
	select {
	case <-d.Lost():
		return d.life.loss
	default:
		return nil
	}
}

// ExpectAnswer says that the peer is to say something in turn. Until answered is called, or the
// session is lost, a socket that breaks is replaced as if something were to be sent: otherwise a
// policy with standby waits for the peer, and if that was restarted nobody finds out.
func (d *Delivery) ExpectAnswer() (answered func()) {
	if d.session == nil {
		return func() {}
	}
	s := d.session
	s.do(func() {
		d.life.answers++
		if s.state == protocol.Standby {
			s.wakeLocked()
		}
	})
	return func() { s.do(func() { d.life.answers-- }) }
}

// Withdraw takes the message out of the queue if it has never been written, not even in part. It
// reports whether it did: then Err returns cause, and the message is its sender's again. It takes
// time in proportion to what is queued before the message.
func (d *Delivery) Withdraw(cause error) (withdrawn bool) {
	if d.session == nil {
		return false
	}
	d.session.do(func() { withdrawn = d.session.withdrawLocked(d, cause) })
	return withdrawn
}

func (s *Session) withdrawLocked(d *Delivery, cause error) bool {
	f, before := s.out.withdraw(d)
	if f == nil {
		return false
	}
	s.overLocked(&fate{delivery: d}, cause)
	s.moveFlushesLocked(f, before)
	if s.endsOrderlyLocked() {
		s.wakeLocked() // CLOSE may have waited for it
	}
	return true
}

// SendTracked is Send for who wants to know what becomes of the message. If ctx ends before it is
// written it is withdrawn: see Delivery.Withdraw. A queue that is full is an error, as for Send.
func (c *Connection) SendTracked(ctx context.Context, m *Message) (*Delivery, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, errors.Wrap(err, "send")
	}
	d := &Delivery{session: c.session, message: m, done: make(chan struct{})}
	if c.loopback != nil {
		if err := c.loopback(m); err != nil {
			return nil, err
		}
		close(d.done)
		return d, nil
	}
	if ctx.Done() != nil {
		// The watch begins before the message is queued; what has ended until then is found below.
		d.stop = context.AfterFunc(ctx, func() { d.Withdraw(context.Cause(ctx)) })
	}
	if err := c.session.send(m, d); err != nil {
		if d.stop != nil {
			d.stop()
		}
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		d.Withdraw(err)
	}
	return d, nil
}

// SendContext is Send, but where the out queue is full it waits for room, until ctx ends. Once it
// has returned nil the message is on its way, whatever becomes of ctx. Do not call it in a
// dispatch: the connection may stop until that returns.
func (c *Connection) SendContext(ctx context.Context, m *Message) error {
	for {
		err := c.Send(m)
		if err != ErrQueueFull {
			return err
		}
		if err := c.WaitForRoom(ctx, m); err != nil {
			return err
		}
	}
}
