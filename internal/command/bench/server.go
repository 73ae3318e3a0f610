package bench

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Server answers each MOSDOp with an MOSDOpReply without data.
type Server struct {
	messenger *simplemsgr.Messenger
	answered  atomic.Uint64
	pool      sync.Pool // of *answerer: fast dispatch comes from many goroutines
	think     time.Duration

	requests chan *simplemsgr.Message // to the workers; nil without
	workers  sync.WaitGroup
}

// NewServer returns a server that listens on address, or on listener if that is not nil. With
// Options.Workers it hands requests to as many goroutines, as ceph_perf_msgr_server does; without
// it answers in the goroutine that has read the request.
func NewServer(ctx context.Context, o Options, policy, address string,
	listener net.Listener) (*Server, error) {
	o.setCollector()
	config, err := o.messengerConfig(policy)
	if err != nil {
		return nil, err
	}
	s := &Server{messenger: simplemsgr.New(serverName, config), think: o.ServerThink}
	s.pool.New = func() any { return new(answerer) }
	if o.Workers > 0 {
		s.requests = make(chan *simplemsgr.Message, 4096)
		for range o.Workers {
			s.workers.Go(s.work)
		}
	}
	if o.Queue {
		s.messenger.AddDispatcher(simplemsgr.DispatcherFunc(func(
			m *simplemsgr.Message) bool {
			s.take(m)
			return true
		}))
	} else {
		s.messenger.AddDispatcher(fastServer{s})
	}
	if listener != nil {
		err = s.messenger.BindListener(listener)
	} else {
		err = s.messenger.Bind(ctx, address)
	}
	if err == nil {
		err = s.messenger.Start()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Addr returns the address to connect to.
func (s *Server) Addr() wire.EntityAddr { return s.messenger.Addr() }

// Usage returns what the process has used so far, and how many requests were answered.
func (s *Server) Usage() (Usage, error) {
	u := ProcessUsage()
	u.Answered = s.answered.Load()
	return u, nil
}

// Close ends the server and waits for its goroutines.
func (s *Server) Close() {
	_ = s.messenger.Shutdown(context.Background())
	if s.requests != nil {
		close(s.requests)
		s.workers.Wait()
	}
}

// take answers a request, or hands it to the workers.
func (s *Server) take(m *simplemsgr.Message) {
	if s.think > 0 {
		time.Sleep(s.think)
	}
	if s.requests == nil {
		s.answer(m)
		return
	}
	m.Retain()
	s.requests <- m
}

func (s *Server) work() {
	for m := range s.requests {
		s.answer(m)
		m.Release()
	}
}

func (s *Server) answer(m *simplemsgr.Message) {
	if m.Type != uint16(messages.TypeOSDOp) {
		return
	}
	a := s.pool.Get().(*answerer)
	reply := a.answer(m)
	s.pool.Put(a)
	s.answered.Add(1)
	// A connection that is gone takes its answers with it.
	_ = m.Connection().Send(reply)
}

// fastServer takes requests in the goroutine of the connection's reader.
type fastServer struct{ *Server }

func (s fastServer) Dispatch(m *simplemsgr.Message) bool      { s.take(m); return true }
func (s fastServer) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (s fastServer) FastDispatch(m *simplemsgr.Message)       { s.take(m) }

// answerer makes answers. It has the memory that decoding needs.
type answerer struct {
	op    messages.OSDOp
	reply messages.OSDOpReply
}

// einval is the result of a request that is not what it should be: -EINVAL.
const einval = -22

// answer decodes the request m and returns the answer.
func (a *answerer) answer(m *simplemsgr.Message) *simplemsgr.Message {
	var result int32
	if a.op.Decode(m.Version, m.Front) != nil || a.op.PayloadLen() != uint64(len(m.Data)) {
		result = einval
	}
	a.reply.Answer(&a.op, result)
	r := new(reply)
	r.message = simplemsgr.Message{
		Type: uint16(messages.TypeOSDOpReply), Version: messages.OSDOpReplyVersion,
		CompatVersion: messages.OSDOpReplyCompatVersion,
		TID:           m.TID, Priority: m.Priority, Front: a.reply.Append(r.front[:0]),
	}
	return &r.message
}

// reply is an answer and the memory for its front part, in one piece.
type reply struct {
	message simplemsgr.Message
	front   [160]byte
}
