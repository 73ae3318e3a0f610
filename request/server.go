package request

import (
	"context"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
)

// Handler answers a request. Its context ends when the connection does: then the reply has no way
// to the peer. It may wait, and call others. With nil and no error nothing is answered. The same
// reply may be the answer to many requests, and share bytes with them unless messages are pooled
// (Config.PoolMessages): then those of the request are used for others when the handler returns.
type Handler func(ctx context.Context, m *simplemsgr.Message) (reply *simplemsgr.Message, err error)

// ServerOptions are those of a Server. The zero value of a field means its default.
type ServerOptions struct {
	// Handlers and Backlog are those of simplemsgr.Concurrent.
	Handlers, Backlog int
	// Failed is told of errors: of handlers, and of replies that cannot be sent. It may return
	// what is answered instead; nil for nothing, so that the peer waits until its context ends or
	// the session does. By default that is so: the protocol has no message for errors.
	Failed func(m *simplemsgr.Message, err error) (reply *simplemsgr.Message)
}

// Server is a dispatcher that answers requests, side by side, those of one connection one after the
// other. Set it up before it is added to a messenger. It takes only messages of the types that it
// handles.
type Server struct {
	options ServerOptions
	pool    simplemsgr.Concurrent

	mu       sync.RWMutex // a leaf
	handlers map[uint16]Handler
}

var _ simplemsgr.Drainer = (*Server)(nil)

// NewServer returns a Server that handles nothing yet.
func NewServer(options ServerOptions) *Server {
	s := &Server{options: options, handlers: map[uint16]Handler{}}
	s.pool.Handle, s.pool.Takes = s.answer, s.takes
	s.pool.Handlers, s.pool.Backlog = options.Handlers, options.Backlog
	return s
}

// Dispatch implements simplemsgr.Dispatcher.
func (s *Server) Dispatch(m *simplemsgr.Message) bool { return s.pool.Dispatch(m) }

// WaitUntilIdle implements simplemsgr.Drainer: Messenger.Drain waits for handlers.
func (s *Server) WaitUntilIdle(done <-chan struct{}) (idle bool) {
	return s.pool.WaitUntilIdle(done)
}

// Handle has messages of a type answered by h, nil to leave them to the next dispatcher.
func (s *Server) Handle(messageType uint16, h Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h == nil {
		delete(s.handlers, messageType)
		return
	}
	s.handlers[messageType] = h
}

func (s *Server) handler(m *simplemsgr.Message) Handler {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.handlers[m.Type]
}

func (s *Server) takes(m *simplemsgr.Message) bool { return s.handler(m) != nil }

// answer has one request answered.
func (s *Server) answer(ctx context.Context, m *simplemsgr.Message) {
	h := s.handler(m)
	if h == nil { // taken away meanwhile
		return
	}
	reply, err := h(ctx, m)
	if err != nil {
		reply = s.failed(m, err)
	}
	if err := s.reply(ctx, m, reply); err != nil {
		_ = s.reply(ctx, m, s.failed(m, errors.WithMessage(err, "request: reply")))
	}
}

// reply sends a reply; nil is none. That the peer has gone is no error: it wants no answer.
func (s *Server) reply(ctx context.Context, m, reply *simplemsgr.Message) error {
	if reply == nil {
		return nil
	}
	its := *reply // which may be the answer to others too
	its.TID = m.TID
	err := m.Connection().SendContext(ctx, &its)
	if errors.Is(err, pipe.ErrClosed) || ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Server) failed(m *simplemsgr.Message, err error) *simplemsgr.Message {
	if s.options.Failed == nil {
		return nil
	}
	return s.options.Failed(m, err)
}
