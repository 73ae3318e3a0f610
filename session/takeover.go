package session

import "simplemessenger/protocol"

// takeOverLocked goes on with a connection that the peer has opened anew: the link and the carrier
// of an accepted socket become those of the session. Both are locked; nothing is delivered at the
// moment.
func (s *Session) takeOverLocked(from *Session, d protocol.Decision) {
	if d.ResetExisting {
		s.resetLocked(protocol.LossRestarted, ErrPeerLost)
	}
	old := s.events.pipe
	s.events.stateChanged(s.state, protocol.Closed) // for the old carrier all is over
	s.dropLinkLocked()
	s.leaveCarrierLocked()

	s.peer.Store(from.peer.Load())
	s.carrier, s.incoming, s.attempts, s.link = from.carrier, true, 1, from.link
	s.events = s.EventsOf(s.carrier.ID())
	s.state = from.state
	s.backoff = 0
	from.carrier, from.link, from.state = nil, nil, protocol.Closed
	from.ended.Store(true)

	s.requeueLocked()
	s.numbers.TakeOver(d.FreshPeer)
	s.events.replaced(old, false, s.out.queued)
}
