package ping

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/internal/command/engine"
	"simplemessenger/messages"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Options say whom to ping and how.
type Options struct {
	Peer     wire.EntityInst
	Count    int
	Interval time.Duration
	Timeout  time.Duration // for the session, and for each answer
	Tracer   trace.Tracer  // sees every event; nil for none
	// Keepalive sends KEEPALIVE2 instead of MPing, which everybody answers.
	Keepalive bool
	// Name is the messenger's; zero for client.?.
	Name   wire.EntityName
	Engine engine.Engine
	// Messenger is changed before use, for credentials and the like; nil leaves the defaults.
	Messenger func(*simplemsgr.Config)
}

// Session is what was agreed before the first ping.
type Session struct {
	Peer     wire.EntityName
	Addr     wire.EntityAddr
	Features wire.Features
	// by which both sides have proved who they are: wire.AuthCephx; wire.AuthUnknown without a
	// proof
	Method uint32
	Took   time.Duration
}

// Answer is one answered ping.
type Answer struct {
	Number    int
	RoundTrip time.Duration
	From      wire.EntityName
	Keepalive bool   // KEEPALIVE2_ACK, not MPing
	Payload   []byte // of the answer's front
}

// Summary is what came of it all.
type Summary struct {
	Sent, Received int
	Min, Mean, Max time.Duration
}

// Login is how a caller got its credentials.
type Login struct {
	Monitor  wire.EntityInst
	Name     auth.EntityName
	GlobalID uint64
}

// Report is told of progress.
type Report interface {
	LoggedIn(Login) // by a caller that logs in
	Opened(Session)
	Answered(Answer)
	Done(Summary)
}

// Run opens the session and pings. The error, if any, says in words what went wrong and at which
// step.
func Run(ctx context.Context, options Options, report Report) error {
	p := &pinger{options: options, opened: make(chan struct{}, 1), failed: make(chan error, 1),
		answers: make(chan *simplemsgr.Message, 16),
		acks:    make(chan time.Time, 16)}
	config := simplemsgr.Config{Engine: options.Engine.New}
	config.Pipe.AnyNonce = true
	config.Pipe.HandshakeTimeout = options.Timeout
	config.Pipe.Tracer = trace.Multi(options.Tracer, trace.Func(p.watch))
	if options.Messenger != nil {
		options.Messenger(&config)
	}
	name := options.Name
	if name == (wire.EntityName{}) {
		name = wire.Client(wire.NumUnknown)
	}
	m := simplemsgr.New(name, config)
	m.SetDefaultPolicy(simplemsgr.LossyClient())
	m.AddDispatcher(simplemsgr.DispatcherFunc(p.dispatch))
	if err := m.Start(); err != nil {
		return err
	}
	defer func() {
		// Nothing of ours waits for long once it is closed, whatever became of the caller's
		// context.
		_ = m.Shutdown(context.WithoutCancel(ctx))
	}()
	return p.run(ctx, m, report)
}

type pinger struct {
	options Options
	opened  chan struct{}
	failed  chan error
	answers chan *simplemsgr.Message
	acks    chan time.Time // when the keepalives were sent that were answered
	stage   atomic.Value   // string: what the connection waits for, until it is open

	mu   sync.Mutex
	sent map[wire.Timespec]time.Time // keepalives, by their stamps, which are of the wall clock

	method atomic.Uint32 // of the credentials that were sent last
	round  trips
}

func (p *pinger) dispatch(m *simplemsgr.Message) bool {
	select {
	case p.answers <- m:
	default: // a peer that talks without being asked
	}
	return true
}

// watch notes when the session opens, and the first fault: what the messenger would repair is an
// answer here.
func (p *pinger) watch(r trace.Record) {
	switch e := r.Event.(type) {
	case trace.ConnectSent:
		p.method.Store(e.Connect.AuthorizerProtocol)
	case trace.KeepaliveReceived:
		if sent, ok := p.takeSent(e.Stamp); ok && e.Tag == wire.TagKeepalive2Ack {
			offer(p.acks, sent)
		}
	case trace.KeepaliveSent:
		if e.Tag == wire.TagKeepalive2 {
			p.noteSent(e.Stamp, r.Time)
		}
	case trace.StageChanged:
		if e.To.Connects() {
			p.stage.Store(e.To.String())
		}
	case trace.StateChanged:
		if e.To == protocol.Wait {
			p.stage.Store("told to WAIT for the peer's own connection, which did not come")
		}
	case trace.Opened:
		offer(p.opened, struct{}{})
	case trace.Faulted:
		offer(p.failed, Explain(e.Err, e.Stage.String(), p.options))
	}
}

// noteSent and takeSent tell when an answered keepalive was sent, by the monotonic clock. Of
// several that were answered at once the peer names the latest only.
func (p *pinger) noteSent(stamp wire.Timespec, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil || len(p.sent) > 16 {
		p.sent = map[wire.Timespec]time.Time{}
	}
	p.sent[stamp] = at
}

func (p *pinger) takeSent(stamp wire.Timespec) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.sent[stamp]
	delete(p.sent, stamp)
	return at, ok
}

func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

func (p *pinger) run(ctx context.Context, m *simplemsgr.Messenger, report Report) error {
	start := time.Now()
	c, err := m.Connect(p.options.Peer)
	if err != nil {
		return err
	}
	if err := c.SendKeepalive(); err != nil {
		return err
	}
	overdue := time.NewTimer(p.options.Timeout + time.Second)
	defer overdue.Stop()
	select {
	case <-p.opened:
	case err := <-p.failed:
		return err
	case <-overdue.C: // the handshake's own timeout comes first and knows the step
		stage, _ := p.stage.Load().(string)
		return errors.Errorf("%v: no session within %v (at step %q)", p.options.Peer.Addr,
			p.options.Timeout, stage)
	case <-ctx.Done():
		return ctx.Err()
	}
	report.Opened(Session{Peer: c.PeerName(), Addr: c.PeerAddr(), Features: c.Features(),
		Method: p.method.Load(), Took: time.Since(start)})

	pause := time.NewTimer(p.options.Interval)
	defer pause.Stop()
	for i := range p.options.Count {
		if i > 0 {
			pause.Reset(p.options.Interval)
			select {
			case <-pause.C:
			case <-ctx.Done():
				report.Done(p.round.summary())
				return nil
			}
		}
		ping := p.ping
		if p.options.Keepalive {
			ping = p.keepalive
		}
		if err := ping(ctx, c, i+1, report); err != nil {
			report.Done(p.round.summary())
			return err
		}
	}
	report.Done(p.round.summary())
	return nil
}

func (p *pinger) ping(ctx context.Context, c *pipe.Connection, number int, report Report) error {
	start := time.Now()
	p.round.sent++
	if err := c.Send(&simplemsgr.Message{Type: uint16(messages.TypePing), Version: 1,
		Priority: wire.PriorityHigh}); err != nil {
		return p.failure(err)
	}
	timeout := time.NewTimer(p.options.Timeout)
	defer timeout.Stop()
	for {
		select {
		case m := <-p.answers:
			if m.Type != uint16(messages.TypePing) {
				continue
			}
			took := time.Since(start)
			p.round.add(took)
			report.Answered(Answer{Number: number, RoundTrip: took, From: m.Source,
				Payload: m.Front})
			return nil
		case err := <-p.failed:
			return err
		case <-timeout.C:
			return errors.Errorf("%v: the session is open, but MPing %d got no answer within %v "+
				"(only monitors answer MPing before a login)",
				p.options.Peer.Addr, number, p.options.Timeout)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// failure is err, or the fault behind it.
func (p *pinger) failure(err error) error {
	select {
	case fault := <-p.failed:
		return fault
	default:
		return err
	}
}

// keepaliveAgain is when KEEPALIVE2 is sent again. SimpleMessenger forgets to answer one that comes
// while it writes the answer to the one before.
const keepaliveAgain = 500 * time.Millisecond

// keepalive is ping by KEEPALIVE2. An answer to an earlier one, such as that which opened the
// session, does not count.
func (p *pinger) keepalive(ctx context.Context, c *pipe.Connection, number int,
	report Report) error {
	start := time.Now()
	p.round.sent++
	timeout := time.NewTimer(p.options.Timeout)
	defer timeout.Stop()
	again := time.NewTicker(keepaliveAgain)
	defer again.Stop()
	for send := true; ; {
		if send {
			if err := c.SendKeepalive(); err != nil {
				return p.failure(err)
			}
			send = false
		}
		select {
		case <-again.C:
			send = true
		case stamp := <-p.acks:
			if stamp.Before(start) {
				continue
			}
			took := time.Since(stamp)
			p.round.add(took)
			report.Answered(Answer{Number: number, RoundTrip: took, From: c.PeerName(),
				Keepalive: true})
			return nil
		case err := <-p.failed:
			return err
		case <-timeout.C:
			return errors.Errorf("%v: the session is open, but KEEPALIVE2 %d got no answer within "+
				"%v", p.options.Peer.Addr, number, p.options.Timeout)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// trips sums round trips up.
type trips struct {
	sent, received  int
	min, max, total time.Duration
}

func (t *trips) add(d time.Duration) {
	if t.received == 0 || d < t.min {
		t.min = d
	}
	t.max = max(t.max, d)
	t.total += d
	t.received++
}

func (t *trips) summary() Summary {
	s := Summary{Sent: t.sent, Received: t.received, Min: t.min, Max: t.max}
	if t.received > 0 {
		s.Mean = t.total / time.Duration(t.received)
	}
	return s
}
