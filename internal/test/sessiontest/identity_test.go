package sessiontest

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/auth/none"
	"simplemessenger/internal/test/badge"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Whose is a session? Two principals that claim one address are two peers.

// claimants is a world in which osd.0 lets in who shows a badge. osd.1 is a peer of it, and a
// scripted stranger claims osd.1's address.
type claimants struct {
	*simulator.World
	self, osd1 *simulator.Endpoint
}

func withClaimants(t *testing.T, script func(t *testing.T, w *claimants)) {
	t.Helper()
	simulator.Run(t, memnet.Config{}, func(t *testing.T, world *simulator.World) {
		w := &claimants{World: world}
		w.self, w.osd1 = world.Endpoint(wire.OSD(0), "10.0.0.1", true),
			world.Endpoint(wire.OSD(1), "10.0.0.2", true)
		for i, e := range []*simulator.Endpoint{w.self, w.osd1} {
			shown := badge.Badge{Name: e.Name.String(), GlobalID: uint64(4100 + i)}
			e.Configure = func(c *simplemsgr.Config) {
				c.AuthClient, c.AuthServer = shown, badge.Door{}
			}
			e.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
			e.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
			e.SetPolicy(wire.EntityMDS, simplemsgr.StatefulServer())
			e.Start()
		}
		script(t, w)
	})
}

// inst returns osd.1 as others know it.
func (w *claimants) inst() wire.EntityInst { return w.osd1.Messenger.Inst() }

// stranger dials osd.0 from a host of its own and says that it is at osd.1's address.
func (w *claimants) stranger(name wire.EntityName) *rawpeer.Peer {
	return w.strangerAt(rawHost, name)
}

func (w *claimants) strangerAt(ip string, name wire.EntityName) *rawpeer.Peer {
	w.T.Helper()
	conn, err := w.Net.Host(ip).Dial(context.Background(), "tcp", w.self.Addr().AddrPort().String())
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { conn.Close() })
	p := rawpeer.New(w.T, conn, wire.EntityInst{Name: name, Addr: w.inst().Addr})
	p.GlobalSeq = 1000
	p.Greet()
	return p
}

// show sends a connect message with a badge.
func show(p *rawpeer.Peer, connectSeq uint32, b badge.Badge) {
	c := p.Connect(wire.EntityOSD)
	c.ConnectSeq, c.AuthorizerProtocol = connectSeq, wire.AuthCephx
	p.SendConnect(c, b.Append(nil)...)
}

// enter brings a stranger in, whatever it takes, and returns the cases that were decided on the
// way.
func (w *claimants) enter(p *rawpeer.Peer, connectSeq uint32, b badge.Badge) []string {
	w.T.Helper()
	before := len(w.cases())
	show(p, connectSeq, b)
	if connectSeq > 0 {
		p.ExpectReply(wire.TagResetSession)
		p.ConnectSeq = 0
		show(p, 0, b)
	}
	if reply := p.ExpectOpen(); reply.ConnectSeq != 1 {
		w.T.Errorf("the stranger has a session with connect_seq %d", reply.ConnectSeq)
	}
	return w.cases()[before:]
}

func (w *claimants) cases() (all []string) {
	for _, d := range trace.Of[trace.Decided](w.Records.Records()) {
		all = append(all, d.Case.String())
	}
	return all
}

var strangers = []struct {
	name wire.EntityName
	badge.Badge
}{
	{wire.Client(4200), badge.Badge{Name: "client.x", GlobalID: 4200}},
	{wire.OSD(5), badge.Badge{Name: "osd.5", GlobalID: 4105}},
	{wire.Client(4105), badge.Badge{Name: "osd.5", GlobalID: 4105}},
	{wire.MDS(0), badge.Badge{Name: "mds.a", GlobalID: 4300}},
}

// eachStranger runs a script for each stranger, with each connect_seq that could take over a
// session, or end it.
func eachStranger(t *testing.T,
	script func(t *testing.T, w *claimants, name wire.EntityName, b badge.Badge,
		connectSeq uint32)) {
	for _, s := range strangers {
		for _, connectSeq := range []uint32{0, 1, 5} {
			t.Run(fmt.Sprintf("%s as %v, connect_seq %d", s.Name, s.name.Type, connectSeq),
				func(t *testing.T) {
					withClaimants(t, func(t *testing.T, w *claimants) {
						script(t, w, s.name, s.Badge, connectSeq)
					})
				})
		}
	}
}

// A stranger that claims the address of a peer gets a session of its own, and the peer's goes on:
// its handle, what is attached to it, its numbers, its queue.
func TestStrangerAtAnAddress(t *testing.T) {
	eachStranger(t, func(t *testing.T, w *claimants, name wire.EntityName, b badge.Badge,
		connectSeq uint32) {
		there := w.osd1.Stream(w.osd1.Connect(w.self))
		must(t, there.Send(3))
		there.AwaitDelivered(3)
		w.Settle()
		c := w.self.Accepted()
		c.SetPriv("osd.1's")
		back := w.self.Stream(c)
		must(t, back.Send(2))
		back.AwaitDelivered(2)

		stranger := w.stranger(name)
		got := w.enter(stranger, connectSeq, b)
		want := []string{protocol.CaseNewBeside.String()}
		if connectSeq > 0 {
			want = append([]string{protocol.CaseUnknownBeside.String()}, want...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cases (-want +got):\n%s", diff)
		}
		w.Settle()
		theirs := w.self.Accepted()
		if theirs == c || theirs.Priv() != nil || theirs.Identity().Name != b.Name ||
			!theirs.Identity().Proven {
			t.Fatalf("the stranger has the handle %v of %+v with %v", theirs.ID(),
				theirs.Identity(), theirs.Priv())
		}
		if name.Num >= 0 && name.Type != wire.EntityMDS && theirs.PeerName() != name {
			t.Errorf("the stranger is called %v", theirs.PeerName())
		}

		// What goes to osd.1 goes to osd.1, by handle and by name; and the session is the same
		// after a fault.
		must(t, back.Send(2))
		byName, err := w.self.Messenger.Connect(w.inst())
		if err != nil || byName != c {
			t.Errorf("osd.1 by its name: %v, %v", byName, err)
		}
		must(t, there.Send(2))
		w.Cut(w.self, w.osd1)
		must(t, back.Send(2))
		must(t, there.Send(2))
		back.AwaitDelivered(6)
		there.AwaitDelivered(7)
		must(t, theirs.Send(&simplemsgr.Message{Type: 1, Front: []byte("to the stranger")}))
		expectFront(t, stranger, "to the stranger")
		if c.Priv() != "osd.1's" || c.PeerName() != wire.OSD(1) || c.Identity().Name != "osd.1" {
			t.Errorf("osd.1's handle: %v of %v, %+v", c.Priv(), c.PeerName(), c.Identity())
		}
		for _, kind := range append(w.self.Kinds(c), w.osd1.Kinds(nil)...) {
			if strings.Contains(kind, "reset") {
				t.Errorf("%v was told of a %s", c.PeerName(), kind)
			}
		}
		stranger.Close()
		w.Settle()
		must(t, back.Send(1))
		back.AwaitDelivered(7)
	})
}

// Who comes first to an address that is not its own gets nothing of what is sent to whom it
// belongs, and holds nobody up.
func TestSquatter(t *testing.T) {
	eachStranger(t, func(t *testing.T, w *claimants, name wire.EntityName, b badge.Badge,
		connectSeq uint32) {
		squatter := w.stranger(name)
		w.enter(squatter, connectSeq, b)
		w.Settle()
		theirs := w.self.Accepted()

		c := w.self.Connect(w.osd1)
		if c == theirs {
			t.Fatal("what is sent to osd.1 goes to the squatter")
		}
		stream := w.self.Stream(c)
		must(t, stream.Send(3))
		stream.AwaitDelivered(3)
		w.Settle()
		there := w.osd1.Stream(w.osd1.Accepted())
		must(t, there.Send(3))
		there.AwaitDelivered(3)
		if !theirs.IsConnected() {
			t.Error("the squatter's own session has ended")
		}
		squatter.Send(squatter.Message(wire.MessageHeader{Type: 1, Source: wire.OSD(1)},
			[]byte("I am osd.1"), nil, nil))
		w.Settle()
		if c.PeerName() != wire.OSD(1) || theirs.PeerName() == wire.OSD(1) {
			t.Errorf("osd.1 is called %v, the squatter %v", c.PeerName(), theirs.PeerName())
		}
	})
}

// At one address there is one messenger: of two sessions that claim it only the one for which our
// user asked dials, or each would reach whom the other belongs to.
func TestWhoMayDialAnAddress(t *testing.T) {
	withClaimants(t, func(t *testing.T, w *claimants) {
		squatter := w.stranger(wire.OSD(5))
		w.enter(squatter, 0, badge.Badge{Name: "osd.5", GlobalID: 4105})
		w.Settle()
		theirs := w.self.Accepted()
		stream := w.self.Stream(w.self.Connect(w.osd1))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)

		// The squatter goes, and what it has not got waits for it; nothing of it reaches osd.1.
		must(t, theirs.Send(&simplemsgr.Message{Type: simulator.MessageType,
			Front: []byte("for osd.5")}))
		squatter.Close()
		w.Settle()
		must(t, theirs.Send(&simplemsgr.Message{Type: simulator.MessageType,
			Front: []byte("for osd.5 too")}))
		must(t, stream.Send(1))
		w.Sleep(time.Minute)
		stream.AwaitDelivered(2)
		if p, ok := snapshotOf(w.self,
			theirs); !ok || p.State != "STANDBY" || p.Session.Queued == 0 {
			t.Errorf("the squatter's session: %+v", p)
		}
		again := w.stranger(wire.OSD(5))
		c := again.Connect(wire.EntityOSD)
		c.ConnectSeq, c.AuthorizerProtocol = 2, wire.AuthCephx
		again.SendConnect(c, badge.Badge{Name: "osd.5", GlobalID: 4105}.Append(nil)...)
		again.ExpectOpen()
		expectFront(t, again, "for osd.5")
		expectFront(t, again, "for osd.5 too")
	})
}

// A session that dials when another principal comes to its address, and for which nobody asked,
// stops.
func TestDiallingStopsWhenAnotherComes(t *testing.T) {
	withClaimants(t, func(t *testing.T, w *claimants) {
		squatter := w.strangerAt("10.0.0.2", wire.OSD(5))
		w.enter(squatter, 0, badge.Badge{Name: "osd.5", GlobalID: 4105})
		w.Settle()
		theirs := w.self.Accepted()
		heal := w.Partition(w.self, w.osd1)
		squatter.Close()
		w.Cut(w.self, w.osd1)
		w.Settle()
		must(t, theirs.Send(&simplemsgr.Message{Type: simulator.MessageType,
			Front: []byte("for osd.5")}))
		w.Sleep(time.Second)
		if p, _ := snapshotOf(w.self, theirs); p.State != "CONNECTING" {
			t.Fatalf("the only claimant of an address is %v", p.State)
		}
		w.enter(w.stranger(wire.OSD(7)), 0, badge.Badge{Name: "osd.7", GlobalID: 4107})
		w.Settle()
		if p, _ := snapshotOf(w.self, theirs); p.State != "STANDBY" || !p.Server {
			t.Errorf("one of two claimants is %v, server %v", p.State, p.Server)
		}
		heal()
		w.Sleep(time.Minute)
		if n := len(maps.Collect(w.osd1.Messenger.Connections())); n != 0 {
			t.Errorf("osd.1 has %d sessions with who called for osd.5", n)
		}
	})
}

// A claim to an address of another host is not dialled, unless our user asks for it.
func TestUnbackedClaimIsNotDialled(t *testing.T) {
	withClaimants(t, func(t *testing.T, w *claimants) {
		squatter := w.stranger(wire.OSD(5))
		w.enter(squatter, 0, badge.Badge{Name: "osd.5", GlobalID: 4105})
		w.Settle()
		theirs := w.self.Accepted()
		squatter.Close()
		w.Settle()
		must(t, theirs.Send(&simplemsgr.Message{Type: simulator.MessageType,
			Front: []byte("for osd.5")}))
		w.Sleep(time.Minute)
		if p, _ := snapshotOf(w.self, theirs); p.State != "STANDBY" {
			t.Errorf("a session with a claim to another host's address is %v", p.State)
		}
		inst := w.inst()
		inst.Name = wire.OSD(5)
		if c, err := w.self.Messenger.Connect(inst); c != theirs || err != nil {
			t.Errorf("asked for: %v, %v", c, err)
		}
		w.Settle()
		if p, _ := snapshotOf(w.self, theirs); p.Server || p.Attempts == 0 {
			t.Errorf("asked for, it is %v after %d attempts", p.State, p.Attempts)
		}
	})
}

func snapshotOf(e *simulator.Endpoint, c *simplemsgr.Connection) (pipe.Snapshot, bool) {
	for _, p := range e.Messenger.Dump().Pipes {
		if p.Session != nil && p.Session.Connection == c.ID() {
			return p, true
		}
	}
	return pipe.Snapshot{}, false
}

// The type in a connect message selects the policy: only a principal of that type may come as a
// daemon's; as a client comes everybody.
func TestFalseType(t *testing.T) {
	for _, test := range []struct {
		as   wire.EntityName
		who  string
		lets bool
	}{
		{wire.OSD(1), "client.x", false},
		{wire.MDS(0), "osd.5", false},
		{wire.Mon(0), "client.admin", false},
		{wire.OSD(7), "osd.5", true}, // the number is no part of the connect message
		{wire.Client(4107), "mgr.x", true},
		{wire.Client(4107), "osd.0", true},
	} {
		withClaimants(t, func(t *testing.T, w *claimants) {
			p := w.stranger(test.as)
			show(p, 0, badge.Badge{Name: test.who, GlobalID: 4107})
			if test.lets {
				p.ExpectOpen()
				return
			}
			p.ExpectReply(wire.TagBadAuthorizer)
			w.Settle()
			d := trace.Of[trace.Decided](w.Records.Records())
			if len(d) != 1 || d[0].Case != protocol.CaseFalseType ||
				!strings.Contains(d[0].Reason, "principal "+test.who) ||
				!strings.Contains(d[0].Reason, "came as "+test.as.Type.String()) {
				t.Errorf("%s as %v: %+v", test.who, test.as, d)
			}
			if len(maps.Collect(w.self.Messenger.Connections())) != 0 || w.self.Accepted() != nil {
				t.Errorf("%s as %v has a session", test.who, test.as)
			}
		})
	}
}

// A source that cannot be the peer's principal is marked, or its message is dropped, as the policy
// says.
func TestDisputedSource(t *testing.T) {
	for _, verify := range []bool{false, true} {
		withClaimants(t, func(t *testing.T, w *claimants) {
			policy := simplemsgr.LosslessPeer()
			policy.VerifySource = verify
			w.self.SetPolicy(wire.EntityOSD, policy)
			var got []string
			w.self.OnMessage = func(m *simplemsgr.Message) {
				got = append(got, fmt.Sprintf("%s from %v, disputed %v, peer %v", m.Front, m.Source,
					m.SourceDisputed, m.Connection().PeerName()))
			}
			p := w.stranger(wire.OSD(5))
			w.enter(p, 0, badge.Badge{Name: "osd.5", GlobalID: 4105})
			for i, source := range []wire.EntityName{wire.OSD(5), wire.OSD(1), wire.OSD(5),
				wire.Client(4105)} {
				p.Send(p.Message(wire.MessageHeader{Type: 1, Source: source}, fmt.Append(nil, i),
					nil, nil))
				w.Settle()
			}
			for acked := uint64(0); acked < 4; {
				// what is dropped is acked too, or it would come again and again
				acked = p.ExpectFrame(wire.TagAck).Seq
			}
			want := []string{"0 from osd.5, disputed false, peer osd.5",
				"1 from osd.1, disputed true, peer osd.5",
				"2 from osd.5, disputed false, peer osd.5",
				"3 from client.4105, disputed false, peer client.4105"}
			if verify {
				want = append(want[:1], want[2:]...)
			}
			w.Settle()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verified %v (-want +got):\n%s", verify, diff)
			}
			if !w.self.ThrottlesAtZero() {
				t.Error("throttles are not at zero")
			}
		})
	}
}

// Without authentication an address is all there is: whoever comes to it has the session, and the
// connection says who that is now.
func TestAnotherDaemonAtTheSameAddress(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		mon := w.Endpoint(wire.Mon(0), "10.0.0.1", true)
		types := []wire.EntityType{wire.EntityOSD, wire.EntityMDS, wire.EntityMon}
		for _, peer := range types {
			mon.SetPolicy(peer, simplemsgr.LosslessPeer())
		}
		mon.Start()
		for _, name := range []wire.EntityName{wire.OSD(1), wire.OSD(2), wire.MDS(3)} {
			other := w.Endpoint(name, "10.0.0.2", true)
			other.Nonce = 1
			for _, peer := range types {
				other.SetPolicy(peer, simplemsgr.LosslessPeer())
			}
			other.Start()
			stream := other.Stream(other.Connect(mon))
			must(t, stream.Send(1))
			stream.AwaitDelivered(1)
			w.Settle()
			if c := mon.Accepted(); c.PeerName() != name || c.PeerType() != name.Type {
				t.Errorf("%v is called %v, of type %v", name, c.PeerName(), c.PeerType())
			}
			other.Crash()
		}
	})
}

// With the method none a name is the peer's word: it decides nothing, and all is as without
// authentication.
func TestUnprovenNamesDecideNothing(t *testing.T) {
	withClaimants(t, func(t *testing.T, w *claimants) {
		w.self.Configure = func(c *simplemsgr.Config) { c.AuthServer = none.Server{} }
		w.self.Restart()
		login := func(name auth.EntityName) []byte {
			return none.Authorizer{Name: name}.Append(nil)
		}
		for i, who := range []auth.EntityName{{Type: wire.EntityOSD, ID: "1"},
			{Type: wire.EntityClient, ID: "x"}} {
			p := w.stranger(wire.OSD(1))
			c := p.Connect(wire.EntityOSD)
			c.GlobalSeq, c.AuthorizerProtocol = uint32(1000+i), wire.AuthNone
			p.SendConnect(c, login(who)...)
			p.ExpectOpen()
			w.Settle()
			if id := w.self.Accepted().Identity(); id.Name != who.String() || id.Proven {
				t.Errorf("identity %+v", id)
			}
		}
		want := []string{protocol.CaseNew.String(), protocol.CasePeerRestarted.String()}
		if diff := cmp.Diff(want, w.cases()); diff != "" {
			t.Errorf("cases (-want +got):\n%s", diff)
		}
	})
}
