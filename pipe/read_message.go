package pipe

import (
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/frame"
	"simplemessenger/protocol"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

const (
	// maxTrustedSize is how much memory a header's word is enough for. What is larger gets its memory while its bytes arrive.
	maxTrustedSize = 1 << maxBodyBits
	// A data part of at least this size has memory of its own, so that whoever keeps the front does not keep the data. Smaller
	// ones are better read ahead: of 32 KiB two at a time, which halves the system calls and costs a copy.
	largeData = 64 << 10
	// Behind a large message little is read ahead, so that the next one's data goes straight to its place.
	shortPrefetch = 4 << 10
)

// readMessage reads what follows the tag MSG and delivers it. Whatever it takes from a throttle is given back on every way
// out.
func (p *Pipe) readMessage(l *link) error {
	if err := p.enter(&p.readerStage, protocol.StageReadHeader, l, wire.TagMsg); err != nil {
		return err
	}
	h := &l.header
	if err := p.readHeader(l, h); err != nil {
		return err
	}
	if p.config.StopReading {
		if err := p.stopReading(l, int64(h.PayloadLen())+MessageOverhead); err != nil {
			return err
		}
	}
	m := p.newMessage(h)
	m.ReceivedAt = l.in.filledAt
	dispatchSize, err := p.throttle(l, m, h)
	if err == nil {
		err = p.readParts(l, m, h)
	}
	if err == frame.ErrAborted {
		p.drop(m, dispatchSize, "aborted by sender")
		return nil
	}
	if err != nil {
		p.giveBack(m, dispatchSize)
		return err
	}
	m.CompletedAt = l.in.filledAt
	return p.deliver(l, m, dispatchSize)
}

func (p *Pipe) readHeader(l *link, h *wire.MessageHeader) error {
	b, err := l.in.next(wire.MessageHeaderSize)
	if err != nil {
		return midway(err)
	}
	return l.format.DecodeHeader(h, b, uint64(p.config.MaxMessageSize))
}

func (p *Pipe) newMessage(h *wire.MessageHeader) *Message {
	var m *Message
	if p.config.PoolMessages {
		m = getMessage()
	} else {
		m = new(Message)
	}
	m.holders = 1
	m.Type, m.Priority, m.Version, m.CompatVersion = h.Type, h.Priority, h.Version, h.CompatVersion
	m.TID, m.DataOff, m.Source, m.Seq = h.TID, h.DataOff, h.Source, h.Seq
	return m
}

// throttle counts the message against the policy's throttles, which hold it for its life, and the dispatch throttle, which
// holds it until its dispatch has returned; the latter amount is returned.
func (p *Pipe) throttle(l *link, m *Message, h *wire.MessageHeader) (dispatchSize int64, err error) {
	size := int64(h.PayloadLen())
	if p.host.Dispatch().WaitForRoom(l.done, l.connection) {
		p.events.throttleWaited("dispatch queue", 1, m.ReceivedAt)
	}
	if t := l.throttleMessages; t != nil {
		if err := p.wait(l, t, 1, protocol.StageThrottleMessages); err != nil {
			return 0, err
		}
		m.throttleMessages = t
	}
	if size == 0 {
		m.ThrottledAt = m.ReceivedAt
		return 0, nil
	}
	if t := l.throttleBytes; t != nil {
		if err := p.wait(l, t, size, protocol.StageThrottleBytes); err != nil {
			return 0, err
		}
		m.throttleBytes, m.charged = t, size
	}
	if err := p.wait(l, p.host.Dispatch().DispatchThrottle(), size, protocol.StageThrottleDispatch); err != nil {
		return 0, err
	}
	m.ThrottledAt = m.ReceivedAt
	if l.throttledAt.After(m.ReceivedAt) {
		m.ThrottledAt = l.throttledAt
	}
	return size, nil
}

// wait takes n from t, and tells if that took a while.
func (p *Pipe) wait(l *link, t *throttle.Throttle, n int64, stage protocol.Stage) error {
	if err := p.enter(&p.readerStage, stage, l, wire.TagMsg); err != nil {
		return err
	}
	if t.TryGet(n) {
		return nil
	}
	start := time.Now()
	if _, err := t.Get(n, l.done); err != nil {
		return errors.WithMessagef(err, "throttle %s", t.Name())
	}
	l.throttledAt = time.Now()
	p.events.throttleWaited(t.Name(), n, start)
	return nil
}

func (p *Pipe) readParts(l *link, m *Message, h *wire.MessageHeader) error {
	var crc wire.Footer
	small, large := m.allot(h)
	parts := [...]struct {
		stage protocol.Stage
		n     uint32
		to    *[]byte
		from  *[]byte
		crc   *uint32
		check bool
	}{
		{protocol.StageReadFront, h.FrontLen, &m.Front, &small, &crc.FrontCRC, !l.format.NoCRCHeader},
		{protocol.StageReadMiddle, h.MiddleLen, &m.Middle, &small, &crc.MiddleCRC, !l.format.NoCRCHeader},
		{protocol.StageReadData, h.DataLen, &m.Data, &small, &crc.DataCRC, !l.format.NoCRCData},
	}
	if large != nil {
		parts[2].from = &large
	}
	l.in.ahead = l.in.size
	if h.PayloadLen() >= largeData {
		l.in.ahead = shortPrefetch
	}
	for i := range parts {
		part := &parts[i]
		if part.n == 0 {
			continue
		}
		if err := p.enter(&p.readerStage, part.stage, l, wire.TagMsg); err != nil {
			return err
		}
		if !part.check {
			part.crc = nil
		}
		var err error
		if *part.to, *part.from, err = l.readPart(*part.from, int(part.n), part.crc); err != nil {
			return err
		}
	}
	return p.readFooter(l, h, &crc)
}

// allot gets memory for the parts: small for those that stand together, large for a long data part. Either may be nil, where there is
// nothing to be read or where it is more than the header's word is good for.
func (m *Message) allot(h *wire.MessageHeader) (small, large []byte) {
	together, apart := h.PayloadLen(), uint64(0)
	if h.DataLen >= largeData {
		together, apart = together-uint64(h.DataLen), uint64(h.DataLen)
	}
	get := func(n uint64, from **body) []byte {
		if n == 0 || n > maxTrustedSize {
			return nil
		}
		if !m.pooled {
			return make([]byte, n)
		}
		*from = getBody(int(n))
		return (*from).bytes[:n]
	}
	return get(together, &m.small), get(apart, &m.large)
}

// readPart reads n bytes into the front of body, if it has room, else into memory of their own. It returns them, and the rest of body.
func (l *link) readPart(body []byte, n int, crc *uint32) (part, rest []byte, err error) {
	if len(body) >= n {
		part, rest = body[:n:n], body[n:]
		return part, rest, midway(l.in.readFull(part, crc))
	}
	for len(part) < n {
		have := len(part)
		more := min(n-have, max(have, maxTrustedSize))
		part = append(make([]byte, 0, have+more), part...)[:have+more]
		if err := l.in.readFull(part[have:], crc); err != nil {
			return nil, body, midway(err)
		}
	}
	return part, body, nil
}

// readFooter reads the footer and compares it with the checksums of the parts.
func (p *Pipe) readFooter(l *link, h *wire.MessageHeader, computed *wire.Footer) error {
	if err := p.enter(&p.readerStage, protocol.StageReadFooter, l, wire.TagMsg); err != nil {
		return err
	}
	b, err := l.in.next(l.format.FooterSize())
	if err != nil {
		return midway(err)
	}
	if err := l.format.DecodeFooter(&l.footer, b); err != nil {
		return err
	}
	if err := p.enter(&p.readerStage, protocol.StageCheckMessage, l, wire.TagMsg); err != nil {
		return err
	}
	return l.format.Check(h, &l.footer, computed)
}
