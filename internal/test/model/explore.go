package model

import (
	"bytes"
	"fmt"
	"hash/maphash"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Result is what an exploration has found.
type Result struct {
	States, Steps int
	Settled       int // states in which nothing happens by itself any more
	Depth         int // steps of the shortest way to the state that is farthest away
	Rounds        int // connect messages, at most, after the last misfortune
	MaxConnectSeq int
	Truncated     bool // MaxStates was reached

	Cases     map[protocol.Case]int   // decisions, by case
	Actions   map[protocol.Action]int // reactions, by action
	Outcomes  map[Outcome]int         // of the rules of faults
	Violation *Violation              // nil if everything holds
}

// Explore visits every state that can be reached, the nearest first, and checks the properties in
// each. It stops at the first violation, whose trace is therefore a shortest one.
func Explore(c Config) Result {
	e := &explorer{m: newMachine(&c), seed: maphash.MakeSeed(), table: make([]uint64, 1<<16)}
	s := c.initial()
	s.normalize(&c)
	e.intern(&s, 0)
	violation := e.search()
	if violation == nil && !e.result.Truncated {
		violation = e.converges()
	}
	r := e.result
	r.States, r.Violation = len(e.offsets), violation
	r.Cases, r.Actions, r.Outcomes = map[protocol.Case]int{}, map[protocol.Action]int{},
		e.m.outcomes
	for i, n := range e.m.cases {
		if n > 0 {
			r.Cases[protocol.Case(i)] = n
		}
	}
	for i, n := range e.m.actions {
		if n > 0 {
			r.Actions[protocol.Action(i)] = n
		}
	}
	return r
}

// explorer keeps the states found so far. Their numbers are in the order in which they were found.
type explorer struct {
	m      *machine
	result Result

	seed    maphash.Seed
	table   []uint64 // open addressing: 32 bits of hash, and number + 1
	chunks  [][]byte // encodings, each behind its length
	offsets []uint32 // of the encodings: number of the chunk, and place in it
	parents []uint32
	depths  []uint16

	// edges of state i are edges[firstEdge[i]:firstEdge[i+1]].
	edges     []uint32
	firstEdge []uint32
	scratch   []byte
}

const (
	chunkBits = 20
	chunkSize = 1 << chunkBits

	edgeDisturbs = 1 << 31 // handshakes may have to begin anew
	// an attempt ended because the sides do not fit: there will be another one, for ever
	edgeRefused  = 1 << 30
	edgeConnects = 1 << 29 // a connect message is sent
	edgeTarget   = edgeConnects - 1
)

func (e *explorer) encoding(i uint32) []byte {
	at := e.offsets[i]
	chunk := e.chunks[at>>chunkBits][at&(chunkSize-1):]
	return chunk[1 : 1+int(chunk[0])]
}

// intern returns the number of a normalized state, a new one if it was not found before.
func (e *explorer) intern(s *state, parent uint32) uint32 {
	e.scratch = s.encode(e.scratch[:0])
	b := e.scratch
	hash := maphash.Bytes(e.seed, b)
	mask := uint64(len(e.table) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		entry := e.table[at]
		if entry == 0 {
			number := e.add(b, parent)
			e.table[at] = hash>>32<<32 | uint64(number+1)
			if 2*len(e.offsets) > len(e.table) {
				e.grow()
			}
			return number
		}
		if entry>>32 == hash>>32 {
			if number := uint32(entry) - 1; bytes.Equal(e.encoding(number), b) {
				return number
			}
		}
	}
}

func (e *explorer) add(b []byte, parent uint32) uint32 {
	if len(b) > 255 {
		panic(fmt.Sprintf("model: state of %d bytes", len(b)))
	}
	last := len(e.chunks) - 1
	if last < 0 || len(e.chunks[last])+1+len(b) > chunkSize {
		e.chunks = append(e.chunks, make([]byte, 0, chunkSize))
		last++
	}
	at := len(e.chunks[last])
	e.chunks[last] = append(append(e.chunks[last], byte(len(b))), b...)
	number := uint32(len(e.offsets))
	e.offsets = append(e.offsets, uint32(last)<<chunkBits|uint32(at))
	e.parents = append(e.parents, parent)
	depth := uint16(0)
	if number > 0 {
		depth = e.depths[parent] + 1
	}
	e.depths = append(e.depths, depth)
	return number
}

func (e *explorer) grow() {
	e.table = make([]uint64, 2*len(e.table))
	mask := uint64(len(e.table) - 1)
	for i := range e.offsets {
		hash := maphash.Bytes(e.seed, e.encoding(uint32(i)))
		at := hash & mask
		for e.table[at] != 0 {
			at = (at + 1) & mask
		}
		e.table[at] = hash>>32<<32 | uint64(i+1)
	}
}

// search visits the states in the order in which they were found.
func (e *explorer) search() *Violation {
	m := e.m
	var steps []step
	var from state
	for i := uint32(0); int(i) < len(e.offsets); i++ {
		if limit := m.config.MaxStates; limit > 0 && int(i) >= limit {
			e.result.Truncated = true
			return nil
		}
		e.firstEdge = append(e.firstEdge, uint32(len(e.edges)))
		from.decode(e.encoding(i))
		var lively bool
		steps, lively = m.steps(&from, steps[:0])
		if !lively {
			e.result.Settled++
			m.s, m.violation = from, nil
			if m.settled(); m.violation != nil {
				return e.explain(i, nil)
			}
		}
		for _, st := range steps {
			m.s = from
			m.do(st)
			if st.kind == stepLastPatience {
				m.waitedInVain(&from, st.side)
			}
			if m.violation != nil {
				return e.explain(i, &st)
			}
			m.s.normalize(m.config)
			edge := e.intern(&m.s, i)
			if st.kind.disturbs() {
				edge |= edgeDisturbs
			}
			if m.refused && m.config.Trouble.Refuses() {
				edge |= edgeRefused
			}
			if m.connects > 0 {
				edge |= edgeConnects
			}
			e.edges = append(e.edges, edge)
		}
		e.result.Steps += len(steps)
		e.result.Depth = max(e.result.Depth, int(e.depths[i]))
		for x := range from.peers {
			e.result.MaxConnectSeq = max(e.result.MaxConnectSeq,
				int(from.peers[x].pipe.session.ConnectSeq))
		}
	}
	e.firstEdge = append(e.firstEdge, uint32(len(e.edges)))
	return nil
}

// seqExchanged reports whether a reconnect tells the sender what the receiver has.
func (c *Config) seqExchanged() bool { return c.Features.Has(wire.FeatureReconnectSeq) }
