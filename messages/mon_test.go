package messages_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// monPayloads is what goes between monitors and everybody else, with a sample of each.
var monPayloads = []struct {
	typ             messages.Type
	version, compat uint16
	sample          messages.Payload
	captured        int  // at least that many are in the captures
	rewritten       bool // 16.2 sends it in a later version than we write
}{
	{messages.TypeAuth, messages.AuthVersion, messages.AuthCompatVersion,
		&messages.Auth{Protocol: wire.AuthCephx, Payload: []byte("request"), MonMapEpoch: 3}, 50,
		false},
	{messages.TypeAuthReply, messages.AuthReplyVersion, messages.AuthReplyCompatVersion,
		&messages.AuthReply{Protocol: wire.AuthCephx, Result: -13, GlobalID: 4115,
			Payload: []byte("reply"), Message: "no"}, 50, false},
	{messages.TypeMonCommand, messages.MonCommandVersion, messages.MonCommandCompatVersion,
		&messages.MonCommand{FSID: messages.UUID{1, 2, 15: 16},
			Command: []string{`{"prefix":"status"}`}}, 10, false},
	{messages.TypeMonCommandAck, messages.MonCommandAckVersion, messages.MonCommandAckCompatVersion,
		&messages.MonCommandAck{Result: -2, Status: "no such pool",
			Command: []string{`{"prefix":"status"}`}, Version: 7}, 10, false},
	{messages.TypeMonSubscribe, messages.MonSubscribeVersion, messages.MonSubscribeCompatVersion,
		&messages.MonSubscribe{What: []messages.Subscription{{Name: "config"},
			{Name: "osdmap", Start: 9, Once: true}}, Hostname: "host"}, 50, false},
	{messages.TypeMonMap, messages.MonMapVersion, messages.MonMapCompatVersion, sampleMonMap(), 50,
		true},
	{messages.TypeMonSubscribeAck, messages.MonSubscribeAckVersion,
		messages.MonSubscribeAckCompatVersion,
		&messages.MonSubscribeAck{Interval: 300, FSID: messages.UUID{7}}, 0, false},
	{messages.TypeOSDMap, messages.OSDMapsVersion, messages.OSDMapsCompatVersion,
		&messages.OSDMaps{FSID: messages.UUID{4}, Oldest: 1, Newest: 9,
			Incrementals: []messages.EncodedMap{{Epoch: 8, Bytes: []byte("eight")}},
			Maps:         []messages.EncodedMap{{Epoch: 7, Bytes: []byte("seven")}}}, 40, false},
	{messages.TypeMgrMap, messages.MgrMapVersion, messages.MgrMapCompatVersion, sampleMgrMap(), 40,
		true},
	{messages.TypeLog, messages.LogVersion, messages.LogCompatVersion, sampleLog(), 3, false},
	{messages.TypeConfig, messages.ConfigVersion, messages.ConfigCompatVersion,
		&messages.Config{Options: map[string]string{"debug_ms": "1", "a": "b"}}, 50, false},
	{messages.TypeOSDBoot, messages.OSDBootVersion, messages.OSDBootCompatVersion, sampleOSDBoot(),
		0, true},
	{messages.TypeOSDBeacon, messages.OSDBeaconVersion, messages.OSDBeaconCompatVersion,
		&messages.OSDBeacon{Epoch: 9, PGs: []messages.PG{{Pool: 1, Seed: 3}, {Pool: 2}},
			MinLastClean: 7, SnapScrub: wire.Timespec{Sec: 5, Nsec: 6}, Interval: 300}, 1, false},
}

func sampleOSDBoot() *messages.OSDBoot {
	addr := func(port uint16) wire.AddrVec {
		return wire.AddrVec{wire.NewEntityAddr(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"),
			port), 7)}
	}
	return &messages.OSDBoot{Epoch: 12, Cluster: messages.UUID{1}, OSD: 3,
		FSID: messages.UUID{2}, CurrentMap: 11, OldestMap: 5, NewestMap: 12, CleanThru: 10,
		Mounted: 9, HeartbeatBack: addr(1), HeartbeatFront: addr(2), ClusterAddrs: addr(3),
		BootEpoch: 8, Metadata: map[string]string{"arch": "x86_64", "a": "b"},
		Features: wire.FeaturesSupported}
}

var equateAddrs = cmpopts.EquateComparable(netip.Addr{})

func sampleMonMap() *messages.MonMap {
	addr := func(s string) wire.EntityAddr {
		a, err := wire.ParseEntityAddr(s)
		if err != nil {
			panic(err)
		}
		return a
	}
	return &messages.MonMap{FSID: messages.UUID{9, 8, 7}, Epoch: 2,
		LastChanged: wire.Timespec{Sec: 5, Nsec: 6}, Created: wire.Timespec{Sec: 3},
		Features: [2]uint64{31, 1}, MinMonRelease: 14, Monitors: []messages.Monitor{
			{Name: "b", Addrs: wire.AddrVec{addr("v2:10.0.0.2:3300"), addr("v1:10.0.0.2:6789")},
				Priority: 4},
			{Name: "a", Addrs: wire.AddrVec{addr("[fd00::1]:6789")}},
		}}
}

func fresh(p messages.Payload) messages.Payload {
	return reflect.New(reflect.TypeOf(p).Elem()).Interface().(messages.Payload)
}

func TestMonSamplesRoundTrip(t *testing.T) {
	for _, m := range monPayloads {
		got := fresh(m.sample)
		if err := got.Decode(m.version, m.sample.Append(nil)); err != nil {
			t.Errorf("%v: %v", m.typ, err)
			continue
		}
		if diff := cmp.Diff(m.sample, got, equateAddrs); diff != "" {
			t.Errorf("%v: %s", m.typ, diff)
		}
	}
}

func TestRealMonMessagesRoundTrip(t *testing.T) {
	for _, m := range monPayloads {
		headers, fronts := captured(t, m.typ)
		if len(headers) < m.captured {
			t.Errorf("only %d %v in the captures", len(headers), m.typ)
		}
		for i, h := range headers {
			if h.Version != m.version || h.CompatVersion > m.compat {
				t.Errorf("%v: version %d compat %d", m.typ, h.Version, h.CompatVersion)
			}
			p := fresh(m.sample)
			if err := p.Decode(h.Version, fronts[i]); err != nil {
				t.Fatalf("%v: %v\n%x", m.typ, err, fronts[i])
			}
			got := p.Append(nil)
			if bytes.Equal(got, fronts[i]) {
				continue
			}
			again := fresh(m.sample)
			if err := again.Decode(m.version, got); !m.rewritten || err != nil {
				t.Fatalf("%v: %v\n got %x\nwant %x", m.typ, err, got, fronts[i])
			}
			if diff := cmp.Diff(p, again, equateAddrs); diff != "" {
				t.Fatalf("%v: %s", m.typ, diff)
			}
		}
	}
}

// Both releases say where their monitors are, by rank.
func TestRealMonMapFields(t *testing.T) {
	_, fronts := captured(t, messages.TypeMonMap)
	seen := map[uint8]bool{}
	for _, front := range fronts {
		var m messages.MonMap
		if err := m.Decode(messages.MonMapVersion, front); err != nil {
			t.Fatal(err)
		}
		seen[m.MinMonRelease] = true
		for rank, mon := range m.Monitors {
			if a := mon.Addrs.Legacy(); !a.IP.IsLoopback() || a.Port == 0 || a.Nonce != 0 {
				t.Errorf("mon.%s at %v", mon.Name, mon.Addrs)
			}
			if want := string(rune('a' + rank)); mon.Name != want {
				t.Errorf("rank %d is mon.%s, want mon.%s", rank, mon.Name, want)
			}
			if m.Rank(mon.Name) != rank {
				t.Errorf("mon.%s has rank %d, want %d", mon.Name, m.Rank(mon.Name), rank)
			}
		}
		if m.Rank("nobody") != -1 {
			t.Error("nobody has a rank")
		}
	}
	if !seen[14] || !seen[16] {
		t.Errorf("maps of releases %v in the captures, want 14 and 16", seen)
	}
}

func TestMonMapForOldPeers(t *testing.T) {
	front := sampleMonMap().Append(nil)
	front[4] = 5
	if err := new(messages.MonMap).Decode(messages.MonMapVersion,
		front); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("monmap of version 5: %v", err)
	}
}

func TestMonMapRankWithoutMonitor(t *testing.T) {
	m := sampleMonMap()
	front := bytes.Replace(m.Append(nil), []byte("\x01\x00\x00\x00b\x01\x00\x00\x00a\x0e"),
		[]byte("\x01\x00\x00\x00c\x01\x00\x00\x00a\x0e"), 1)
	if err := new(messages.MonMap).Decode(messages.MonMapVersion,
		front); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("rank of a monitor that is not there: %v", err)
	}
}

func TestMonDecodeDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, m := range monPayloads {
		front := m.sample.Append(nil)
		if err := fresh(m.sample).Decode(m.version+1, front); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%v of the next version: %v", m.typ, err)
		}
		for n := range front {
			if err := fresh(m.sample).Decode(m.version,
				front[:n:n]); !errors.Is(err, wire.ErrShort) {
				t.Errorf("%v: %d of %d bytes: %v", m.typ, n, len(front), err)
			}
		}
		if err := fresh(m.sample).Decode(m.version, append(bytes.Clone(front),
			0)); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%v with a byte too many: %v", m.typ, err)
		}
		for range 5000 {
			damaged := bytes.Clone(front)
			for range 1 + random.IntN(3) {
				damaged[random.IntN(len(damaged))] = byte(random.Uint32())
			}
			monDecodeTwice(t, m.version, fresh(m.sample), damaged)
		}
	}
}

// FuzzMonMessages decodes one of the types, told by the first byte.
func FuzzMonMessages(f *testing.F) {
	for i, m := range monPayloads {
		f.Add(m.sample.Append([]byte{byte(i)}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		m := monPayloads[int(b[0])%len(monPayloads)]
		monDecodeTwice(t, m.version, fresh(m.sample), b[1:])
	})
}

func monDecodeTwice(t *testing.T, version uint16, first messages.Payload, front []byte) {
	t.Helper()
	if first.Decode(version, front) != nil {
		return
	}
	second := fresh(first)
	if err := second.Decode(version, first.Append(nil)); err != nil {
		t.Fatalf("%v\n%x", err, front)
	}
	if diff := cmp.Diff(first, second, equateAddrs); diff != "" {
		t.Fatalf("%s\n%x", diff, front)
	}
}

func TestUUIDText(t *testing.T) {
	const text = "0ff218da-a3f2-4686-952f-05571746d813"
	u, err := messages.ParseUUID(text)
	if err != nil || u.String() != text || u[0] != 0x0f || u[15] != 0x13 {
		t.Errorf("%v, %v", u, err)
	}
	for _, bad := range []string{"", text[1:], text + "0", "0ff218da-a3f2-4686-952f-05571746d81g",
		"0ff218daaa3f2-4686-952f-05571746d813"} {
		if _, err := messages.ParseUUID(bad); err == nil {
			t.Errorf("%q was taken for a UUID", bad)
		}
	}
}

func TestErrnoText(t *testing.T) {
	for e, want := range map[messages.Errno]string{-2: "ENOENT", -110: "ETIMEDOUT", -99: "-99"} {
		if e.String() != want {
			t.Errorf("%d is %v, want %s", int32(e), e, want)
		}
	}
}
