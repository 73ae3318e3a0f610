package demo

import (
	"context"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/timeline"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Sides are the messengers of the play.
var Sides = []wire.EntityName{wire.OSD(1), wire.OSD(0)}

// patience bounds each wait for something that must come.
const patience = 30 * time.Second

type play struct {
	printer  *timeline.Printer
	recorder trace.Recorder
	wires    scissors
	oracle   oracle
	messages int // that each side sends in an act
	engine   func(session.Host) session.Engine

	left, right *side // osd.1, which connects, and osd.0, which restarts
	addr        wire.EntityAddr
	port        port // of osd.0
}

// Run performs the play on an engine, nil for the default, and returns the count. The error says
// what did not come in time.
func Run(ctx context.Context, printer *timeline.Printer, messages int,
	engine func(session.Host) session.Engine) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &play{printer: printer, messages: messages, engine: engine}
	defer func() {
		for _, s := range []*side{p.left, p.right} {
			if s != nil {
				_ = s.m.Shutdown(context.WithoutCancel(ctx))
			}
		}
		p.port.close()
	}()
	for _, act := range []func(context.Context) error{p.negotiate, p.converse, p.cut, p.restart} {
		if err := act(ctx); err != nil {
			return Result{}, err
		}
	}
	result := p.oracle.result()
	for _, opened := range trace.Of[trace.Opened](p.recorder.Records()) {
		if !opened.Incoming {
			result.Reconnects++
		}
	}
	result.Reconnects-- // the first one is a connect
	result.SessionResets = len(trace.Of[trace.SessionReset](p.recorder.Records()))
	return result, nil
}

func (p *play) negotiate(ctx context.Context) (err error) {
	p.printer.Note("1. %v calls %v: banner, addresses, connect", Sides[0], Sides[1])
	if p.right, err = p.open(ctx, wire.OSD(0), "127.0.0.1:0", 0); err != nil {
		return err
	}
	p.addr = p.right.m.Addr()
	if p.left, err = p.open(ctx, wire.OSD(1), "127.0.0.1:0", 0); err != nil {
		return err
	}
	return p.send(ctx, p.left, p.right, 1)
}

func (p *play) converse(ctx context.Context) error {
	p.printer.Note("2. messages both ways over the one connection, acknowledged")
	if err := p.send(ctx, p.left, p.right, p.messages); err != nil {
		return err
	}
	return p.send(ctx, p.right, p.left, p.messages)
}

func (p *play) cut(ctx context.Context) error {
	p.printer.Note("3. the socket is cut in mid-stream; what was not acknowledged is sent again, " +
		"and nothing twice")
	p.wires.cutWrite(wire.MessageHeaderSize)
	if err := p.post(p.left, p.right, p.messages); err != nil {
		return err
	}
	if err := p.post(p.right, p.left, p.messages); err != nil {
		return err
	}
	if err := p.await(ctx, "the cut", func(r trace.Record) bool {
		return isA[trace.Faulted](r)
	}); err != nil {
		return err
	}
	return p.oracle.settle(ctx)
}

func (p *play) restart(ctx context.Context) (err error) {
	p.printer.Note("4. %v restarts with the same address; it does not know the session, and says "+
		"so", Sides[1])
	before := time.Now()
	dropped := new(simplemsgr.DroppedError)
	if err := p.right.m.Shutdown(ctx); err != nil && !errors.As(err, &dropped) {
		return err
	}
	if err := p.await(ctx, "the survivor's fault", func(r trace.Record) bool {
		// Not of a socket that osd.0 was about to open when it ended.
		f, ok := r.Event.(trace.Faulted)
		return ok && f.Next != protocol.Closed && r.Messenger == p.left.name && r.Time.After(before)
	}); err != nil {
		return err
	}
	if p.right, err = p.open(ctx, wire.OSD(0), p.addr.AddrPort().String(),
		p.addr.Nonce); err != nil {
		return err
	}
	// Now it stands by, or calls already if acks were missing. A keepalive makes it call. A message
	// would do so too, but be dropped by the reset, as it must.
	c, err := p.left.m.Connect(p.right.m.Inst())
	if err != nil {
		return err
	}
	if err := c.SendKeepalive(); err != nil {
		return err
	}
	if err := p.await(ctx, "the session reset", func(r trace.Record) bool {
		return isA[trace.SessionReset](r)
	}); err != nil {
		return err
	}
	if err := p.send(ctx, p.left, p.right, p.messages); err != nil {
		return err
	}
	return p.send(ctx, p.right, p.left, p.messages)
}

// open starts a messenger.
func (p *play) open(ctx context.Context, name wire.EntityName, bind string,
	nonce uint32) (*side, error) {
	config := simplemsgr.Config{Nonce: nonce, Dial: p.wires.dial, Engine: p.engine}
	config.Pipe.Tracer = trace.Multi(p.printer, &p.recorder)
	if name == wire.OSD(0) {
		config.Accepter.Listen = p.port.listen
	}
	s := &side{name: name, m: simplemsgr.New(name, config), oracle: &p.oracle}
	s.m.SetDefaultPolicy(simplemsgr.LosslessPeerReuse())
	s.m.AddDispatcher(s)
	if err := s.m.Bind(ctx, bind); err != nil {
		return nil, err
	}
	return s, s.m.Start()
}

// send posts n messages and waits until all messages have come.
func (p *play) send(ctx context.Context, from, to *side, n int) error {
	if err := p.post(from, to, n); err != nil {
		return err
	}
	return p.oracle.settle(ctx)
}

func (p *play) post(from, to *side, n int) error {
	for range n {
		if err := from.m.Send(to.m.Inst(), p.oracle.next(from.name)); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) await(ctx context.Context, what string, match func(trace.Record) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-p.recorder.Expect(match):
		return nil
	case <-ctx.Done():
		return errors.Wrapf(ctx.Err(), "waiting for %s", what)
	}
}

func isA[E trace.Event](r trace.Record) bool {
	_, ok := r.Event.(E)
	return ok
}
