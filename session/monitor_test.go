package session

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// A session without an engine: no goroutine, no socket. The test says what happened, and looks at
// the jobs.

type workbench struct {
	Host
	config Config
	policy Policy
	table  *Table
	events []string
	seq    uint32
}

func newBench(policy Policy) *workbench {
	return &workbench{policy: policy,
		config: Config{InitialBackoff: time.Nanosecond}.WithDefaults(), table: NewTable(8)}
}

func (b *workbench) Name() wire.EntityName         { return wire.OSD(0) }
func (b *workbench) Config() *Config               { return &b.config }
func (b *workbench) Policy(wire.EntityType) Policy { return b.policy }
func (b *workbench) NextConnectionID() uint64      { return 1 }
func (b *workbench) Admission() Admission          { return nil }
func (b *workbench) Table() *Table                 { return b.table }
func (b *workbench) Dispatch() Dispatch            { return dispatchBench{bench: b} }
func (b *workbench) NextGlobalSeq(uint32) uint32   { b.seq++; return b.seq }

type dispatchBench struct {
	Dispatch
	bench *workbench
}

func (d dispatchBench) QueueEvent(kind dispatchqueue.Kind, _ *Connection, _ error) {
	if kind != dispatchqueue.KindFault {
		d.bench.events = append(d.bench.events, kind.String())
	}
}
func (d dispatchBench) WantsLosses() bool                    { return false }
func (d dispatchBench) DiscardConnection(uint64) int         { return 0 }
func (d dispatchBench) DispatchThrottle() *throttle.Throttle { return nil }

// engine is a carrier and a socket that only count.
type engine struct {
	id                uint64
	woken, left, shut int
}

func (e *engine) ID() uint64 { return e.id }
func (e *engine) Stages() (r, w protocol.Stage) {
	return protocol.StageNone, protocol.StageNone
}
func (e *engine) HoldsUp() bool                      { return false }
func (e *engine) Wake()                              { e.woken++ }
func (e *engine) Leave()                             { e.left++ }
func (e *engine) Shut()                              { e.shut++ }
func (e *engine) WriteNow(b []byte) (n int, _ error) { return len(b), nil }

func (e *engine) link(s *Session) *Link { return &Link{Socket: e, Events: s.EventsOf(e.id)} }

var peer = wire.EntityInst{Name: wire.OSD(1),
	Addr: wire.NewEntityAddr(netip.MustParseAddrPort("10.0.0.1:6800"), 7)}

// open connects a session by hand.
func (e *engine) open(t *testing.T, s *Session, connectSeq uint32) *Link {
	t.Helper()
	var job Job
	for job = s.Next(e); job.Do == Sleep && job.Pause > 0; job = s.Next(e) { // for a nanosecond
		s.Awake(e)
	}
	l := e.link(s)
	if job.Do != Connect || s.Dial(e, l) != nil {
		t.Fatalf("job %+v", job)
	}
	hello, _, err := s.Hello(l)
	if err != nil || hello.ConnectSeq != connectSeq {
		t.Fatalf("connect message %+v, %v", hello, err)
	}
	r := protocol.Reaction{ConnectSeq: connectSeq + 1, GlobalSeq: 1, Lossy: s.policy.Lossy}
	if err := s.Opened(l, r, wire.FeaturesSupported, nil); err != nil {
		t.Fatal(err)
	}
	return l
}

// written returns the numbers of the messages that the session wants written, and sees to it that
// they are.
func (e *engine) written(t *testing.T, s *Session, l *Link) (seqs []uint64) {
	t.Helper()
	job := s.Next(e)
	if job.Do != Write || job.Link != l {
		t.Fatalf("job %+v", job)
	}
	for _, m := range job.Batch.messages {
		seqs = append(seqs, m.seq)
	}
	for {
		pieces, err := job.Batch.Pieces(s, l)
		if err != nil {
			t.Fatal(err)
		}
		if pieces == nil {
			break
		}
	}
	s.Written(l, job.Batch)
	if job := s.Next(e); job.Do != Sleep || job.Pause != 0 {
		t.Fatalf("with nothing to do: job %+v", job)
	}
	return seqs
}

func TestMonitor(t *testing.T) {
	b, e := newBench(LosslessPeer()), &engine{id: 7}
	s := New(b, peer, false)
	s.Attach(e)
	l := e.open(t, s, 0)
	if job := s.Next(e); job.Do != Sleep {
		t.Fatalf("with nothing to do: job %+v", job)
	}
	for range 3 {
		if err := s.Connection().Send(&Message{Type: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if e.woken != 1 {
		t.Errorf("woken %d times for one sleep", e.woken)
	}
	if got := e.written(t, s, l); !cmp.Equal(got, []uint64{1, 2, 3}) {
		t.Errorf("written %v", got)
	}
	if err := s.AckReceived(l, 1); err != nil {
		t.Fatal(err)
	}

	s.Fault(l, errors.New("broken"), protocol.StageReadTag)
	s.Fault(l, errors.New("broken too"), protocol.StageWriteFrames) // comes late
	if err := s.AckReceived(l, 3); err != ErrReplaced || e.shut != 1 {
		t.Errorf("an old link: %v, shut %d times", err, e.shut)
	}
	l = e.open(t, s, 2)
	if err := s.PeerHas(l, 2); err != nil {
		t.Fatal(err)
	}
	if got := e.written(t, s, l); !cmp.Equal(got, []uint64{3}) {
		t.Errorf("what the peer does not have: written %v", got)
	}

	s.Connection().MarkDown()
	if job := s.Next(e); job.Do != End || e.left != 1 || e.shut != 2 || s.Connection().IsAlive() {
		t.Errorf("after the end: job %+v, left %d times, shut %d times", job, e.left, e.shut)
	}
	if err := s.Connection().Send(&Message{}); err != ErrClosed {
		t.Errorf("sent to a dead connection: %v", err)
	}
	want := []string{"connect", "connect"} // and none for one's own mark down
	if !cmp.Equal(b.events, want) {
		t.Errorf("events %v", b.events)
	}
}

// The peer connects anew: its socket and what carries that become the session's, in one transition.
func TestTakeoverIsOneTransition(t *testing.T) {
	b, old, fresh := newBench(LosslessPeer()), &engine{id: 1}, &engine{id: 2}
	s := New(b, peer, false)
	s.Attach(old)
	if _, err := b.table.Call(peer, false, false, func() (*Session, error) {
		return s, nil
	}, func(*Session) {}); err != nil {
		t.Fatal(err)
	}
	l := old.open(t, s, 0)
	s.Next(old) // sleeps

	accepted := NewAccepting(b, fresh, nil)
	incoming := fresh.link(accepted)
	accepted.link = incoming
	accepted.MeetPeer(peer)
	if err := b.table.Enter(accepted); err != nil {
		t.Fatal(err)
	}
	caller := func() *Caller {
		connect := wire.Connect{HostType: wire.EntityOSD, ConnectSeq: 2, GlobalSeq: 9,
			Features: wire.FeaturesSupported}
		return &Caller{Policy: b.policy, Handshake: &handshake.Server{Connect: connect,
			Offered:  wire.FeaturesSupported,
			Identity: auth.Identity{}}, Arrival: protocol.Arrival{Connect: connect,
			Peer: peer.Addr}}
	}
	take, err := s.Receive(l, &Message{Seq: 1}, 0, true)
	if !take || err != nil {
		t.Fatal(err)
	}
	ready := false
	if v, err := accepted.Decide(caller(), func() {
		ready = true
	}); err != nil || !v.Busy || ready {
		t.Fatalf("while a message is delivered: %+v, %v", v, err)
	}
	s.do(func() { s.dispatching = false; s.laterLocked().call = s.whenIdle })
	if !ready {
		t.Fatal("nobody was told that the delivery is over")
	}
	v, err := accepted.Decide(caller(), nil)
	if err != nil || v.Session != s || v.Case != protocol.CaseReconnect {
		t.Fatalf("%+v, %v", v, err)
	}
	if old.shut != 1 || old.left != 1 || old.woken != 1 || fresh.shut != 0 || fresh.left != 0 {
		t.Errorf("the old carrier %+v, the new one %+v", old, fresh)
	}
	if job := s.Next(old); job.Do != End {
		t.Errorf("the old carrier goes on: %+v", job)
	}
	if seq, err := s.InSeq(incoming, false); err != nil || seq != 1 {
		t.Errorf("in_seq %d, %v", seq, err)
	}
	if all := b.table.All(); len(all) != 1 || all[0] != s || s.State() != protocol.Open {
		t.Errorf("registered %v", all)
	}
}

// Who passes panics of its own code on, and recovers from one, finds no lock taken.
func TestPanicLeavesNoLock(t *testing.T) {
	s := New(newBench(LosslessPeer()), peer, false)
	func() {
		defer func() { _ = recover() }()
		s.do(func() { panic("a tracer's") })
	}()
	if !s.mu.TryLock() {
		t.Fatal("the session is locked")
	}
	s.mu.Unlock()
}
