package live

import (
	"simplemessenger/internal/command/view/recording"
	"simplemessenger/wire"
)

// ackSize is the size of an ACK with its tag.
const ackSize = 9

// hold takes an ACK with which b begins, if acks are held back, and tells whether it did. An ACK
// says what earlier ones have said too, so that only the latest one is missing.
func (s *sockets) hold(k *socket, side int, b []byte) bool {
	s.mu.Lock()
	holding := s.holding
	s.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	w := &k.ways[side]
	if len(b) >= ackSize && b[0] == byte(wire.TagAck) && w.complete == w.handed && w.complete > 0 &&
		holding {
		w.held = append([]byte(nil), b[:ackSize]...)
		s.w.Recorder.Add(recording.Step{Kind: recording.Event, Lane: k.lanes[side],
			Socket: k.number, Name: "ack_held", Mark: "alarm",
			Text: "its ACK is held back on the way"})
		return true
	}
	return false
}

// holdAcks begins or ends that. At the end the latest ACK of each socket that was held back gets
// through.
func (s *sockets) holdAcks(hold bool) {
	s.mu.Lock()
	s.holding = hold
	s.mu.Unlock()
	if hold {
		return
	}
	for _, k := range s.all() {
		for side := range k.ways {
			k.release(side)
		}
	}
}

// release sends the ACK that was held back.
func (k *socket) release(side int) {
	w := &k.ways[side]
	w.wmu.Lock()
	defer w.wmu.Unlock()
	k.mu.Lock()
	ack, sender := w.held, w.sender
	w.held = nil
	whole := w.complete == w.handed && !w.ended
	k.mu.Unlock()
	if ack != nil && whole && sender != nil {
		_, _ = sender.write(ack) // where that fails the socket is at its end
	}
}
