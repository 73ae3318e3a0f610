package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

const (
	exclusive = 1         // flag of OpCreate: fail if the object is there
	maxObject = 128 << 20 // osd_max_object_size
)

// key names an object within its placement group.
type key struct{ namespace, name string }

// object is never changed, only replaced.
type object struct {
	data     []byte
	modified wire.Timespec
}

// store has the objects. Its methods may be called by many goroutines at once.
type store struct {
	mu      sync.Mutex // guards what follows
	groups  map[messages.PG]map[key]*object
	version uint64
	osdMap  *messages.OSDMap
}

func newStore() *store {
	return &store{groups: map[messages.PG]map[key]*object{}, osdMap: new(messages.OSDMap)}
}

func (s *store) setMap(m *messages.OSDMap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.osdMap = m
}

// answer carries out a request: all of its steps, or none.
func (s *store) answer(_ context.Context, m *simplemsgr.Message) (*simplemsgr.Message, error) {
	var op messages.OSDOp
	if err := op.Decode(m.Version, m.Front); err != nil {
		return nil, err
	}
	var reply messages.OSDOpReply
	reply.Answer(&op, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	name := key{op.Locator.Namespace, op.Object}
	before := s.groups[op.PG][name]
	now, in := before, m.Data
	var out []byte
	for i := range op.Ops {
		n := op.Ops[i].PayloadLen
		if uint64(n) > uint64(len(in)) {
			reply.Result = int32(messages.EINVAL)
			break
		}
		var read []byte
		now, read, reply.Result = s.step(&op, &op.Ops[i], now, in[:n])
		reply.Ops[i].PayloadLen, reply.Results[i] = uint32(len(read)), reply.Result
		in, out = in[n:], append(out, read...)
		if reply.Result < 0 {
			break
		}
	}
	if now != before && reply.Result >= 0 {
		s.version++
		s.replace(op.PG, name, now)
		reply.Version = messages.EVersion{Version: s.version, Epoch: op.MapEpoch}
		reply.UserVersion = s.version
	}
	return &simplemsgr.Message{Type: uint16(messages.TypeOSDOpReply),
		Version: messages.OSDOpReplyVersion, CompatVersion: messages.OSDOpReplyCompatVersion,
		Front: reply.Append(nil), Data: out}, nil
}

func (s *store) replace(pg messages.PG, name key, now *object) {
	if s.groups[pg] == nil {
		s.groups[pg] = map[key]*object{}
	}
	s.groups[pg][name] = now
	if now == nil {
		delete(s.groups[pg], name)
	}
}

// step carries out one step on an object, nil for one that is not there. It returns what becomes
// of the object, what the step has read, and a negative errno if it fails.
func (s *store) step(op *messages.OSDOp, step *messages.ObjectOp, o *object,
	payload []byte) (now *object, read []byte, result int32) {
	offset, length := step.Extent()
	switch step.Op {
	case messages.OpCreate:
		if o != nil && step.Flags&exclusive != 0 {
			return o, nil, int32(messages.EEXIST)
		}
		return &object{contents(o), op.ModifyTime}, nil, 0
	case messages.OpWriteFull:
		return &object{slices.Clone(payload), op.ModifyTime}, nil, 0
	case messages.OpWrite:
		if offset > maxObject || uint64(len(payload)) > maxObject-offset {
			return o, nil, int32(messages.EFBIG)
		}
		data := make([]byte, max(uint64(len(contents(o))), offset+uint64(len(payload))))
		copy(data, contents(o))
		copy(data[offset:], payload)
		return &object{data, op.ModifyTime}, nil, 0
	case messages.OpListPG:
		return o, s.list(op), messages.ListEnd
	}
	if o == nil {
		return nil, nil, int32(messages.ENOENT)
	}
	size := uint64(len(o.data))
	switch step.Op {
	case messages.OpRead:
		rest := o.data[min(offset, size):]
		if length == 0 { // as far as it goes
			return o, rest, 0
		}
		return o, rest[:min(length, uint64(len(rest)))], 0
	case messages.OpStat:
		return o, messages.ObjectStat{Size: size, Modified: o.modified}.Append(nil), 0
	case messages.OpDelete:
		return nil, nil, 0
	}
	return o, nil, int32(messages.EOPNOTSUPP)
}

func contents(o *object) []byte {
	if o == nil {
		return nil
	}
	return o.data
}

// list returns all objects of a placement group at once, whatever number was asked for: the client
// goes on with the next group.
func (s *store) list(op *messages.OSDOp) []byte {
	var found messages.ObjectList
	for name := range maps.Keys(s.groups[op.PG]) {
		if name.namespace == op.Locator.Namespace {
			found.Objects = append(found.Objects,
				messages.ListedObject{Namespace: name.namespace, Name: name.name})
		}
	}
	slices.SortFunc(found.Objects, func(a, b messages.ListedObject) int {
		return cmp.Compare(a.Name, b.Name)
	})
	pgNum := uint32(1)
	for _, pool := range s.osdMap.Pools {
		if uint64(pool.ID) == op.PG.Pool {
			pgNum = pool.PGNum
		}
	}
	found.Cursor = messages.ListNext(op.PG, pgNum)
	return found.Append(nil)
}
