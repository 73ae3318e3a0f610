package monclient

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/messages"
	"simplemessenger/protocol"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// session is the conversation with one monitor over one connection. Everything but dispatch and
// watch is called by run.
type session struct {
	c          *Client
	peer       wire.EntityInst
	messenger  *simplemsgr.Messenger
	connection *simplemsgr.Connection

	received chan *simplemsgr.Message
	over     chan struct{} // closed when nobody reads received any more
	broken   chan error    // one slot: why the connection failed
	// resubscribe rings when subscriptions are to be renewed; it is not set unless a monitor wants
	// that.
	resubscribe *time.Timer
	// stage is what the session waits for, until it is logged in.
	stage atomic.Value // string
}

// newSession returns a session with a monitor, of which nothing has begun yet.
func (c *Client) newSession(addr wire.EntityAddr) *session {
	s := &session{c: c, peer: wire.EntityInst{Name: wire.Mon(wire.NumUnknown), Addr: addr},
		received: make(chan *simplemsgr.Message, 16), over: make(chan struct{}),
		broken: make(chan error, 1), resubscribe: time.NewTimer(never)}
	config := c.config.Messenger
	config.Pipe.Tracer = trace.Multi(config.Pipe.Tracer, trace.Func(s.watch))
	s.messenger = simplemsgr.New(c.config.messengerName(), config)
	s.messenger.SetDefaultPolicy(simplemsgr.LossyClient())
	s.messenger.AddDispatcher(simplemsgr.DispatcherFunc(s.dispatch))
	return s
}

// knock connects to the monitor, sends the first request of a login and returns what it answers.
// Unlike all else of a session it runs in a goroutine of its own, side by side with those of other
// monitors.
func (s *session) knock(ctx context.Context, request auth.LoginRequest) (auth.LoginReply, error) {
	if err := s.messenger.Start(); err != nil {
		return auth.LoginReply{}, err
	}
	var err error
	if s.connection, err = s.messenger.Connect(s.peer); err != nil {
		return auth.LoginReply{}, err
	}
	if err := s.ask(request); err != nil {
		return auth.LoginReply{}, err
	}
	reply, err := s.awaitReply(ctx, s.keepMonMap)
	if stage, ok := s.stage.Load().(string); ok && err != nil {
		err = s.fault(stage, err)
	}
	return reply, err
}

// begin is the first half of the conversation: from the answer to our first request up to where we
// are known, know the monitors, and have all tickets.
func (s *session) begin(ctx context.Context, reply auth.LoginReply) error {
	request, done, err := s.c.login.Handle(reply)
	if err != nil {
		return err
	}
	if !done {
		if err := s.exchange(ctx, request); err != nil {
			return err
		}
	}
	for s.c.MonMap() == nil { // it comes unasked
		m, err := s.next(ctx)
		if err != nil {
			return s.fault("wait for the monmap", err)
		}
		s.handle(m)
	}
	s.name()
	if err := s.subscribe(); err != nil {
		return err
	}
	return s.fetchRotating(ctx)
}

// close ends the session. It waits for the messenger's goroutines, which wait for nobody once it is
// closed.
func (s *session) close() {
	close(s.over)
	s.resubscribe.Stop()
	_ = s.messenger.Shutdown(context.Background())
}

// dispatch takes a message from the monitor, in the messenger's goroutine.
func (s *session) dispatch(m *simplemsgr.Message) bool {
	select {
	case s.received <- m:
	case <-s.over:
	}
	return true
}

// watch notes the first fault, and how far the connection has come. What the messenger would repair
// ends the session: another monitor may be better.
func (s *session) watch(r trace.Record) {
	switch e := r.Event.(type) {
	case trace.Faulted:
		select {
		case s.broken <- s.fault(e.Stage.String(), e.Err):
		default:
		}
	case trace.StageChanged:
		if e.To.Connects() {
			s.stage.Store(e.To.String())
		}
	case trace.StateChanged:
		if e.To == protocol.Wait {
			s.stage.Store("connect: told to WAIT for the monitor's own connection")
		}
	case trace.Opened:
		s.stage.Store("login: read the first reply")
	}
}

// fault says at which stage err happened, unless it says so itself.
func (s *session) fault(stage string, err error) error {
	var known *MonitorError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &MonitorError{Addr: s.peer.Addr, Stage: stage, Err: err}
}

// next returns the next message.
func (s *session) next(ctx context.Context) (*simplemsgr.Message, error) {
	select {
	case m := <-s.received:
		return m, nil
	case err := <-s.broken:
		return nil, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// handle takes a message that is not part of an exchange.
func (s *session) handle(m *simplemsgr.Message) {
	s.keepMonMap(m)
	switch messages.Type(m.Type) {
	case messages.TypeMonCommandAck:
		s.c.acknowledge(m)
	case messages.TypeMonSubscribeAck:
		s.acknowledged(m)
	default:
		s.c.publish(m)
	}
}

func (s *session) keepMonMap(m *simplemsgr.Message) {
	var monMap messages.MonMap
	if request.Decode(m, &monMap) == nil {
		s.c.setMonMap(&monMap)
	}
}

// name takes the rank of the monitor from the monmap.
func (s *session) name() {
	for rank, mon := range s.c.MonMap().Monitors {
		if mon.Addrs.Legacy() == s.peer.Addr {
			s.peer.Name = wire.Mon(int64(rank))
		}
	}
}

// exchange carries requests and replies of the login until that is done.
func (s *session) exchange(ctx context.Context, request auth.LoginRequest) error {
	for done := false; !done; {
		if err := s.ask(request); err != nil {
			return err
		}
		reply, err := s.awaitReply(ctx, s.handle)
		if err != nil {
			return err
		}
		if request, done, err = s.c.login.Handle(reply); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) ask(r auth.LoginRequest) error {
	m := messages.Auth{Protocol: r.Protocol, Payload: r.Payload}
	if monMap := s.c.MonMap(); monMap != nil {
		m.MonMapEpoch = monMap.Epoch
	}
	return s.connection.Send(request.Encode(&m))
}

// awaitReply returns the next reply of the login; what else comes meanwhile goes to handle.
func (s *session) awaitReply(ctx context.Context,
	handle func(*simplemsgr.Message)) (auth.LoginReply, error) {
	for {
		m, err := s.next(ctx)
		if err != nil {
			return auth.LoginReply{}, err
		}
		if messages.Type(m.Type) != messages.TypeAuthReply {
			handle(m)
			continue
		}
		var r messages.AuthReply
		err = request.Decode(m, &r)
		return auth.LoginReply{Protocol: r.Protocol, Result: r.Result, GlobalID: r.GlobalID,
			Payload: r.Payload, Message: r.Message}, err
	}
}

// fetchRotating gets the secrets of a daemon's own service, if they are wanted and not at hand.
func (s *session) fetchRotating(ctx context.Context) error {
	if s.c.login.tickets() == nil || s.c.config.Rotating == nil ||
		!s.c.config.Rotating.Stale(s.c.config.Now()) {
		return nil
	}
	request, err := s.c.login.cephx.RequestRotating()
	if err != nil {
		return err
	}
	return s.exchange(ctx, request)
}
