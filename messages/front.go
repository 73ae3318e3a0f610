package messages

import (
	"encoding/binary"
	"strconv"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// frontReader reads the fields of a front part one after the other. The first error stays:
// everything read after it is zero, so that a decoder looks once, at its end.
type frontReader struct {
	message string // for errors
	front   []byte
	off     int
	err     error
}

// take returns the next n bytes, which are valid as long as the front is, or nil.
func (r *frontReader) take(n int, field string) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.front)-r.off {
		r.fail(wire.ErrShort, field)
		return nil
	}
	b := r.front[r.off : r.off+n]
	r.off += n
	return b
}

func (r *frontReader) fail(reason error, field string) {
	if r.err == nil {
		r.err = errors.WithMessagef(reason, "messages: decode %s: %s at offset %d", r.message,
			field, r.off)
	}
}

func (r *frontReader) u8(field string) uint8 {
	if b := r.take(1, field); b != nil {
		return b[0]
	}
	return 0
}

func (r *frontReader) u16(field string) uint16 {
	if b := r.take(2, field); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *frontReader) u32(field string) uint32 {
	if b := r.take(4, field); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *frontReader) u64(field string) uint64 {
	if b := r.take(8, field); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// text reads a string into s. A decoder that meets the same string again and again, in a structure
// that it uses again, does not allocate it again.
func (r *frontReader) text(s *string, field string) {
	if b := r.take(r.count(1, field), field); string(b) != *s {
		*s = string(b)
	}
}

// count reads the number of elements of size bytes that follow, and checks that they can be there.
func (r *frontReader) count(size int, field string) int {
	return r.fits(uint64(r.u32(field)), size, field)
}

func (r *frontReader) fits(n uint64, size int, field string) int {
	if n > uint64(len(r.front)-r.off)/uint64(size) {
		r.fail(wire.ErrShort, field)
		return 0
	}
	return int(n)
}

// bytes reads a length and as many bytes, and copies them.
func (r *frontReader) bytes(field string) []byte {
	return append([]byte(nil), r.take(r.count(1, field), field)...)
}

// texts reads a list of strings.
func (r *frontReader) texts(field string) []string {
	var all []string
	for range r.count(4, field) {
		var s string
		r.text(&s, field)
		all = append(all, s)
	}
	return all
}

func (r *frontReader) uuid(field string) (u UUID) {
	copy(u[:], r.take(len(u), field))
	return u
}

func (r *frontReader) timespec(field string) wire.Timespec {
	return wire.Timespec{Sec: r.u32(field), Nsec: r.u32(field)}
}

func (r *frontReader) addrs(field string) wire.AddrVec {
	if r.err != nil {
		return nil
	}
	v, n, err := wire.DecodeAddrVec(r.front[r.off:])
	if err != nil {
		r.fail(err, field)
		return nil
	}
	r.off += n
	return v
}

// versioned reads what stands before a structure that newer peers may have made longer: its
// version, the oldest version that can read it, which must not be above known, and its length. It
// returns the offset at which the structure ends.
func (r *frontReader) versioned(known uint8, field string) (end int) {
	_, end = r.versionOf(known, field)
	return end
}

// versionOf is versioned for a structure that has not had all its fields from the beginning.
func (r *frontReader) versionOf(known uint8, field string) (version uint8, end int) {
	version = r.u8(field)
	if compat := r.u8(field); compat > known {
		r.fail(wire.ErrInvalid, field+" (compat version)")
	}
	return version, r.count(1, field) + r.off
}

// atLeast fails unless a structure is of that version or a later one: older ones are those of
// releases before 14.2.
func (r *frontReader) atLeast(version, oldest uint8, field string) {
	if r.err == nil && version < oldest {
		r.fail(wire.ErrInvalid, field+" (version "+strconv.Itoa(int(version))+")")
	}
}

// skipTo goes to the end of a versioned structure.
func (r *frontReader) skipTo(end int, field string) {
	if r.err == nil && r.off > end {
		r.fail(wire.ErrInvalid, field+" (length)")
	}
	r.take(end-r.off, field)
}

// finish checks that nothing is left, and returns the first error.
func (r *frontReader) finish() error {
	if r.err == nil && r.off != len(r.front) {
		r.fail(wire.ErrInvalid, "end")
	}
	return r.err
}

// appendVersioned appends a structure, which body appends, with its header before it.
func appendVersioned(b []byte, version, compat uint8, body func([]byte) []byte) []byte {
	b = versionedHeader(b, version, compat, 0)
	start := len(b)
	b = body(b)
	binary.LittleEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return b
}

// versionedHeader appends what stands before a structure of known length.
func versionedHeader(b []byte, version, compat uint8, length int) []byte {
	return binary.LittleEndian.AppendUint32(append(b, version, compat), uint32(length))
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

func appendBytes(b, p []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(p))), p...)
}

func appendTexts(b []byte, all []string) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(all)))
	for _, s := range all {
		b = appendText(b, s)
	}
	return b
}
