package structures

import (
	"encoding/hex"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// Hex is bytes as hexadecimal digits.
type Hex string

// HexOf returns the digits of bytes.
func HexOf(b []byte) Hex { return Hex(hex.EncodeToString(b)) }

// Bytes returns what the digits say, and nothing if they are none.
func (h Hex) Bytes() []byte {
	b, err := hex.DecodeString(string(h))
	if err != nil {
		return nil
	}
	return b
}

// Size returns the number of bytes.
func (h Hex) Size() int { return len(h) / 2 }

// Frame is a frame of an open session that is not a message. Seq is for ACK, Sec and Nsec are for
// KEEPALIVE2 and its answer.
type Frame struct {
	Tag  uint8  `json:"tag"`
	Seq  uint64 `json:"seq"`
	Sec  uint32 `json:"sec"`
	Nsec uint32 `json:"nsec"`
}

// Layout takes the bytes apart.
func (f Frame) Layout() grade.Layout {
	switch wire.Tag(f.Tag) {
	case wire.TagAck:
		return grade.Layout{{"tag", 1}, {"seq", 8}}
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		return grade.Layout{{"tag", 1}, {"sec", 4}, {"nsec", 4}}
	}
	return grade.Layout{{"tag", 1}}
}

// Bytes encodes it.
func (f Frame) Bytes() []byte {
	b := []byte{f.Tag}
	switch wire.Tag(f.Tag) {
	case wire.TagAck:
		return wire.AppendSeq(b, f.Seq)
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		return wire.Timespec{Sec: f.Sec, Nsec: f.Nsec}.Append(b)
	}
	return b
}

// DecodeFrame is the inverse of Bytes. Any tag but those of its five kinds is an error.
func DecodeFrame(b []byte) (f Frame, err error) {
	if len(b) == 0 {
		return f, errors.New("no tag")
	}
	switch f.Tag = b[0]; wire.Tag(f.Tag) {
	case wire.TagAck:
		f.Seq, err = wire.DecodeSeq(b[1:])
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		var t wire.Timespec
		t, err = wire.DecodeTimespec(b[1:])
		f.Sec, f.Nsec = t.Sec, t.Nsec
	case wire.TagKeepalive, wire.TagClose:
	default:
		err = errors.Errorf("%v begins no such frame", wire.Tag(f.Tag))
	}
	return f, err
}
