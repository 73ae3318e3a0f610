package main

import (
	"encoding/binary"
	"fmt"
)

// Tags begin the frames of an open session.
const (
	TagClose         = 6
	TagMsg           = 7
	TagAck           = 8
	TagKeepalive     = 9
	TagKeepalive2    = 14
	TagKeepalive2Ack = 15
)

// Frame is a frame that is not a message. Seq is for ACK, Sec and Nsec are for KEEPALIVE2 and its
// answer.
type Frame struct {
	Tag  uint8  `json:"tag"`
	Seq  uint64 `json:"seq"`
	Sec  uint32 `json:"sec"`
	Nsec uint32 `json:"nsec"`
}

// EncodeFrame returns the bytes of a frame, with its tag.
func EncodeFrame(f Frame) []byte {
	b := []byte{f.Tag}
	switch f.Tag {
	case TagAck:
		b = binary.LittleEndian.AppendUint64(b, f.Seq)
	case TagKeepalive2, TagKeepalive2Ack:
		b = binary.LittleEndian.AppendUint32(b, f.Sec)
		b = binary.LittleEndian.AppendUint32(b, f.Nsec)
	}
	return b
}

// DecodeFrame returns the frame that stands at the front of b.
func DecodeFrame(b []byte) (f Frame, err error) {
	if len(b) < 1 {
		return f, errShort
	}
	f.Tag = b[0]
	switch f.Tag {
	case TagClose, TagKeepalive:
		return f, nil
	case TagAck, TagKeepalive2, TagKeepalive2Ack:
	default:
		return f, fmt.Errorf("no frame begins with %d", f.Tag)
	}
	if len(b) < 9 {
		return f, errShort
	}
	if f.Tag == TagAck {
		f.Seq = binary.LittleEndian.Uint64(b[1:])
		return f, nil
	}
	f.Sec = binary.LittleEndian.Uint32(b[1:])
	f.Nsec = binary.LittleEndian.Uint32(b[5:])
	return f, nil
}
