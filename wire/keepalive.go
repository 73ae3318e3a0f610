package wire

import (
	"encoding/binary"
	"time"
)

// TimespecSize is the encoded size of a Timespec in bytes.
const TimespecSize = 8

// Timespec is the stamp that follows KEEPALIVE2 and KEEPALIVE2_ACK (ceph_timespec). A value from
// the wire may name more than a second's worth of nanoseconds; it is echoed as it came.
//
//	offset size field
//	     0    4 seconds since 1970
//	     4    4 nanoseconds
type Timespec struct {
	Sec  uint32
	Nsec uint32
}

// NewTimespec returns the stamp of t.
func NewTimespec(t time.Time) Timespec { return Timespec{uint32(t.Unix()), uint32(t.Nanosecond())} }

// Time returns the stamp as a time.
func (t Timespec) Time() time.Time { return time.Unix(int64(t.Sec), int64(t.Nsec)) }

// Append appends the encoding of t to b.
func (t Timespec) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, t.Sec)
	return binary.LittleEndian.AppendUint32(b, t.Nsec)
}

// DecodeTimespec reads a Timespec from the front of b.
func DecodeTimespec(b []byte) (Timespec, error) {
	if len(b) < TimespecSize {
		return Timespec{}, shortError("timespec", "nsec", 4, TimespecSize, len(b))
	}
	return Timespec{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])}, nil
}
