package pipe

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// Pipe carries a session, over one socket at a time. Two goroutines serve it: the reader, one for
// each socket, and the writer, which also connects. It has no lock: what both need is the
// session's.
type Pipe struct {
	host     Host
	config   *Config
	id       uint64
	incoming bool
	done     chan struct{} // closed when the pipe carries the session no longer
	wake     chan struct{} // one slot: wakes the writer

	readerStage, writerStage atomic.Uint32 // a Stage each

	// session is that of the accepted socket, until its peer is let in, perhaps into another one.
	// By then no other goroutine of the pipe runs.
	session *session.Session
	events  session.Events

	// Of the writer; an accept leaves them behind for it.
	attempts int           // sockets so far
	reading  chan struct{} // closed when the latest reader has ended; nil before the first
}

// Engine is the blocking engine: a pipe for each session. It implements session.Engine.
type Engine struct{ host Host }

// New makes an engine. It is what simplemsgr.Config.Engine is by default.
func New(host Host) session.Engine { return Engine{host} }

// Stop implements session.Engine: the goroutines of a pipe end with its session.
func (e Engine) Stop() {}

// Accept implements session.Engine.
func (e Engine) Accept(conn net.Conn) error {
	host := e.host
	p := newPipe(host)
	p.incoming, p.attempts = true, 1
	l := newLink(p, 1)
	l.use(p, conn)
	p.serve(session.NewAccepting(host, p, &l.Link))
	l.Events = p.events
	if err := host.Table().Enter(p.session); err != nil {
		l.Shut()
		return err
	}
	host.Go(func() { p.runAccept(l) })
	return nil
}

// Carry implements session.Engine.
func (e Engine) Carry(s *session.Session) {
	p := newPipe(e.host)
	p.serve(s)
	s.Attach(p)
	e.host.Go(p.runWriter)
}

func newPipe(host Host) *Pipe {
	return &Pipe{host: host, config: host.Config(), id: host.NextPipeID(),
		done: make(chan struct{}), wake: make(chan struct{}, 1)}
}

func (p *Pipe) serve(s *session.Session) { p.session, p.events = s, s.EventsOf(p.id) }

// ID implements session.Carrier.
func (p *Pipe) ID() uint64 { return p.id }

// Stages implements session.Carrier. An accepting pipe's handshake counts as its reader's.
func (p *Pipe) Stages() (reader, writer protocol.Stage) {
	return protocol.Stage(p.readerStage.Load()), protocol.Stage(p.writerStage.Load())
}

// HoldsUp implements session.Carrier.
func (p *Pipe) HoldsUp() bool { return protocol.Stage(p.readerStage.Load()).HoldsUp() }

// Wake implements session.Carrier. It never blocks: there is one token for each time the writer
// waits.
func (p *Pipe) Wake() { p.wake <- struct{}{} }

// Leave implements session.Carrier.
func (p *Pipe) Leave() { close(p.done) }

// peer returns the peer's name and address, as far as they are known.
func (p *Pipe) peer() wire.EntityInst { return p.session.Peer() }

// startReader starts the reader of a socket on which the session is open. The reader before has
// ended, or is about to end without delivering anything.
func (p *Pipe) startReader(l *link) {
	done := make(chan struct{})
	p.reading = done
	p.host.Go(func() {
		defer close(done)
		p.runReader(l)
	})
}

// fault gives a socket up.
func (p *Pipe) fault(l *link, err error, stage protocol.Stage) {
	p.internalDelay()
	p.session.Fault(&l.Link, err, stage)
}

// enter notes that a goroutine has come to a stage. A breakpoint there may hold it up, or make it
// fail. L is nil while there is no socket.
func (p *Pipe) enter(cell *atomic.Uint32, stage protocol.Stage, l *link, tag wire.Tag) error {
	from := protocol.Stage(cell.Swap(uint32(stage)))
	if !p.events.Quiet() {
		goroutine := "writer"
		if cell == &p.readerStage {
			goroutine = "reader"
		}
		p.events.StageChanged(goroutine, from, stage)
	}
	if p.config.Interceptor == nil {
		return nil
	}
	b := Breakpoint{Pipe: p.id, Incoming: p.incoming, Peer: p.peer().Addr, Stage: stage, Tag: tag}
	if l != nil {
		b.Attempt, b.Done = l.Attempt, l.done
	} else {
		b.Attempt, b.Done = p.attempts, p.done
	}
	return session.Intercept(p.host, b)
}

// internalDelay sleeps where locks change hands. Called without locks.
func (p *Pipe) internalDelay() {
	if d := p.config.Inject.InternalDelays; d > 0 {
		time.Sleep(d)
	}
}

// readAuthorizer reads the bytes behind a connect message or its reply. Their length is the peer's
// word, so it is limited before it is believed.
func (p *Pipe) readAuthorizer(cell *atomic.Uint32, stage protocol.Stage, l *link,
	n uint32) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	if err := p.enter(cell, stage, l, 0); err != nil {
		return nil, err
	}
	if uint64(n) > uint64(p.config.MaxAuthorizerSize) {
		return nil, protocol.Violation("authorizer_len %d, limit %d", n, p.config.MaxAuthorizerSize)
	}
	b := make([]byte, n)
	return b, errors.WithMessagef(midway(l.read(b)), "authorizer of %d bytes", n)
}

// sendSeq tells the peer what the session has.
func (p *Pipe) sendSeq(l *link, inSeq uint64) error {
	p.events.SeqSent(inSeq)
	return l.write(wire.AppendSeq(nil, inSeq))
}

// readSeq reads what the peer has.
func (p *Pipe) readSeq(l *link) error {
	b, err := l.in.next(wire.SeqSize)
	if err != nil {
		return midway(err)
	}
	seq, err := wire.DecodeSeq(b)
	if err != nil {
		return err
	}
	p.events.SeqReceived(seq)
	return p.session.PeerHas(&l.Link, seq)
}
