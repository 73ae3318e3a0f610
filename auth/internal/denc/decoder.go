package denc

import (
	"encoding/binary"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Decoder reads one structure after the other from the front of a slice. After the first error
// every method returns a zero value; Err tells the error, a *wire.DecodeError that names the
// structure being read.
type Decoder struct {
	structure string
	start     int // of the structure being read
	data      []byte
	offset    int
	err       error
}

// NewDecoder returns a Decoder of data, which holds the named structure.
func NewDecoder(structure string, data []byte) *Decoder {
	return &Decoder{structure: structure, data: data}
}

// Enter says that a structure of that name begins here, for the sake of errors. The function
// returned goes back to the structure around it.
func (d *Decoder) Enter(structure string) (leave func()) {
	outer, start := d.structure, d.start
	d.structure, d.start = structure, d.offset
	return func() { d.structure, d.start = outer, start }
}

// Err returns the first error, if there was one.
func (d *Decoder) Err() error { return d.err }

// Offset returns the number of bytes read.
func (d *Decoder) Offset() int { return d.offset }

// Len returns the number of bytes that are left.
func (d *Decoder) Len() int { return len(d.data) - d.offset }

// Rest takes everything that is left. It aliases the input.
func (d *Decoder) Rest() []byte { return d.Bytes("rest", d.Len()) }

// Bytes takes n bytes. They alias the input.
func (d *Decoder) Bytes(field string, n int) []byte {
	if d.err != nil {
		return nil
	}
	if d.Len() < n {
		d.fail(field, d.offset, errors.WithMessagef(wire.ErrShort, "need %d bytes, have %d", n,
			d.Len()))
		return nil
	}
	d.offset += n
	return d.data[d.offset-n : d.offset : d.offset]
}

// Blob takes a 32-bit length and as many bytes. They alias the input.
func (d *Decoder) Blob(field string) []byte {
	n := d.U32(field + " length")
	if d.err == nil && uint64(n) > uint64(d.Len()) {
		d.fail(field, d.offset, errors.WithMessagef(wire.ErrShort, "need %d bytes, have %d", n,
			d.Len()))
	}
	return d.Bytes(field, int(min(uint64(n), uint64(d.Len()))))
}

// U8 takes one byte.
func (d *Decoder) U8(field string) uint8 {
	if b := d.Bytes(field, 1); b != nil {
		return b[0]
	}
	return 0
}

// U16 takes two bytes.
func (d *Decoder) U16(field string) uint16 {
	if b := d.Bytes(field, 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// U32 takes four bytes.
func (d *Decoder) U32(field string) uint32 {
	if b := d.Bytes(field, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64 takes eight bytes.
func (d *Decoder) U64(field string) uint64 {
	if b := d.Bytes(field, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Bool takes one byte, which must be 0 or 1.
func (d *Decoder) Bool(field string) bool {
	v := d.U8(field)
	if v > 1 {
		d.invalid(field, 1, "%d is neither 0 nor 1", v)
	}
	return v == 1
}

// Version takes the version byte of a structure, which must lie between 1 and newest. Ceph's rule
// for these structures is that a new version only appends, but what was appended could not be told
// from damage.
func (d *Decoder) Version(newest uint8) uint8 {
	v := d.U8("struct_v")
	if d.err == nil && (v == 0 || v > newest) {
		d.invalid("struct_v", 1, "version %d, know 1 to %d", v, newest)
	}
	return v
}

// EntityType takes 32 bits that hold an entity type.
func (d *Decoder) EntityType(field string) wire.EntityType {
	v := d.U32(field)
	if v > 0xff {
		d.invalid(field, 4, "entity type %#x", v)
	}
	return wire.EntityType(v)
}

// Time takes seconds and nanoseconds since 1970; 0, 0 gives the zero Time.
func (d *Decoder) Time(field string) time.Time {
	sec, nsec := d.utime(field)
	if sec == 0 && nsec == 0 {
		return time.Time{}
	}
	return time.Unix(int64(sec), int64(nsec)).UTC()
}

// Duration takes seconds and nanoseconds.
func (d *Decoder) Duration(field string) time.Duration {
	sec, nsec := d.utime(field)
	return time.Duration(sec)*time.Second + time.Duration(nsec)
}

func (d *Decoder) utime(field string) (sec, nsec uint32) {
	sec, nsec = d.U32(field), d.U32(field)
	if nsec >= 1e9 {
		d.invalid(field, 4, "%d nanoseconds", nsec)
		return 0, 0
	}
	return sec, nsec
}

// End says that the input ends here; it is an error if it does not.
func (d *Decoder) End() {
	if d.err == nil && d.Len() > 0 {
		d.Invalid("end", "%d bytes too many", d.Len())
	}
}

// Invalid says that what was read does not make sense.
func (d *Decoder) Invalid(field, format string, args ...any) {
	d.invalid(field, 0, format, args...)
}

// invalid is Invalid for a field whose size bytes were read just now.
func (d *Decoder) invalid(field string, size int, format string, args ...any) {
	d.fail(field, d.offset-size, errors.WithMessagef(wire.ErrInvalid, format, args...))
}

func (d *Decoder) fail(field string, offset int, err error) {
	if d.err == nil {
		d.err = &wire.DecodeError{Structure: d.structure, Field: field, Offset: offset - d.start,
			Err: err}
	}
}
