package osdio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/auth"
	"simplemessenger/auth/none"
	"simplemessenger/internal/command/osdio"
	"simplemessenger/memnet"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/monclient/montest"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a monitor and two osds, which keep their objects in one store, and a client; all in
// virtual time.
type world struct {
	t       *testing.T
	net     *memnet.Network
	client  *osdio.Client
	servers []*simplemsgr.Messenger

	maps *montest.Maps

	refuses atomic.Bool // osds refuse all credentials

	mu      sync.Mutex
	primary int   // the osd that the monitor names
	limit   int64 // osd_max_object_size; 0 if the monitors do not say
	store   map[string][]byte
	seen    []seen
	// backoffs are those that came to an osd.
	backoffs []messages.OSDBackoff
	// answer may answer a request in an osd's place: false leaves it to the osd.
	answer func(osd int, m *simplemsgr.Message, op *messages.OSDOp) bool
}

// seen is a request as it came to an osd.
type seen struct {
	OSD   int
	TID   uint64
	Op    uint16
	Retry int32
	Flags uint32
}

func in(t *testing.T, script func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: memnet.New(memnet.Config{Seed: 1, MinLatency: time.Millisecond,
			MaxLatency: 2 * time.Millisecond}), store: map[string][]byte{}}
		w.maps = montest.NewMaps(messages.UUID{})
		w.start(wire.Mon(0), "10.0.0.1", nil)
		osdMap := &messages.OSDMap{Epoch: 7, Pools: []messages.Pool{
			{ID: 3, Name: "data", Type: messages.PoolReplicated, PGNum: 16},
			{ID: 4, Name: "pieces", Type: messages.PoolErasure, PGNum: 16}}}
		for osd := range 2 {
			m := w.start(wire.OSD(int64(osd)), osdIP(osd), osdDispatcher{w, osd})
			osdMap.OSDs = append(osdMap.OSDs, messages.OSDInfo{Weight: 1 << 16,
				State: messages.OSDExists | messages.OSDUp, Addrs: wire.AddrVec{m.Addr()}})
		}
		w.maps.SetOSDMap(osdMap)
		config := monclient.Config{Name: auth.EntityName{Type: wire.EntityClient, ID: "x"},
			Monitors: []wire.EntityAddr{w.servers[0].Addr()}}
		config.Messenger.Dial = w.net.Host("10.0.2.1").Dial
		monitors, err := monclient.Dial(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if w.client, err = osdio.New(monitors,
			simplemsgr.Config{Dial: w.net.Host("10.0.2.1").Dial}); err != nil {
			t.Fatal(err)
		}
		script(t, w)
		ctx := context.Background()
		if err := w.client.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := monitors.Close(ctx); err != nil {
			t.Error(err)
		}
		for _, m := range w.servers {
			if err := m.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		}
		w.net.Close()
	})
}

// judge believes everybody, until it refuses all.
type judge struct {
	none.Server
	refuses *atomic.Bool
}

func (j judge) NewExchange(peer wire.EntityAddr) auth.Exchange {
	if j.refuses.Load() {
		return refusal{}
	}
	return j.Server.NewExchange(peer)
}

type refusal struct{}

func (refusal) Verify(auth.Request) auth.Result {
	return auth.Result{Outcome: auth.Refused, Err: auth.ErrRefused}
}

func osdIP(osd int) string { return fmt.Sprintf("10.0.1.%d", osd+1) }

// start starts a messenger that listens; without a dispatcher it is the monitor.
func (w *world) start(name wire.EntityName, ip string,
	d simplemsgr.Dispatcher) *simplemsgr.Messenger {
	w.t.Helper()
	host := w.net.Host(ip)
	config := simplemsgr.Config{ZeroNonce: true, Dial: host.Dial,
		Accepter: accepter.Config{Listen: host.Listen}, AuthServer: judge{refuses: &w.refuses}}
	if d == nil {
		config.AuthServer = none.Server{AcceptUnknown: none.ExceptMonitors}
	}
	m := simplemsgr.New(name, config)
	if d == nil {
		d = montest.NewMonitor(montest.MonitorConfig{Name: "a", Command: w.command,
			Maps: w.maps, MonMap: func() *messages.MonMap {
				return &messages.MonMap{Epoch: 1, Monitors: []messages.Monitor{
					{Name: "a", Addrs: wire.AddrVec{m.Addr()}}}}
			}})
	}
	m.SetDefaultPolicy(simplemsgr.StatelessServer())
	m.AddDispatcher(d)
	if err := m.Bind(w.t.Context(), netip.AddrPortFrom(netip.MustParseAddr(ip),
		6800).String()); err != nil {
		w.t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.servers = append(w.servers, m)
	return m
}

func (w *world) command(args, _ []byte) ([]byte, string, messages.Errno) {
	var c struct {
		Prefix string
		Pool   string
	}
	if err := json.Unmarshal(args, &c); err != nil {
		return nil, err.Error(), messages.EINVAL
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case c.Prefix == "config get" && w.limit > 0:
		return []byte(fmt.Sprint(w.limit)), "", 0
	case c.Prefix == "pg map":
		return []byte(fmt.Sprintf(`{"epoch": 7, "acting": [%d]}`, w.primary)), "", 0
	case c.Prefix == "osd map" && c.Pool == "data":
		return []byte(fmt.Sprintf(
			`{"epoch": 7, "pool_id": 3, "raw_pgid": "3.deadbeef", "pgid": "3.f", "acting_primary": %d}`, w.primary)), "", 0
	case c.Prefix == "osd map":
		return nil, "pool " + c.Pool + " does not exist", messages.ENOENT
	}
	return nil, "", messages.EINVAL
}

type osdDispatcher struct {
	w   *world
	osd int
}

func (d osdDispatcher) Dispatch(m *simplemsgr.Message) bool {
	if messages.Type(m.Type) == messages.TypeOSDBackoff {
		var b messages.OSDBackoff
		if err := request.Decode(m, &b); err != nil {
			d.w.t.Error(err)
		}
		d.w.set(func() { d.w.backoffs = append(d.w.backoffs, b) })
	}
	if messages.Type(m.Type) != messages.TypeOSDOp {
		return true
	}
	var op messages.OSDOp
	if err := request.Decode(m, &op); err != nil {
		d.w.t.Error(err)
		return true
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.w.seen = append(d.w.seen, seen{d.osd, m.TID, op.Ops[0].Op, op.Retry, op.Flags})
	if op.Ops[0].Op == messages.OpListPG {
		d.w.list(m, &op)
		return true
	}
	if op.PG != (messages.PG{Pool: 3, Seed: 15}) || op.Hash != 0xdeadbeef || op.MapEpoch != 7 ||
		op.Shard != -1 || op.Snap != messages.NoSnap || op.Locator.Pool != 3 {
		d.w.t.Errorf("request %+v", op)
	}
	if d.w.answer == nil || !d.w.answer(d.osd, m, &op) {
		d.w.serve(m, &op)
	}
	return true
}

// serve is what an osd does. Called with w.mu held.
func (w *world) serve(m *simplemsgr.Message, op *messages.OSDOp) {
	var reply messages.OSDOpReply
	reply.Answer(op, 0)
	offset, length := op.Ops[0].Extent()
	object, ok := w.store[op.Object]
	var out []byte
	switch op.Ops[0].Op {
	case messages.OpWriteFull:
		w.store[op.Object] = bytes.Clone(m.Data)
	case messages.OpWrite:
		// Pieces may come in any order: what is not there yet is zeros.
		grown := make([]byte, max(offset+length, uint64(len(object))))
		copy(grown, object)
		copy(grown[offset:], m.Data)
		w.store[op.Object] = grown
	case messages.OpStat:
		if !ok {
			reply.Result = int32(messages.ENOENT)
			break
		}
		out = messages.ObjectStat{Size: uint64(len(object))}.Append(nil)
	case messages.OpDelete:
		if !ok {
			reply.Result = int32(messages.ENOENT)
		}
		delete(w.store, op.Object)
	case messages.OpRead:
		if !ok {
			reply.Result = int32(messages.ENOENT)
		} else {
			out = object[min(offset, uint64(len(object))):min(offset+length, uint64(len(object)))]
			reply.Ops[0].PayloadLen = uint32(len(out))
		}
	}
	send(m, &reply, out)
}

// list answers as the osd of a placement group, of which the 16th has everything, in answers of two
// objects. Called with w.mu held.
func (w *world) list(m *simplemsgr.Message, op *messages.OSDOp) {
	var reply messages.OSDOpReply
	reply.Answer(op, 0)
	list := messages.ObjectList{Cursor: messages.ListStart()}
	from := int(m.Data[len(m.Data)-1] & 0x7f)
	var names []string
	if op.PG.Seed == 15 {
		names = slices.Sorted(maps.Keys(w.store))
	}
	for _, name := range names[from:min(from+2, len(names))] {
		list.Objects = append(list.Objects, messages.ListedObject{Name: name})
	}
	if from += 2; from >= len(names) {
		reply.Result = messages.ListEnd
	}
	list.Cursor[len(list.Cursor)-1] = byte(from)
	send(m, &reply, list.Append(nil))
}

func send(to *simplemsgr.Message, reply *messages.OSDOpReply, data []byte) {
	m := request.Encode(reply)
	m.TID, m.Data = to.TID, data
	_ = to.Connection().Send(m)
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *world) requests() []seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]seen(nil), w.seen...)
}
