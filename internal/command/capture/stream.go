package capture

import (
	"slices"
	"time"
)

// assembly puts one direction of a connection together.
//
// Positions are int64 offsets from the first byte of the stream; a 32-bit sequence number stands
// for the position nearest to next that has it, so a stream may be longer than 4 GiB.
type assembly struct {
	stream *Stream
	synced bool   // whether base is known
	sure   bool   // base is behind a SYN: nothing belongs before it
	base   uint32 // sequence number of the byte at position 0
	next   int64  // position of the first byte not delivered
	early  []segment
}

// segment is the payload of one packet.
type segment struct {
	pos    int64
	data   []byte
	packet int
	time   time.Time
}

// start tells the position of the first byte: one behind a SYN, or the first sequence number seen.
func (a *assembly) start(seq uint32) {
	if !a.synced {
		a.synced, a.base = true, seq
	}
}

func (a *assembly) position(seq uint32) int64 {
	return a.next + int64(int32(seq-a.base-uint32(a.next)))
}

// startAt is start by a SYN, which may come behind data that it should precede.
func (a *assembly) startAt(seq uint32) {
	a.start(seq)
	a.sure = a.sure || a.base == seq
}

// reorder is how many chunks may have been delivered when a segment comes that belongs before them
// all.
const reorder = 64

// prepend takes a segment of a stream without a SYN whose packets were recorded out of order: it
// begins before the first byte seen. One byte may be a keep-alive probe of TCP, which repeats one
// from before the capture.
func (a *assembly) prepend(seq uint32, s segment) bool {
	before := -s.pos
	if a.sure || before <= 0 || before > maxPiece || len(s.data) <= 1 ||
		len(a.stream.Chunks) > reorder {
		return false
	}
	for i := range a.stream.Chunks {
		a.stream.Chunks[i].Offset += before
	}
	for i := range a.early {
		a.early[i].pos += before
	}
	a.base = seq
	a.next += before
	a.stream.Size = a.next
	data := s.data[:min(int64(len(s.data)), before)]
	if hole := before - int64(len(data)); hole > 0 && len(a.stream.Chunks) > 0 {
		a.stream.Chunks[0].Missing += hole
		a.stream.Missing += hole
	}
	a.stream.Retransmitted += int64(len(s.data) - len(data))
	a.stream.Chunks = slices.Insert(a.stream.Chunks, 0,
		Chunk{Packet: s.packet, Time: s.time, Data: data})
	return true
}

// fill takes a segment that lies within a hole which prepend has left behind the new first chunk.
func (a *assembly) fill(s segment) bool {
	for i := range min(len(a.stream.Chunks), reorder) {
		c := &a.stream.Chunks[i]
		end := s.pos + int64(len(s.data))
		if c.Missing == 0 || s.pos < c.Offset-c.Missing || end > c.Offset {
			continue
		}
		filled := Chunk{Offset: s.pos, Missing: s.pos - (c.Offset - c.Missing), Packet: s.packet,
			Time: s.time, Data: s.data}
		a.stream.Missing -= int64(len(s.data))
		c.Missing = c.Offset - end
		a.stream.Chunks = slices.Insert(a.stream.Chunks, i, filled)
		return true
	}
	return false
}

// add takes a segment and delivers it and what waited for it, or keeps it until the hole before it
// is filled.
func (a *assembly) add(seq uint32, s segment) {
	if len(s.data) == 0 {
		return
	}
	a.start(seq)
	s.pos = a.position(seq)
	if a.prepend(seq, s) || a.fill(s) {
		return
	}
	if s.pos > a.next {
		at, _ := slices.BinarySearchFunc(a.early, s.pos, func(e segment, pos int64) int {
			if e.pos <= pos { // behind equal ones: what came first counts
				return -1
			}
			return 1
		})
		a.early = slices.Insert(a.early, at, s)
		return
	}
	a.deliver(s, s.packet, s.time)
	for len(a.early) > 0 && a.early[0].pos <= a.next {
		a.deliver(a.early[0], s.packet, s.time)
		a.early = a.early[1:]
	}
}

// deliver appends what is new in s, which starts at or before next.
func (a *assembly) deliver(s segment, packet int, at time.Time) {
	old := min(a.next-s.pos, int64(len(s.data)))
	a.stream.Retransmitted += old
	s.data = s.data[old:]
	if len(s.data) == 0 {
		return
	}
	a.stream.Chunks = append(a.stream.Chunks, Chunk{Offset: a.next, Packet: packet, Time: at,
		Data: s.data})
	a.next += int64(len(s.data))
	a.stream.Size = a.next
}

// finish delivers what still waits; the holes before it will not be filled any more.
func (a *assembly) finish() {
	for _, s := range a.early {
		hole := max(s.pos-a.next, 0)
		a.next += hole
		delivered := len(a.stream.Chunks)
		a.deliver(s, s.packet, s.time)
		if hole > 0 && len(a.stream.Chunks) > delivered {
			a.stream.Chunks[delivered].Missing = hole
			a.stream.Missing += hole
		}
	}
	a.early = nil
}
