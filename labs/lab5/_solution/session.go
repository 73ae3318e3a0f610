package main

// Written is a message as it goes to the socket, with its number.
type Written struct {
	Message
	Seq uint64
}

// Session keeps the books of a session.
type Session struct {
	lossy    bool
	exchange bool      // the open socket began with SEQ
	again    []Written // to be written again, before everything else
	waiting  []Message // by priority
	sent     []Written // written on this socket, and not acked
	outSeq   uint64    // the highest number that was given
	inSeq    uint64    // the highest number that was taken
	told     uint64    // how far the peer knows of that
}

// NewSession begins a session, with an open socket.
func NewSession(lossy bool) *Session {
	return &Session{lossy: lossy}
}

// Send queues a message.
func (s *Session) Send(m Message) {
	i := len(s.waiting)
	for i > 0 && s.waiting[i-1].Priority < m.Priority {
		i--
	}
	s.waiting = append(s.waiting, Message{})
	copy(s.waiting[i+1:], s.waiting[i:])
	s.waiting[i] = m
}

// Next returns the message that is to be written now.
func (s *Session) Next() (Written, bool) {
	var w Written
	switch {
	case len(s.again) > 0:
		w, s.again = s.again[0], s.again[1:]
	case len(s.waiting) > 0:
		s.outSeq++
		w = Written{Message: s.waiting[0], Seq: s.outSeq}
		s.waiting = s.waiting[1:]
	default:
		return Written{}, false
	}
	if !s.lossy {
		s.sent = append(s.sent, w)
	}
	return w, true
}

// Receive says that a message with that number came.
func (s *Session) Receive(seq uint64) bool {
	if seq <= s.inSeq {
		if !s.exchange {
			s.told = 0 // whoever sends it again has not seen our ack
		}
		return false
	}
	s.inSeq = seq
	return true
}

// Ack returns the number of the ack that is to be written now.
func (s *Session) Ack() (uint64, bool) {
	if s.told == s.inSeq {
		return 0, false
	}
	s.told = s.inSeq
	return s.inSeq, true
}

// Acked says that the peer has everything up to that number, and returns whether that is news.
func (s *Session) Acked(seq uint64) bool {
	before := len(s.sent)
	for len(s.sent) > 0 && s.sent[0].Seq <= seq {
		s.sent = s.sent[1:]
	}
	return len(s.sent) < before
}

// Broke says that the socket is gone.
func (s *Session) Broke() bool {
	if s.lossy {
		*s = Session{lossy: true}
		return false
	}
	s.again = append(s.sent, s.again...)
	s.sent = nil
	return true
}

// InSeq returns how far this side has received.
func (s *Session) InSeq() uint64 {
	return s.inSeq
}

// Empty reports whether there is nothing to be written.
func (s *Session) Empty() bool { return len(s.again)+len(s.waiting) == 0 }

// Opened says that there is a socket again, and returns whether the peer has something new.
func (s *Session) Opened(seq bool, has uint64) bool {
	s.exchange = seq
	if !seq {
		return false
	}
	before := len(s.again)
	s.told = s.inSeq
	for len(s.again) > 0 && s.again[0].Seq <= has {
		s.again = s.again[1:]
	}
	s.outSeq = max(s.outSeq, has)
	return len(s.again) < before
}
