package pipe

import (
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/frame"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Behind a large message little is read ahead, so that the next one's data goes straight to its
// place.
const shortPrefetch = 4 << 10

// readMessage reads what follows the tag MSG and delivers it. Whatever it takes from a throttle is
// given back on every way out.
func (p *Pipe) readMessage(l *link) error {
	if err := p.enter(&p.readerStage, protocol.StageReadHeader, l, wire.TagMsg); err != nil {
		return err
	}
	h := &l.header
	if err := p.readHeader(l, h); err != nil {
		return err
	}
	if err := p.enter(&p.readerStage, protocol.StageThrottleQueues, l, wire.TagMsg); err != nil {
		return err
	}
	if err := p.session.StopReading(&l.Link, h.PayloadLen(), l.done); err != nil {
		return err
	}
	m := p.config.NewMessage(h)
	m.ReceivedAt = l.in.filledAt
	dispatchSize, err := p.throttle(l, m, h)
	if err == nil {
		err = p.readParts(l, m, h)
	}
	if err == frame.ErrAborted {
		p.session.Drop(&l.Link, m, dispatchSize, "aborted by sender")
		return nil
	}
	if err != nil {
		p.session.GiveBack(m, dispatchSize)
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
	return l.Format.DecodeHeader(h, b, uint64(p.config.MaxMessageSize))
}

// throttle counts the message against the policy's throttles, which hold it for its life, and the
// dispatch throttle, which holds it until its dispatch has returned; the latter amount is returned.
func (p *Pipe) throttle(l *link, m *session.Message,
	h *wire.MessageHeader) (dispatchSize int64, err error) {
	size := int64(h.PayloadLen())
	if p.host.Dispatch().WaitForRoom(l.done, l.Connection()) {
		p.events.ThrottleWaited("dispatch queue", 1, m.ReceivedAt)
	}
	messages, bytes := l.Throttles()
	if messages != nil {
		if err := p.wait(l, messages, 1, protocol.StageThrottleMessages); err != nil {
			return 0, err
		}
		session.TookMessage(m, messages)
	}
	if size == 0 {
		m.ThrottledAt = m.ReceivedAt
		return 0, nil
	}
	if bytes != nil {
		if err := p.wait(l, bytes, size, protocol.StageThrottleBytes); err != nil {
			return 0, err
		}
		session.TookBytes(m, bytes, size)
	}
	if err := p.wait(l, p.host.Dispatch().DispatchThrottle(), size,
		protocol.StageThrottleDispatch); err != nil {
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
	p.events.ThrottleWaited(t.Name(), n, start)
	return nil
}

func (p *Pipe) readParts(l *link, m *session.Message, h *wire.MessageHeader) error {
	var crc wire.Footer
	small, large := session.Allot(m, h)
	parts := [...]struct {
		stage protocol.Stage
		n     uint32
		to    *[]byte
		from  *[]byte
		crc   *uint32
		check bool
	}{
		{protocol.StageReadFront, h.FrontLen, &m.Front, &small, &crc.FrontCRC,
			!l.Format.NoCRCHeader},
		{protocol.StageReadMiddle, h.MiddleLen, &m.Middle, &small, &crc.MiddleCRC,
			!l.Format.NoCRCHeader},
		{protocol.StageReadData, h.DataLen, &m.Data, &small, &crc.DataCRC, !l.Format.NoCRCData},
	}
	if large != nil {
		parts[2].from = &large
	}
	l.in.ahead = l.in.size
	if h.PayloadLen() >= session.LargeData {
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

// readPart reads n bytes into the front of body, if it has room, else into memory of their own. It
// returns them, and the rest of body.
func (l *link) readPart(body []byte, n int, crc *uint32) (part, rest []byte, err error) {
	if len(body) >= n {
		part, rest = body[:n:n], body[n:]
		return part, rest, midway(l.in.readFull(part, crc))
	}
	for len(part) < n {
		have := len(part)
		more := min(n-have, max(have, session.MaxTrustedSize))
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
	b, err := l.in.next(l.Format.FooterSize())
	if err != nil {
		return midway(err)
	}
	if err := l.Format.DecodeFooter(&l.footer, b); err != nil {
		return err
	}
	if err := p.enter(&p.readerStage, protocol.StageCheckMessage, l, wire.TagMsg); err != nil {
		return err
	}
	return l.Format.Check(h, &l.footer, computed)
}
