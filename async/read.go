package async

import (
	"time"

	"simplemessenger/internal/frame"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// reading is the message that a link reads.
type reading struct {
	header wire.MessageHeader
	footer wire.Footer
	crc    wire.Footer // computed

	message      *session.Message
	dispatchSize int64 // taken from the dispatch throttle
	small, large []byte
	part         int // of parts
	current      part
	piece        []byte // of the part, which is read

	// The steps, as values, so that they are not allocated for each message.
	onTag, onHeader, onAck, onPart, onFooter func([]byte) error
	throttledAt                              time.Time
}

// part is one of the three parts of a message.
type part struct {
	stage protocol.Stage
	n     int
	to    *[]byte
	crc   *uint32
	large bool
}

// parts is how many parts a message has.
const parts = 3

func (r *reading) partAt(i int) part {
	m, h := r.message, &r.header
	switch i {
	case 0:
		return part{protocol.StageReadFront, int(h.FrontLen), &m.Front, &r.crc.FrontCRC, false}
	case 1:
		return part{protocol.StageReadMiddle, int(h.MiddleLen), &m.Middle, &r.crc.MiddleCRC, false}
	default:
		large := r.large != nil
		return part{protocol.StageReadData, int(h.DataLen), &m.Data, &r.crc.DataCRC, large}
	}
}

// open begins to read frames.
func (l *link) open() {
	c := l.c
	l.cell = &c.readerStage
	l.quiet = c.config.Interceptor == nil && c.events.Quiet()
	l.failed = func(err error, stage protocol.Stage) {
		c.readerStage.Store(uint32(protocol.StageNone))
		l.drop()
		c.session.Fault(&l.Link, err, stage)
	}
	r := &l.message
	r.onTag, r.onHeader, r.onAck = l.readTag, l.readHeader, l.readAck
	r.onPart, r.onFooter = l.readPart, l.readFooter
	l.active = time.Now()
	l.watch()
	if err := l.awaitTag(); err != nil {
		l.fail(err)
		return
	}
	l.process()
}

// watch is the tick handler: it ends a link by which nothing has come for the read timeout. What is
// sent does not count.
func (l *link) watch() {
	timeout := l.c.config.ReadTimeout
	if timeout <= 0 {
		l.w.unset(&l.deadline)
		return
	}
	if l.parked { // nobody listens
		l.active = time.Now()
	}
	if silent := time.Since(l.active); silent >= timeout {
		l.fail(session.ErrTimeout)
		return
	}
	l.w.set(&l.deadline, l.active.Add(timeout), l.watch)
}

// drop gives back what the link holds of a message that was not read to its end.
func (l *link) drop() {
	if m := l.message.message; m != nil {
		l.message.message = nil
		l.c.session.GiveBack(m, l.message.dispatchSize)
	}
}

func (l *link) awaitTag() error {
	if l.in.buffered() == 0 {
		l.c.session.OweNothing(&l.Link)
	}
	return l.awaitFirst(protocol.StageReadTag, 1, l.message.onTag)
}

func (l *link) readTag(b []byte) error {
	switch tag := wire.Tag(b[0]); tag {
	case wire.TagMsg:
		return l.await(protocol.StageReadHeader, tag, wire.MessageHeaderSize, l.message.onHeader)
	case wire.TagAck:
		return l.await(protocol.StageReadAck, tag, wire.SeqSize, l.message.onAck)
	case wire.TagKeepalive, wire.TagKeepalive2, wire.TagKeepalive2Ack:
		return l.enter(protocol.StageReadKeepalive, tag, func() error {
			return l.awaitKeepalive(tag)
		})
	case wire.TagClose:
		return l.readClose()
	default:
		return protocol.Violation("%v is not a frame of an open session", tag)
	}
}

func (l *link) readAck(b []byte) error {
	seq, err := wire.DecodeSeq(b)
	if err == nil {
		err = l.c.session.AckReceived(&l.Link, seq)
	}
	if err != nil {
		return err
	}
	return l.awaitTag()
}

func (l *link) awaitKeepalive(tag wire.Tag) error {
	received := func(stamp wire.Timespec) error {
		if err := l.c.session.KeepaliveReceived(&l.Link, tag, stamp); err != nil {
			return err
		}
		return l.awaitTag()
	}
	if tag == wire.TagKeepalive {
		return received(wire.Timespec{})
	}
	l.want, l.next = wire.TimespecSize, func(b []byte) error {
		stamp, err := wire.DecodeTimespec(b)
		if err != nil {
			return err
		}
		return received(stamp)
	}
	return nil
}

// readHeader begins a message. Whatever it takes from a throttle is given back on every way out.
func (l *link) readHeader(b []byte) error {
	c, r := l.c, &l.message
	if err := l.Format.DecodeHeader(&r.header, b, uint64(c.config.MaxMessageSize)); err != nil {
		return err
	}
	if l.free(protocol.StageThrottleQueues) {
		return l.awaitQueues()
	}
	return l.enter(protocol.StageThrottleQueues, wire.TagMsg, l.awaitQueues)
}

// awaitQueues goes on when an answer has room in the out queue, and the message in the dispatch
// queue.
func (l *link) awaitQueues() error {
	c, r := l.c, &l.message
	if c.session.ReadsOn(&l.Link, r.header.PayloadLen()) {
		return l.beginMessage()
	}
	l.park(func() error {
		return c.session.StopReading(&l.Link, r.header.PayloadLen(), l.done)
	}, func(err error) error {
		if err != nil {
			return err
		}
		return l.beginMessage()
	})
	return nil
}

func (l *link) beginMessage() error {
	c, r := l.c, &l.message
	r.message, r.dispatchSize = c.config.NewMessage(&r.header), 0
	r.message.ReceivedAt = l.in.filledAt
	r.throttledAt = time.Time{}
	dispatch := c.host.Dispatch()
	if !dispatch.WaitForRoom(closed, l.Connection()) {
		return l.throttleMessages()
	}
	l.park(func() error {
		dispatch.WaitForRoom(l.done, l.Connection())
		return nil
	}, func(err error) error {
		if err != nil {
			return err
		}
		c.events.ThrottleWaited("dispatch queue", 1, r.message.ReceivedAt)
		return l.throttleMessages()
	})
	return nil
}

func (l *link) beginParts() error {
	r := &l.message
	r.small, r.large = session.Allot(r.message, &r.header)
	r.crc = wire.Footer{}
	size := int(r.header.PayloadLen())
	if l.in.buffered() >= size+l.Format.FooterSize() && len(r.small) == size && l.quiet {
		return l.partsAtHand()
	}
	r.part = -1
	l.in.short = size >= session.LargeData
	return l.nextPart()
}

// partsAtHand takes a message that has come as a whole, as most small ones do: what follows are the
// stages that the others go through, without a wait in any.
func (l *link) partsAtHand() error {
	r := &l.message
	for i := range parts {
		p := r.partAt(i)
		if p.n == 0 {
			continue
		}
		*p.to, r.small = r.small[:p.n:p.n], r.small[p.n:]
		copy(*p.to, l.in.next(p.n))
		if off := l.Format.NoCRCHeader && i < 2 || l.Format.NoCRCData && i == 2; !off {
			*p.crc = wire.CRC(0, *p.to)
		}
	}
	l.stage = protocol.StageReadFooter
	return l.readFooter(l.in.next(l.Format.FooterSize()))
}

// nextPart expects the next part that is not empty, or the footer.
func (l *link) nextPart() error {
	r := &l.message
	for r.part++; r.part < parts; r.part++ {
		r.current = r.partAt(r.part)
		p := &r.current
		switch {
		case p.n == 0:
		case l.free(p.stage):
			return l.beginPart()
		default:
			return l.enter(p.stage, wire.TagMsg, l.beginPart)
		}
	}
	return l.await(protocol.StageReadFooter, wire.TagMsg, l.Format.FooterSize(), l.message.onFooter)
}

func (l *link) beginPart() error {
	r := &l.message
	p := &r.current
	from := &r.small
	if p.large {
		from = &r.large
	}
	if len(*from) >= p.n {
		*p.to, *from = (*from)[:p.n:p.n], (*from)[p.n:]
		l.awaitPiece(*p.to)
		return nil
	}
	l.growPart(p)
	return nil
}

// growPart reads a part for which the header's word was not enough: it gets its memory while its
// bytes arrive.
func (l *link) growPart(p *part) {
	have := len(*p.to)
	more := min(p.n-have, max(have, session.MaxTrustedSize))
	*p.to = append(make([]byte, 0, have+more), *p.to...)[:have+more]
	l.awaitPiece((*p.to)[have:])
}

func (l *link) awaitPiece(piece []byte) {
	l.message.piece = piece
	l.into, l.filled = piece, 0
	l.next = l.message.onPart
}

// readPart has read a piece of a part.
func (l *link) readPart([]byte) error {
	r := &l.message
	p := &r.current
	l.checksum(r.piece)
	if len(*p.to) < p.n {
		l.growPart(p)
		return nil
	}
	return l.nextPart()
}

// checksum goes on with that of the part.
func (l *link) checksum(piece []byte) {
	r := &l.message
	off := l.Format.NoCRCHeader
	if r.part == 2 {
		off = l.Format.NoCRCData
	}
	if !off {
		crc := r.current.crc
		*crc = wire.CRC(*crc, piece)
	}
}

func (l *link) readFooter(b []byte) error {
	r := &l.message
	switch err := l.Format.DecodeFooter(&r.footer, b); {
	case err == frame.ErrAborted:
		m := r.message
		r.message = nil
		l.c.session.Drop(&l.Link, m, r.dispatchSize, "aborted by sender")
		return l.awaitTag()
	case err != nil:
		return err
	}
	if l.free(protocol.StageCheckMessage) {
		return l.check()
	}
	return l.enter(protocol.StageCheckMessage, wire.TagMsg, l.check)
}

func (l *link) check() error {
	r := &l.message
	if err := l.Format.Check(&r.header, &r.footer, &r.crc); err != nil {
		return err
	}
	r.message.CompletedAt = l.in.filledAt
	return l.deliver()
}

// deliver gives a whole and valid message to the session, and hands it up unless that has it
// already. A fast dispatch runs here: it holds up all connections of the worker.
func (l *link) deliver() error {
	c, r := l.c, &l.message
	m, size := r.message, r.dispatchSize
	last := m.Seq == protocol.LastSeq
	r.message = nil
	take, err := c.session.Receive(&l.Link, m, size, l.in.buffered() == 0)
	if err != nil {
		return err
	}
	if !take {
		return l.awaitTag()
	}
	if l.quiet {
		l.stage = protocol.StageDispatch
		return l.handUp(m, size, last, nil)
	}
	l.enterStage(protocol.StageDispatch)
	if c.config.Interceptor == nil {
		return l.handUp(m, size, last, nil)
	}
	b := l.breakpoint(protocol.StageDispatch, wire.TagMsg)
	l.park(func() error { return session.Intercept(c.host, b) },
		func(err error) error { return l.handUp(m, size, last, err) })
	return nil
}

func (l *link) handUp(m *session.Message, size int64, last bool, err error) error {
	l.w.calls.Store(l.c)
	l.c.session.HandUp(m, size) // m is the receiver's now
	l.w.calls.Store(nil)
	switch {
	case err != nil:
		return err
	case last:
		return protocol.ErrExhausted
	}
	return l.awaitTag()
}
