package wire

import "encoding/binary"

// SeqSize is the size of the number that follows the tag ACK, and of each side's number after SEQ.
const SeqSize = 8

// AppendSeq appends a sequence number as it follows ACK and SEQ: u64.
func AppendSeq(b []byte, seq uint64) []byte { return binary.LittleEndian.AppendUint64(b, seq) }

// DecodeSeq reads a sequence number from the front of b.
func DecodeSeq(b []byte) (uint64, error) {
	if len(b) < SeqSize {
		return 0, shortError("ack", "seq", 0, SeqSize, len(b))
	}
	return binary.LittleEndian.Uint64(b), nil
}
