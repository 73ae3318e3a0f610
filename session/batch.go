package session

import (
	"sync"
	"time"

	"simplemessenger/internal/frame"
	"simplemessenger/wire"
)

// Batch is what one write holds, and the memory to put it together. It comes from a pool, so that
// an idle session has none.
type Batch struct {
	keepalive    bool
	keepaliveAck bool
	stamp        wire.Timespec // of the keepalive ack
	ack          bool
	ackSeq       uint64
	messages     []outgoing
	close        bool
	only         bool // the only place of its messages: the session is lossy
	watched      bool // somebody asks what becomes of one of them: only then

	// Of a batch that a direct write has left: how much of it is written, and what went wrong.
	written int
	err     error

	frames frame.Batch
	begun  bool
	next   int       // the first message that is not in frames yet
	one    [1][]byte // for a write of one piece
}

var batches = sync.Pool{New: func() any { return &Batch{frames: frame.NewBatch()} }}

func takeBatch() *Batch { return batches.Get().(*Batch) }

func (b *Batch) release() {
	clear(b.messages)
	b.frames.Reset()
	*b = Batch{messages: b.messages[:0], frames: b.frames}
	batches.Put(b)
}

// FirstTag returns the tag with which the write begins.
func (b *Batch) FirstTag() wire.Tag {
	switch {
	case b.keepalive:
		return wire.TagKeepalive2
	case b.keepaliveAck:
		return wire.TagKeepalive2Ack
	case b.ack:
		return wire.TagAck
	case len(b.messages) > 0:
		return wire.TagMsg
	}
	return wire.TagClose
}

// whole returns the frames of a direct write, which has no large parts.
func (b *Batch) whole() []byte {
	whole, _ := b.frames.Bytes()
	return whole
}

// Pieces puts the next write together, for a link of s: one piece or, if there are large parts,
// several. They are valid until the next call. Nil means that all is written. Called without locks.
func (b *Batch) Pieces(s *Session, l *Link) ([][]byte, error) {
	if !b.begun {
		b.begun = true
		if len(b.whole()) > 0 { // by a direct write, which has left the rest, or its error
			b.next = len(b.messages)
			b.one[0] = b.whole()[b.written:]
			return b.one[:], b.err
		}
		b.appendControl(l)
	} else {
		b.frames.Reset()
	}
	for ; b.next < len(b.messages); b.next++ {
		e := &b.messages[b.next]
		parts := e.message.parts()
		if !b.frames.Fits(&parts) {
			return b.pieces(), nil
		}
		if err := b.appendMessage(s.host.Name(), l, e, &parts); err != nil {
			return nil, err
		}
	}
	if b.close {
		b.close = false
		b.frames.Close()
		l.Events.closeSent()
	}
	return b.pieces(), nil
}

// pieces returns what was put together so far, nil for nothing.
func (b *Batch) pieces() [][]byte {
	whole, ok := b.frames.Bytes()
	switch {
	case !ok:
		return b.frames.Pieces()
	case len(whole) == 0:
		return nil
	}
	b.one[0] = whole
	return b.one[:]
}

// appendControl encodes the frames that go before messages.
func (b *Batch) appendControl(l *Link) {
	if b.keepalive {
		stamp := wire.NewTimespec(time.Now())
		tag := b.frames.Keepalive(&l.Format, stamp)
		if tag == wire.TagKeepalive {
			stamp = wire.Timespec{}
		}
		l.Events.keepaliveSent(tag, stamp)
	}
	if b.keepaliveAck {
		b.frames.KeepaliveAck(b.stamp)
		l.Events.keepaliveSent(wire.TagKeepalive2Ack, b.stamp)
	}
	if b.ack {
		b.frames.Ack(b.ackSeq)
		l.Events.ackSent(b.ackSeq)
	}
}

// appendMessage encodes one message. The message itself is only read: another carrier may be
// sending it too.
func (b *Batch) appendMessage(from wire.EntityName, l *Link, e *outgoing,
	parts *frame.Parts) error {
	h := &b.frames.Header
	*h = e.message.Header()
	h.Seq, h.Source = e.seq, from
	if err := b.frames.Message(&l.Format, parts); err != nil {
		return err
	}
	l.Events.messageSent(h, e.resent)
	return nil
}
