package messages_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

func addrs(texts ...string) (v wire.AddrVec) {
	for _, s := range texts {
		a, err := wire.ParseEntityAddr(s)
		if err != nil {
			panic(err)
		}
		v = append(v, a)
	}
	return v
}

func sampleMgrMap() *messages.MgrMap {
	return &messages.MgrMap{Epoch: 4, ActiveAddrs: addrs("v1:10.0.0.9:6800/77"), ActiveGID: 4107,
		Available: true, ActiveName: "x", Standbys: []messages.MgrStandby{{GID: 4112, Name: "y"}}}
}

func sampleLog() *messages.Log {
	return &messages.Log{FSID: messages.UUID{3}, Version: 12, Entries: []messages.LogEntry{{
		Name: messages.NamedEntity{Type: wire.EntityMon, ID: "a"}, Entity: wire.Mon(0),
		Addrs: addrs("v1:10.0.0.1:6789/0"), Stamp: wire.Timespec{Sec: 9, Nsec: 8}, Seq: 5,
		Priority: messages.LogWarning, Text: "Health check failed", Channel: "cluster",
	}}}
}

func sampleOSDMap() *messages.OSDMap {
	return &messages.OSDMap{FSID: messages.UUID{4}, Epoch: 7, Created: wire.Timespec{Sec: 1},
		Modified: wire.Timespec{Sec: 2, Nsec: 3}, Flags: 1<<7 | 1<<15,
		Pools: []messages.Pool{
			{ID: 1, Name: "data", Type: messages.PoolReplicated, Size: 2, MinSize: 1, PGNum: 4,
				PGPNum: 4, Flags: 1},
			{ID: 3, Name: "cold", Type: messages.PoolErasure, Size: 3, MinSize: 2, PGNum: 8,
				PGPNum: 8},
		},
		OSDs: []messages.OSDInfo{
			{State: messages.OSDExists | messages.OSDUp, Weight: 0x10000,
				Addrs: addrs("v2:10.0.0.2:6800/5", "v1:10.0.0.2:6801/5")},
			{},
			{State: messages.OSDExists, Addrs: addrs("v1:10.0.0.3:6801/6")},
		}}
}

func sampleIncremental() *messages.OSDMapIncremental {
	return &messages.OSDMapIncremental{FSID: messages.UUID{4}, Epoch: 8,
		Modified: wire.Timespec{Sec: 4}, Flags: 1 << 15, MaxOSD: 4,
		Pools: []messages.Pool{
			{ID: 1, Type: messages.PoolReplicated, Size: 3, MinSize: 2, PGNum: 4, PGPNum: 4},
			{ID: 2, Type: messages.PoolReplicated, Size: 1, PGNum: 1, PGPNum: 1},
		},
		Names:    []messages.PoolName{{ID: 2, Name: "new"}, {ID: 1, Name: "renamed"}},
		OldPools: []int64{3},
		Up:       []messages.OSDBooted{{OSD: 2, Addrs: addrs("v1:10.0.0.3:6805/9")}},
		States:   []messages.OSDStateChange{{OSD: 0}, {OSD: 3, Bits: messages.OSDExists}},
		Weights:  []messages.OSDWeight{{OSD: 2, Weight: 0x8000}, {OSD: 0, Weight: 0}},
	}
}

// encodedMap is what OSDMap and OSDMapIncremental have in common.
type encodedMap interface {
	Append(b []byte) []byte
	Decode(b []byte) error
}

func mapSamples() map[string][2]encodedMap {
	withFull := &messages.OSDMapIncremental{Epoch: 7, Flags: -1, MaxOSD: -1, Full: sampleOSDMap()}
	return map[string][2]encodedMap{
		"map":       {sampleOSDMap(), new(messages.OSDMap)},
		"change":    {sampleIncremental(), new(messages.OSDMapIncremental)},
		"new map":   {withFull, new(messages.OSDMapIncremental)},
		"empty map": {new(messages.OSDMap), new(messages.OSDMap)},
	}
}

func TestOSDMapSamplesRoundTrip(t *testing.T) {
	for name, sample := range mapSamples() {
		if err := sample[1].Decode(sample[0].Append(nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(sample[0], sample[1], equateAddrs); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOSDMapDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, sample := range mapSamples() {
		encoded := sample[0].Append(nil)
		for n := range encoded {
			if err := sample[1].Decode(encoded[:n:n]); !errors.Is(err, wire.ErrShort) {
				t.Errorf("%s: %d of %d bytes: %v", name, n, len(encoded), err)
			}
		}
		if err := sample[1].Decode(append(bytes.Clone(encoded),
			0)); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%s with a byte too many: %v", name, err)
		}
		for _, at := range []int{0, 1, 6} { // version, compat version, version of the inner part
			other := bytes.Clone(encoded)
			other[at] = map[int]byte{0: 6, 1: 9, 6: 4}[at]
			if err := sample[1].Decode(other); !errors.Is(err, wire.ErrInvalid) {
				t.Errorf("%s with %d at %d: %v", name, other[at], at, err)
			}
		}
		for range 2000 {
			damaged := bytes.Clone(encoded)
			for range 1 + random.IntN(3) {
				damaged[random.IntN(len(damaged))] = byte(random.Uint32())
			}
			decodeMapTwice(t, sample[1], damaged)
		}
	}
}

func decodeMapTwice(t *testing.T, first encodedMap, b []byte) {
	t.Helper()
	if first.Decode(b) != nil {
		return
	}
	var second encodedMap = new(messages.OSDMap)
	if _, ok := first.(*messages.OSDMapIncremental); ok {
		second = new(messages.OSDMapIncremental)
	}
	if err := second.Decode(first.Append(nil)); err != nil {
		t.Fatalf("%v\n%x", err, b)
	}
	if diff := cmp.Diff(first, second, equateAddrs); diff != "" {
		t.Fatalf("%s\n%x", diff, b)
	}
}

// FuzzOSDMap decodes a map, and what has changed since, and applies it.
func FuzzOSDMap(f *testing.F) {
	for _, sample := range mapSamples() {
		f.Add(sample[0].Append(nil), sampleIncremental().Append(nil))
	}
	f.Fuzz(func(t *testing.T, encoded, change []byte) {
		m, inc := sampleOSDMap(), new(messages.OSDMapIncremental)
		decodeMapTwice(t, new(messages.OSDMap), encoded)
		decodeMapTwice(t, new(messages.OSDMapIncremental), change)
		if m.Decode(encoded) != nil {
			m = sampleOSDMap()
		}
		if inc.Decode(change) != nil {
			return
		}
		if next, err := m.Apply(inc); err == nil && next.Epoch != m.Epoch+1 {
			t.Errorf("change %d makes %d of %d", inc.Epoch, next.Epoch, m.Epoch)
		}
	})
}

// A map that claims more osds than there can be is refused before memory is made for them.
func TestOSDMapOfTooMany(t *testing.T) {
	inc := sampleIncremental()
	inc.MaxOSD = messages.MaxOSDs + 1
	if _, err := sampleOSDMap().Apply(inc); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("change: %v", err)
	}
	encoded := new(messages.OSDMap).Append(nil)
	const maxOSD = 6 + 6 + 16 + 4 + 8 + 8 + 4 + 4 + 4 + 4
	copy(encoded[maxOSD:], "\xff\xff\xff\x7f")
	if err := new(messages.OSDMap).Decode(encoded); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("map: %v", err)
	}
	copy(encoded[maxOSD:], "\x01\x00\x00\x00")
	if err := new(messages.OSDMap).Decode(encoded); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("one osd, without a state: %v", err)
	}
}

func TestOSDMapApply(t *testing.T) {
	before := sampleOSDMap()
	after, err := before.Apply(sampleIncremental())
	if err != nil {
		t.Fatal(err)
	}
	want := &messages.OSDMap{FSID: messages.UUID{4}, Epoch: 8, Created: wire.Timespec{Sec: 1},
		Modified: wire.Timespec{Sec: 4}, Flags: 1 << 15,
		Pools: []messages.Pool{
			{ID: 1, Name: "renamed", Type: messages.PoolReplicated, Size: 3, MinSize: 2, PGNum: 4,
				PGPNum: 4},
			{ID: 2, Name: "new", Type: messages.PoolReplicated, Size: 1, PGNum: 1, PGPNum: 1},
		},
		OSDs: []messages.OSDInfo{
			{State: messages.OSDExists, Addrs: before.OSDs[0].Addrs},
			{},
			{State: messages.OSDExists | messages.OSDUp, Weight: 0x8000,
				Addrs: addrs("v1:10.0.0.3:6805/9")},
			{State: messages.OSDExists},
		}}
	if diff := cmp.Diff(want, after, equateAddrs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sampleOSDMap(), before, equateAddrs); diff != "" {
		t.Errorf("the map before has changed: %s", diff)
	}
	if o := after.OSD(2); !o.Up() || !o.In() {
		t.Errorf("osd.2 is %+v", o)
	}
	if o := after.OSD(0); o.Up() || o.In() || !o.Exists() {
		t.Errorf("osd.0 is %+v", o)
	}
	if p, ok := after.Pool("new"); !ok || p.ID != 2 {
		t.Errorf("pool new is %+v, %v", p, ok)
	}
	if _, ok := after.Pool("cold"); ok {
		t.Error("pool cold is still there")
	}
	if got := before.Flags.String(); got != "noout,sortbitwise" || !before.Flags.Has("noout") ||
		after.Flags.Has("noout") {
		t.Errorf("flags %s", got)
	}

	gone, err := after.Apply(&messages.OSDMapIncremental{FSID: messages.UUID{4}, Epoch: 9,
		Flags: -1, MaxOSD: -1,
		States: []messages.OSDStateChange{{OSD: 2, Bits: messages.OSDExists}}})
	if err != nil || gone.OSD(2).Exists() || gone.OSD(2).Up() {
		t.Errorf("osd.2 that is gone is %+v, %v", gone.OSD(2), err)
	}
	if gone.Flags != after.Flags || len(gone.OSDs) != 4 {
		t.Errorf("flags %v, %d osds", gone.Flags, len(gone.OSDs))
	}
}

func TestOSDMapApplyRefuses(t *testing.T) {
	type change = messages.OSDMapIncremental
	for name, spoil := range map[string]func(*change){
		"of another cluster":   func(inc *change) { inc.FSID = messages.UUID{5} },
		"two epochs on":        func(inc *change) { inc.Epoch = 9 },
		"of the same epoch":    func(inc *change) { inc.Epoch = 7 },
		"of another new map":   func(inc *change) { inc.Full = sampleOSDMap() },
		"a weight of nobody":   func(inc *change) { inc.Weights[0].OSD = 4 },
		"a state of nobody":    func(inc *change) { inc.States[0].OSD = -1 },
		"an address of nobody": func(inc *change) { inc.Up[0].OSD = 1 << 30 },
	} {
		inc := sampleIncremental()
		spoil(inc)
		if _, err := sampleOSDMap().Apply(inc); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every map that a real daemon has sent can be read. (What becomes of them is compared with what
// real clusters say in authtest.)
func TestRealOSDMaps(t *testing.T) {
	headers, fronts := captured(t, messages.TypeOSDMap)
	type key struct {
		fsid  messages.UUID
		epoch uint32
	}
	maps := map[key]*messages.OSDMap{}
	var changes []*messages.OSDMapIncremental
	for i, h := range headers {
		var m messages.OSDMaps
		if err := m.Decode(h.Version, fronts[i]); err != nil {
			t.Fatal(err)
		}
		for _, e := range m.Maps {
			om := new(messages.OSDMap)
			if err := om.Decode(e.Bytes); err != nil || om.Epoch != e.Epoch || om.FSID != m.FSID {
				t.Fatalf("map %d: %v\n%x", e.Epoch, err, e.Bytes)
			}
			maps[key{om.FSID, om.Epoch}] = om
		}
		for _, e := range m.Incrementals {
			inc := new(messages.OSDMapIncremental)
			if err := inc.Decode(e.Bytes); err != nil || inc.Epoch != e.Epoch ||
				inc.FSID != m.FSID {
				t.Fatalf("change %d: %v\n%x", e.Epoch, err, e.Bytes)
			}
			changes = append(changes, inc)
		}
	}
	if len(maps) < 10 || len(changes) < 50 {
		t.Errorf("only %d maps and %d changes in the captures", len(maps), len(changes))
	}
	applied := 0
	for _, inc := range changes {
		before := maps[key{inc.FSID, inc.Epoch - 1}]
		if before == nil {
			continue
		}
		applied++
		if _, err := before.Apply(inc); err != nil {
			t.Errorf("map %d: %v", inc.Epoch, err)
		}
	}
	if applied == 0 {
		t.Error("no change in the captures has the map before it there")
	}
}

// What the captured maps say can be looked up in the captures' story.
func TestRealMapFields(t *testing.T) {
	_, fronts := captured(t, messages.TypeMgrMap)
	active := 0
	for _, front := range fronts {
		var m messages.MgrMap
		if err := m.Decode(messages.MgrMapVersion, front); err != nil {
			t.Fatal(err)
		}
		if m.Available && m.ActiveName == "x" && m.ActiveAddrs.Legacy().IP.IsLoopback() {
			active++
		}
	}
	if active == 0 {
		t.Error("no map with an active manager in the captures")
	}
	_, fronts = captured(t, messages.TypeLog)
	for _, front := range fronts {
		var m messages.Log
		if err := m.Decode(messages.LogVersion, front); err != nil {
			t.Fatal(err)
		}
		for _, e := range m.Entries {
			if e.Channel == "" || e.Text == "" || e.Name.ID == "" ||
				e.Priority > messages.LogError {
				t.Errorf("line %+v", e)
			}
		}
	}
}
