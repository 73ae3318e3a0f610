package pipe

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Pipe carries one session over one socket at a time. Two goroutines serve it: the reader, one for each socket, and the
// writer, which also connects. See the package comment for the locks.
type Pipe struct {
	host     Host
	config   *Config
	id       uint64
	incoming bool
	events   events
	done     chan struct{} // closed with the state CLOSED
	wake     chan struct{} // one slot: wakes the writer

	// peer changes once, when a peer that came to us has told its address; its address is the key in the registry.
	peer atomic.Pointer[wire.EntityInst]

	readerStage, writerStage atomic.Uint32 // a Stage each

	mu       sync.Mutex
	state    protocol.State
	policy   Policy
	session  *session // nil before the handshake is decided, and after the session was handed over
	link     *link    // nil while there is no socket
	attempts int      // sockets so far
	asked    bool     // our user asked for this session: it may dial although others claim its address

	writerWaits     bool // the writer sleeps and is to be woken through wake
	writerRuns      bool
	readerDone      chan struct{} // closed when the latest reader has ended; nil before the first
	dispatching     bool          // the reader delivers a message at this moment
	dispatchingLast bool          // and it has no further one at hand
	dispatchIdle    chan struct{} // made by who waits for the end of that; closed by the reader

	cancelDial  context.CancelFunc // nil unless the writer dials
	backoff     time.Duration      // the latest pause; 0 if there was none, or once a session is open
	retryAt     time.Time          // when to connect again, in CONNECTING; when to give up, in WAIT
	closeQueued bool               // CLOSE is to be written once the queue is empty
	closeSent   bool
	closeCame   bool // the peer's CLOSE was read
}

// errNotOwner: the session has been handed to another pipe; look at the connection again.
var errNotOwner = errors.New("pipe does not own the session any more")

// NewIncoming returns a pipe for an accepted socket, which it owns from now on. The caller enters it into the accepting set and
// calls Start.
func NewIncoming(host Host, id uint64, conn net.Conn) *Pipe {
	p := newPipe(host, id)
	p.incoming = true
	p.peer.Store(&wire.EntityInst{Name: wire.EntityName{Num: wire.NumUnknown}})
	p.attempts = 1
	p.link = newLink(conn, host, p.id, 1)
	return p
}

// NewOutgoing returns a pipe that will connect to peer, with a new session and its handle. The caller registers it and calls
// Start.
func NewOutgoing(host Host, id, connectionID uint64, peer wire.EntityInst) *Pipe {
	p := newPipe(host, id)
	p.state = protocol.Connecting
	p.peer.Store(&peer)
	p.policy = host.Policy(peer.Name.Type)
	p.asked = true
	p.session = &session{connection: newConnection(host, connectionID, peer, false), out: outQueue{held: p.config.held},
		claim: protocol.Claim{Called: peer.Name, MustProve: mustProve(host, peer.Name.Type)}}
	p.session.connection.pipe.Store(p)
	return p
}

func newPipe(host Host, id uint64) *Pipe {
	p := &Pipe{host: host, config: host.Config(), id: id, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	p.events = events{host: host, config: p.config, id: id, peer: &p.peer}
	return p
}

// Start starts the pipe's goroutines.
func (p *Pipe) Start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.incoming {
		l := p.link
		if l == nil { // stopped before it began
			return
		}
		p.host.Go(func() { p.runAccept(l) })
		return
	}
	p.startWriterLocked()
}

func (p *Pipe) startWriterLocked() {
	if !p.writerRuns {
		p.writerRuns = true
		p.host.Go(p.runWriter)
	}
}

// startReaderLocked starts the reader of a socket. The reader before has ended, or is about to end without delivering anything.
func (p *Pipe) startReaderLocked(l *link) {
	done := make(chan struct{})
	p.readerDone = done
	l.connection = p.session.connection
	l.throttleMessages, l.throttleBytes = p.policy.ThrottleMessages, p.policy.ThrottleBytes
	p.host.Go(func() {
		defer close(done)
		p.runReader(l)
	})
}

// ID returns the number of the pipe within its messenger.
func (p *Pipe) ID() uint64 { return p.id }

// State returns the pipe's state.
func (p *Pipe) State() protocol.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Stage returns what the reader and the writer are doing. An accepting pipe's handshake counts as its reader's.
func (p *Pipe) Stage() (reader, writer protocol.Stage) {
	return protocol.Stage(p.readerStage.Load()), protocol.Stage(p.writerStage.Load())
}

// Peer returns the peer's name and address. The address is blank until a peer that came to us has told it; the number in the
// name of such a peer is wire.NumUnknown.
func (p *Pipe) Peer() wire.EntityInst { return *p.peer.Load() }

// Usable returns the handle of the session, or nil if the pipe has none or is about to lose it.
func (p *Pipe) Usable() *Connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.usableLocked() {
		return nil
	}
	return p.session.connection
}

// usableLocked reports whether messages may be sent in the session.
func (p *Pipe) usableLocked() bool {
	return p.session != nil && p.state != protocol.Closing && p.state != protocol.Closed
}

// send queues a message, and writes it if that can be done at once.
func (p *Pipe) send(m *Message) error {
	p.mu.Lock()
	if err := p.queueLocked(m); err != nil {
		p.mu.Unlock()
		return err
	}
	b := p.beginDirectWriteLocked(m)
	if b == nil {
		p.wakeWriterLocked()
	}
	l := p.link
	p.mu.Unlock()
	if b != nil {
		p.directWrite(l, b)
	}
	return nil
}

// queueLocked puts a message into the out queue.
func (p *Pipe) queueLocked(m *Message) error {
	s := p.session
	switch {
	case s == nil:
		return errNotOwner
	case p.state == protocol.Closed || p.closeQueued || p.closeCame:
		return ErrClosed
	case !p.hasRoomLocked(m.cost()):
		return ErrQueueFull
	}
	s.out.push(m)
	return nil
}

func (p *Pipe) sendKeepalive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.session == nil:
		return errNotOwner
	case p.state == protocol.Closed || p.state == protocol.Closing:
		return ErrClosed
	}
	p.session.AskKeepalive()
	p.wakeWriterLocked()
	return nil
}

// wakeWriterLocked makes the writer look around.
func (p *Pipe) wakeWriterLocked() {
	if p.writerWaits {
		p.writerWaits = false
		p.wake <- struct{}{} // never blocks: one token for each time the writer waits
	}
}

// sleepLocked lets the writer wait until it is woken, or for the pause if that is not 0.
func (p *Pipe) sleepLocked(pause time.Duration, stage protocol.Stage) job {
	p.writerWaits = true
	return job{do: (*Pipe).sleep, link: p.link, pause: pause, stage: stage}
}

// sleep is called by the writer.
func (p *Pipe) sleep(j job) {
	if err := p.enter(&p.writerStage, j.stage, j.link, 0); err != nil && j.link != nil {
		p.fault(j.link, err, j.stage)
	}
	if j.pause == 0 {
		<-p.wake
	} else {
		timer := time.NewTimer(j.pause)
		select {
		case <-p.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.writerWaits { // the timer woke us
		p.writerWaits = false
		return
	}
	select { // both did
	case <-p.wake:
	default:
	}
}

// setStateLocked is the one place where the state changes.
func (p *Pipe) setStateLocked(s protocol.State) {
	p.events.stateChanged(p.state, s)
	p.countStateLocked(s)
	p.state = s
}

// endLocked closes the pipe for good and wakes everybody who waits on it. The session, if it is still here, is left to the caller.
func (p *Pipe) endLocked() {
	if p.state == protocol.Closed {
		return
	}
	p.setStateLocked(protocol.Closed)
	close(p.done)
	p.dropLinkLocked()
	p.wakeWriterLocked()
}

// dropLinkLocked gives the socket up.
func (p *Pipe) dropLinkLocked() {
	if p.link != nil {
		p.link.shut()
		p.link = nil
	}
	if p.cancelDial != nil {
		p.cancelDial()
		p.cancelDial = nil
	}
}

// endSessionLocked closes the pipe and drops what the session still holds.
func (p *Pipe) endSessionLocked() {
	p.endLocked()
	p.session.roomChangedLocked()
	if sessions := p.host.Sessions(); sessions != nil {
		sessions.Leave(p.session.connection)
	}
	p.events.queueDropped(p.session.out.clear())
}

// tellReset makes the session's connection dead and tells the user, once. Called after endSession.
func (p *Pipe) tellReset(c *Connection) {
	if c.detach(p) {
		p.queueEvent(dispatchqueue.KindReset, c)
	}
}

func (p *Pipe) queueEvent(kind dispatchqueue.Kind, c *Connection) {
	p.events.eventQueued(kind)
	p.host.Dispatch().QueueEvent(kind, c)
}

// enter notes that a goroutine has come to a stage. A breakpoint there may hold it up, or make it fail. Called without locks.
func (p *Pipe) enter(cell *atomic.Uint32, stage protocol.Stage, l *link, tag wire.Tag) error {
	from := protocol.Stage(cell.Swap(uint32(stage)))
	if !p.events.off() {
		goroutine := "writer"
		if cell == &p.readerStage {
			goroutine = "reader"
		}
		p.events.stageChanged(goroutine, from, stage)
	}
	if p.config.Interceptor == nil {
		return nil
	}
	b := Breakpoint{Pipe: p.id, Incoming: p.incoming, Peer: p.Peer().Addr, Stage: stage, Tag: tag, Done: p.done}
	p.mu.Lock()
	b.Attempt = p.attempts
	p.mu.Unlock()
	if l != nil {
		b.Attempt, b.Done = l.attempt, l.done
	}
	return p.intercept(b)
}
