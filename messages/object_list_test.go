package messages_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

func sampleObjectList() *messages.ObjectList {
	return &messages.ObjectList{Cursor: messages.ListStart(),
		Objects: []messages.ListedObject{{Name: "greeting"}, {Namespace: "n", Name: "o", Key: "k"}}}
}

func TestObjectListRoundTrip(t *testing.T) {
	encoded := sampleObjectList().Append(nil)
	var got messages.ObjectList
	if err := got.Decode(encoded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleObjectList(), &got); diff != "" {
		t.Error(diff)
	}
	for n := range encoded {
		if err := got.Decode(encoded[:n:n]); !errors.Is(err, wire.ErrShort) {
			t.Errorf("%d of %d bytes: %v", n, len(encoded), err)
		}
	}
	stat := messages.ObjectStat{Size: 7, Modified: wire.Timespec{Sec: 1, Nsec: 2}}
	var back messages.ObjectStat
	if err := back.Decode(stat.Append(nil)); err != nil || back != stat {
		t.Errorf("%+v, %v", back, err)
	}
	if err := back.Decode(stat.Append(nil)[:15]); !errors.Is(err, wire.ErrShort) {
		t.Errorf("short: %v", err)
	}
}

func TestListOp(t *testing.T) {
	op := messages.NewListOp(1000, 14, messages.ListStart())
	if binary.LittleEndian.Uint64(op.Args[0:]) != 1000 || op.Args[8] != 14 ||
		int(op.PayloadLen) != len(messages.ListStart()) || op.Op != 0x1505 {
		t.Errorf("%+v", op)
	}
}

// Groups follow each other by their cursors, each once, in pools of any size; the first hash of
// each is its own.
func TestListNextGoesThroughThePool(t *testing.T) {
	for pgNum := uint32(1); pgNum <= 40; pgNum++ {
		seen := map[uint32]bool{}
		pg := messages.PG{Pool: 7}
		for !seen[pg.Seed] {
			seen[pg.Seed] = true
			cursor := messages.ListNext(pg, pgNum)
			list := messages.ObjectList{Cursor: cursor}
			if err := new(messages.ObjectList).Decode(list.Append(nil)); err != nil {
				t.Fatal(err)
			}
			// (4, 3, length) · key · object · snap · hash · max · namespace · pool
			hash, atEnd := binary.LittleEndian.Uint32(cursor[22:]), cursor[26] == 1
			if atEnd {
				break
			}
			if pool := binary.LittleEndian.Uint64(cursor[31:]); pool != 7 {
				t.Fatalf("%d groups: behind %d comes pool %d", pgNum, pg.Seed, pool)
			}
			pg.Seed = foldHash(hash, pgNum)
		}
		if uint32(len(seen)) != pgNum {
			t.Errorf("%d of %d groups are listed", len(seen), pgNum)
		}
	}
	if one, want := messages.ListNext(messages.PG{Pool: 7}, 4), uint32(2); foldHash(
		binary.LittleEndian.Uint32(one[22:]), 4) != want {
		t.Errorf("of four groups the second is not %d: %x", want, one)
	}
}

// foldHash is the group to which the hash of a name belongs (ceph_stable_mod).
func foldHash(hash, pgNum uint32) uint32 {
	mask := uint32(1)
	for mask < pgNum {
		mask <<= 1
	}
	if seed := hash & (mask - 1); seed < pgNum {
		return seed
	}
	return hash & (mask>>1 - 1)
}

func FuzzObjectList(f *testing.F) {
	f.Add(sampleObjectList().Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second messages.ObjectList
		if first.Decode(b) != nil {
			return
		}
		if err := second.Decode(first.Append(nil)); err != nil {
			t.Fatalf("%v\n%x", err, b)
		}
		if !bytes.Equal(first.Cursor, second.Cursor) || cmp.Diff(first, second) != "" {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}
