package decode

import (
	"bytes"

	"simplemessenger/wire"
)

// verdict is an answer that may need more bytes.
type verdict uint8

const (
	no verdict = iota
	yes
	unknown
)

// follows tells whether a frame of an open session can begin at an offset of b: there is a tag of
// an open session, and if it is MSG then with a header whose checksum is right, or the end of the
// recording.
func follows(b []byte, at int, ended bool) verdict {
	if at >= len(b) {
		if ended {
			return yes
		}
		return unknown
	}
	tag := wire.Tag(b[at])
	if tag != wire.TagMsg {
		if tagSize(tag) == 0 {
			return no
		}
		return yes
	}
	h, ok := readHeader(b[at+1:])
	switch {
	case !ok && ended:
		return yes
	case !ok:
		return unknown
	case h.crc != nil:
		return no
	}
	return yes
}

// firstFrame tells whether b begins with frames: small ones up to a message whose header is right,
// or up to the end. A single small frame proves little, but here something must begin, and most
// recordings begin between two frames.
func firstFrame(b []byte, ended bool) verdict {
	for at := 0; ; {
		if v := follows(b, at, ended); v != yes || at >= len(b) || wire.Tag(b[at]) == wire.TagMsg {
			return v
		}
		at += tagSize(wire.Tag(b[at]))
		if at > len(b) {
			if ended {
				return no
			}
			return unknown
		}
	}
}

// keepLost is how much is kept while looking for a message, before it is reported as skipped.
const keepLost = 1 << 20

// stepLost looks for the next message, or for frames right here if nothing has been skipped yet.
func (d *Decoder) stepLost(s *side) bool {
	if len(s.buffer) == 0 {
		return false
	}
	if s.skipping.here {
		switch firstFrame(s.buffer, d.ended) {
		case yes:
			s.stage = stageTagged
			return true
		case unknown:
			if len(s.buffer) < keepLost {
				return false
			}
		}
	}
	const need = 1 + wire.MessageHeaderSize
	for at := max(1, s.searched); at+need <= len(s.buffer); at++ {
		i := bytes.IndexByte(s.buffer[at:], byte(wire.TagMsg))
		if at += max(i, 0); i < 0 || at+need > len(s.buffer) {
			break
		}
		header := s.buffer[at+1:]
		if wire.CheckMessageHeaderCRC(header) != nil || allZero(header[:wire.MessageHeaderSize]) {
			continue
		}
		d.skip(s, at)
		s.stage = stageTagged
		return true
	}
	s.searched = len(s.buffer) - need + 1
	if len(s.buffer) > keepLost {
		d.skip(s, s.searched)
		return true
	}
	return false
}

// allZero reports whether b is all zeros: their checksum is right, but they are no header.
func allZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// skip emits n bytes that could not be assigned. The fault is told once.
func (d *Decoder) skip(s *side, n int) {
	f := s.take(n, KindUnknown)
	f.Note = s.skipping.note
	f.fault(s.skipping.fault)
	f.Incomplete = s.skipping.fault == nil
	f.Summary = "skipped"
	s.skipping = skip{note: s.skipping.note}
	d.emit(f)
}
