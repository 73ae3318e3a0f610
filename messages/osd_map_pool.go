package messages

import (
	"encoding/binary"

	"simplemessenger/wire"
)

// Versions of a pool: 14.2 and 16.2 write 29, 18.2 writes 30. We write what has MinSize last.
const (
	poolVersion = 7
	poolCompat  = 5
)

// append appends a pool without its name.
//
//	type u8 · size u8 · crush rule u8 · object hash u8 · pg_num u32 · pgp_num u32 · 0 u32, 0 u32 ·
//	last change u32 · snap_seq u64 · snap_epoch u32 · snaps (count u32, id u64 and (2, 2, length)) ·
//	removed snaps (count u32, first u64 and length u64) · auid u64 · flags u64 · replay interval u32 · min_size u8
func (p Pool) append(b []byte) []byte {
	le := binary.LittleEndian
	return appendVersioned(b, poolVersion, poolCompat, func(b []byte) []byte {
		b = append(b, byte(p.Type), p.Size, 0, 2) // hash 2 is rjenkins
		b = le.AppendUint32(b, p.PGNum)
		b = le.AppendUint32(b, p.PGPNum)
		b = append(b, make([]byte, 4+4+4+8+4+4+4+8)...)
		b = le.AppendUint64(b, p.Flags)
		return append(le.AppendUint32(b, 0), p.MinSize)
	})
}

func (r *frontReader) pool(id int64, field string) Pool {
	version, end := r.versionOf(poolVersion, field)
	r.atLeast(version, poolVersion, field)
	p := Pool{ID: id, Type: PoolType(r.u8(field)), Size: r.u8(field)}
	r.u16(field)
	p.PGNum, p.PGPNum = r.u32(field), r.u32(field)
	r.take(4+4+4+8+4, field)
	for range r.count(8+6, field+" (snaps)") {
		r.u64(field)
		r.skipTo(r.versioned(2, field), field)
	}
	r.take(16*r.count(16, field+" (removed_snaps)"), field)
	r.u64(field)
	p.Flags = r.u64(field)
	r.u32(field)
	p.MinSize = r.u8(field)
	r.skipTo(end, field)
	return p
}

// pools reads pools, which are in ascending order.
func (r *frontReader) pools(field string) (pools []Pool) {
	for range r.count(8+6, field) {
		p := r.pool(int64(r.u64(field)), field)
		if n := len(pools); n > 0 && pools[n-1].ID >= p.ID {
			r.fail(wire.ErrInvalid, field+" (order)")
		}
		if r.err != nil {
			return nil
		}
		pools = append(pools, p)
	}
	return pools
}

func (r *frontReader) poolNames(field string) (names []PoolName) {
	for range r.count(8+4, field) {
		name := PoolName{ID: int64(r.u64(field))}
		r.text(&name.Name, field)
		if r.err != nil {
			return nil
		}
		names = append(names, name)
	}
	return names
}
