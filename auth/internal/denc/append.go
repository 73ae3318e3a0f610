package denc

import (
	"encoding/binary"
	"time"
)

// AppendBlob appends the length of blob in 32 bits, and blob.
func AppendBlob[T ~string | ~[]byte](b []byte, blob T) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(blob)))
	return append(b, blob...)
}

// AppendBool appends one byte, 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendTime appends t as seconds and nanoseconds since 1970 (utime_t). The zero Time becomes 0, 0.
func AppendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(t.Unix()))
	return binary.LittleEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

// AppendDuration appends d as seconds and nanoseconds (utime_t). A negative duration becomes 0.
func AppendDuration(b []byte, d time.Duration) []byte {
	d = max(d, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(d/time.Second))
	return binary.LittleEndian.AppendUint32(b, uint32(d%time.Second))
}
