package main

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
	return nil // TODO
}

// DecodeFrame returns the frame that stands at the front of b.
func DecodeFrame(b []byte) (Frame, error) {
	return Frame{}, errTODO // TODO
}
