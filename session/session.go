package session

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Session is what two messengers agree on, and what outlives a socket: numbers, queues, policy, the
// user's handle, and the link and the carrier that serve it at this moment.
//
// An accepted socket begins as a session of its own, in ACCEPTING, without a handle. When its peer
// is let in it either becomes one, or gives its link and its carrier to the one that the peer has
// here already.
type Session struct {
	host   Host
	config *Config
	ended  atomic.Bool // the state is CLOSED

	// peer changes when a peer that came to us has told its address; its address is the key in the
	// table.
	peer atomic.Pointer[wire.EntityInst]
	// handle is the number of connection, 0 while there is none, for who holds no lock.
	handle atomic.Uint64

	delayed delayLine // received messages whose delivery is put off on purpose
	history *history  // nil unless there are assertions

	mu     sync.Mutex // taken by locked alone; guards what follows
	later  *later     // what the transition leaves; nil for nothing
	events Events     // under the number of the carrier
	state  protocol.State
	policy Policy
	claim  protocol.Claim // by what right the peer has it
	// our user asked for it: it may dial although others claim its address
	asked      bool
	dials      int         // that wait for it, and nobody else has its handle; else 0
	connection *Connection // the user's handle; nil in ACCEPTING

	carrier  Carrier
	incoming bool  // the carrier was accepted
	link     *Link // nil while there is no socket
	attempts int   // sockets that the carrier has had
	asleep   bool  // the carrier is to be woken when there is something to be done

	numbers  protocol.Numbers
	features wire.Features // agreed on the latest connection

	out outQueue
	// keepaliveStamp is that of the latest KEEPALIVE2: one prompt ack answers all before it.
	keepaliveStamp wire.Timespec
	// closed when the out queue has more room than before; nil if nobody waits
	room chan struct{}
	// of messages of a lossy session that were being written when it gave the socket up
	adrift []outgoing
	life   *life         // nil if nobody has asked
	news   chan struct{} // closed at a change of state, or a fault; nil if nobody waits

	backoff  time.Duration    // the latest pause; 0 if there was none, or once a session is open
	retryAt  time.Time        // when to connect again, in CONNECTING; when to give up, in WAIT
	stumble  protocol.Stumble // over which the latest open socket ended
	stumbles int              // sockets in a row that ended over it
	// connections and attempts in a row that came to nothing: see PauseAfter
	fruitless int

	leaving     bool       // the orderly end is to begin once everything is acked
	lostLeaving *LossError // what was lost meanwhile, if anything was
	closeTimer  *time.Timer
	closeQueued bool // CLOSE is to be written once the queue is empty
	closeSent   bool
	closeCame   bool // the peer's CLOSE was read

	dispatching     bool     // a message is delivered at this moment
	dispatchingLast bool     // and the reader has no further one at hand
	whenIdle        []func() // called when that is over
}

// New returns a session with peer that is to be connected, and its handle. mustProve says that
// peers of that type prove who they are when they connect to us. It has no carrier yet: see Attach.
func New(host Host, peer wire.EntityInst, mustProve bool) *Session {
	s := newSession(host, protocol.Connecting, peer)
	s.policy = host.Policy(peer.Name.Type)
	s.asked = true
	s.claim = protocol.Claim{Called: peer.Name, MustProve: mustProve}
	s.connection = newConnection(s, host.NextConnectionID(), peer, false)
	return s
}

// NewAccepting returns the session of an accepted socket, whose peer is not known yet.
func NewAccepting(host Host, carrier Carrier, l *Link) *Session {
	unknown := wire.EntityInst{Name: wire.EntityName{Num: wire.NumUnknown}}
	s := newSession(host, protocol.Accepting, unknown)
	s.carrier, s.incoming, s.link, s.attempts = carrier, true, l, 1
	s.events = s.EventsOf(carrier.ID())
	return s
}

func newSession(host Host, state protocol.State, peer wire.EntityInst) *Session {
	s := &Session{host: host, config: host.Config(), state: state}
	s.out.held = s.config.held
	s.peer.Store(&peer)
	s.events = s.EventsOf(0)
	if assertions {
		s.history = new(history)
	}
	return s
}

// Attach makes a carrier serve a new session.
func (s *Session) Attach(c Carrier) {
	s.do(func() { s.carrier, s.events = c, s.EventsOf(c.ID()) })
}

// later is what a transition has left to be done without the lock.
type later struct {
	shut   *Link    // whose socket was given up
	remove bool     // from the table
	call   []func() // who waited for the end of a delivery
}

// laterLocked is where a transition writes that down.
func (s *Session) laterLocked() *later {
	if s.later == nil {
		s.later = new(later)
	}
	return s.later
}

// locked runs a transition under the lock, which nobody else takes; with a link only if that is the
// session's. It returns what is to be done without the lock, nil if there is nothing, and whether
// the transition was run.
func (s *Session) locked(l *Link, transition func()) (left *later, run bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l != nil && s.link != l {
		return nil, false
	}
	transition()
	if s.leaving {
		s.leaveWhenDoneLocked()
	}
	if assertions {
		s.assertLocked()
	}
	left = s.later
	s.later = nil
	return left, true
}

// do runs a transition, and then what it has left to be done without the lock. Called without
// locks.
func (s *Session) do(transition func()) {
	if left, _ := s.locked(nil, transition); left != nil {
		left.run(s)
	}
}

// on runs a transition on behalf of a link. It returns ErrReplaced instead if the link is the
// session's no more: who has blocked and comes with an old link is late and has nothing to say.
func (s *Session) on(l *Link, transition func()) error {
	left, run := s.locked(l, transition)
	switch {
	case !run:
		return ErrReplaced
	case left != nil:
		left.run(s)
	}
	return nil
}

// run does what a transition of s has left. Called without locks.
func (l *later) run(s *Session) {
	if l.shut != nil {
		l.shut.Socket.Shut()
	}
	if l.remove {
		s.host.Table().remove(s)
	}
	for _, call := range l.call {
		call()
	}
}

// Connection returns the user's handle; nil as long as the peer has not been let in.
func (s *Session) Connection() (c *Connection) {
	s.do(func() { c = s.connection })
	return c
}

// ConnectionID returns the number of the handle, 0 as long as there is none. It takes no lock.
func (s *Session) ConnectionID() uint64 { return s.handle.Load() }

// Usable returns the handle if messages may be sent in the session, nil otherwise.
func (s *Session) Usable() (c *Connection) {
	s.do(func() {
		if s.usableLocked() {
			c = s.connection
		}
	})
	return c
}

func (s *Session) usableLocked() bool {
	return s.connection != nil && s.state != protocol.Closing && s.state != protocol.Closed
}

// State returns the session's state.
func (s *Session) State() (state protocol.State) {
	s.do(func() { state = s.state })
	return state
}

// Peer returns the peer's name and address. The address is blank until a peer that came to us has
// told it; the number in the name of such a peer is wire.NumUnknown.
func (s *Session) Peer() wire.EntityInst { return *s.peer.Load() }

// MeetPeer notes what an accepted socket's peer says of itself. Called by its carrier before
// Decide.
func (s *Session) MeetPeer(peer wire.EntityInst) { s.peer.Store(&peer) }

// setStateLocked is the one place where the state of a session changes.
func (s *Session) setStateLocked(state protocol.State) {
	s.events.stateChanged(s.state, state)
	s.countStateLocked(state)
	s.state = state
	s.newsLocked()
}

// wakeLocked makes the carrier ask for its next job.
func (s *Session) wakeLocked() {
	if s.asleep {
		s.asleep = false
		s.carrier.Wake()
	}
}

// dropLinkLocked gives the socket up.
func (s *Session) dropLinkLocked() {
	l := s.link
	if l == nil {
		return
	}
	s.laterLocked().shut, s.link = l, nil
	if b := l.batch; b != nil && b.only {
		b.only, b.watched = false, false
		s.adrift = append(s.adrift, b.messages...)
	}
}

func (s *Session) queueEventLocked(kind dispatchqueue.Kind) {
	s.events.eventQueued(kind, "")
	s.host.Dispatch().QueueEvent(kind, s.connection, nil)
}

// queueResetLocked tells of a loss, and of its reason in a word.
func (s *Session) queueResetLocked(kind dispatchqueue.Kind, reason string, loss *LossError) {
	s.events.eventQueued(kind, reason)
	s.host.Dispatch().QueueEvent(kind, s.connection, loss)
}

// openLocked takes what was agreed on a new connection.
func (s *Session) openLocked(connectSeq, peerGlobalSeq uint32, agreed wire.Features) {
	s.features = agreed
	s.numbers.Open(connectSeq, peerGlobalSeq, agreed.Has(wire.FeatureMsgrKeepalive2))
	s.connection.setOpened(agreed)
}

// hasWorkLocked reports whether there is something for the sake of which to connect.
func (s *Session) hasWorkLocked() bool {
	expects := s.life != nil && s.life.answers > 0
	return s.numbers.HasWork(s.out.queued > 0 || expects)
}

// progressLocked notes that something got through, or held for long: the pauses begin anew.
func (s *Session) progressLocked() { s.fruitless = 0 }

// takeLocked takes the next message to be written, and numbers it. Unless the session is lossy it
// is kept until it is acked.
func (s *Session) takeLocked() (outgoing, bool) {
	if s.out.queued == 0 {
		return outgoing{}, false
	}
	return s.out.pop(!s.policy.Lossy, s.numbers.Take()), true
}

// requeueLocked puts what was sent and not acked back to the front of the queue.
func (s *Session) requeueLocked() {
	n := s.out.requeue()
	s.numbers.Requeue(n)
	s.events.requeued(n)
}

// resetLocked begins the session anew because it is lost, and tells the user why, and what broke
// it. Called while nothing is delivered.
func (s *Session) resetLocked(why protocol.Loss, cause error) {
	s.host.Dispatch().DiscardConnection(s.connection.id)
	s.delayed.discard()
	loss := &LossError{Why: why, Cause: cause}
	s.loseLocked(loss)
	if s.leaving && loss.Unacked+loss.Unsent > 0 {
		s.lostLeaving = loss
	}
	first := uint64(0)
	if s.features.Has(wire.FeatureMsgAuth) {
		// An observer shall not guess which numbers were used under the old session key.
		first = uint64(rand.Uint32() >> 1)
	}
	s.numbers.Reset(first)
	s.stumble, s.stumbles = protocol.Stumble{}, 0
	s.events.sessionReset(loss.Unacked + loss.Unsent)
	s.queueResetLocked(dispatchqueue.KindRemoteReset, why.String(), loss)
}

func (s *Session) exhaustedLocked() bool { return s.numbers.Exhausted(s.out.queued > 0) }
