package sessiontest

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/test/badge"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

var principalSeeds = flag.Int("principal-seeds", 400, "worlds of TestPrincipalsNeverCross")

// TestPrincipalsNeverCross lets two principals claim one address towards osd.0, in worlds where
// everything happens that the seed says. One of them is quiet: its sockets break, and that is all.
// The other one comes and goes, restarts, and is marked down. The quiet one must not notice:
// everything that it sends and is sent arrives, once and in order, on one handle, without a reset.
// And no message of either crosses over to the other.
func TestPrincipalsNeverCross(t *testing.T) {
	simulator.Seeds(t, *principalSeeds, func(seed uint64) {
		simulator.Run(t, memnet.Config{Seed: seed, MinLatency: time.Millisecond,
			MaxLatency: 20 * time.Millisecond}, func(t *testing.T, w *simulator.World) {
			newCrossing(t, w).run()
		})
	})
}

// crossing is a world in which osd.1 is at its address and a second principal claims it.
type crossing struct {
	*simulator.World
	t            *testing.T
	self         *simulator.Endpoint
	owner, other *claimant
	quiet, loud  *claimant
}

// claimant is one of the two.
type claimant struct {
	*simulator.Endpoint
	badge  badge.Badge
	handle *simplemsgr.Connection // the latest of osd.0
	forth  *simulator.Stream      // to osd.0, of the quiet one
	sent   int
}

func newCrossing(t *testing.T, w *simulator.World) *crossing {
	x := &crossing{World: w, t: t}
	peers := simplemsgr.LosslessPeer()
	if w.Random.IntN(2) == 0 {
		peers = simplemsgr.LosslessPeerReuse()
	}
	x.self = x.endpoint(wire.OSD(0), "10.0.0.1", true, badge.Badge{Name: "osd.0",
		GlobalID: 4100}).Endpoint
	x.owner = x.endpoint(wire.OSD(1), "10.0.0.2", true, badge.Badge{Name: "osd.1", GlobalID: 4101})
	towardsClients, ofClients := simplemsgr.StatefulServer(), simplemsgr.LosslessClient()
	switch w.Random.IntN(3) {
	case 0:
		x.other = x.endpoint(wire.OSD(5), "10.0.0.3", false,
			badge.Badge{Name: "osd.5", GlobalID: 4105})
	case 1:
		x.other = x.endpoint(wire.Client(4200), "10.0.0.3", false,
			badge.Badge{Name: "client.x", GlobalID: 4200})
	default: // librados within a manager
		x.other = x.endpoint(wire.Client(4300), "10.0.0.3", false,
			badge.Badge{Name: "mgr.x", GlobalID: 4300})
	}
	x.quiet, x.loud = x.owner, x.other
	if w.Random.IntN(2) == 0 {
		x.quiet, x.loud = x.other, x.owner
	} else if w.Random.IntN(2) == 0 {
		towardsClients, ofClients = simplemsgr.StatelessServer(), simplemsgr.LossyClient()
	}
	x.self.SetPolicy(wire.EntityOSD, peers)
	x.self.SetPolicy(wire.EntityClient, towardsClients)
	x.owner.SetPolicy(wire.EntityOSD, peers)
	x.other.SetPolicy(wire.EntityOSD, peers)
	if x.other.Name.Type == wire.EntityClient {
		x.other.SetPolicy(wire.EntityOSD, ofClients)
	}
	x.self.FastDispatch = w.Random.IntN(2) == 0
	x.self.OnMessage = x.received
	x.self.Start()
	x.owner.Start()
	claimed := x.owner.Addr()
	x.other.Nonce = claimed.Nonce
	configure := x.other.Configure
	x.other.Configure = func(c *simplemsgr.Config) {
		configure(c)
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &claimingConn{Conn: conn, claimed: claimed}, err
		}
	}
	x.other.Start()
	return x
}

func (x *crossing) endpoint(name wire.EntityName, ip string, bound bool, b badge.Badge) *claimant {
	e := x.Endpoint(name, ip, bound)
	e.Configure = func(c *simplemsgr.Config) { c.AuthClient, c.AuthServer = b, badge.Door{} }
	e.OnMessage = func(m *simplemsgr.Message) {
		if to, ok := strings.CutPrefix(string(m.Front), "for "); ok && to != b.Name {
			x.t.Errorf("%s got a message for %s", b.Name, to)
		}
	}
	return &claimant{Endpoint: e, badge: b}
}

// claimingConn is a socket over which its dialer says that it is at another address.
type claimingConn struct {
	net.Conn
	claimed wire.EntityAddr
	said    bool
}

func (c *claimingConn) Write(b []byte) (int, error) {
	if !c.said && len(b) == wire.BannerSize+wire.EntityAddrSize {
		c.said = true
		b = c.claimed.Append(wire.AppendBanner(nil))
	}
	return c.Conn.Write(b)
}

// received is called with what osd.0 is sent: "from NAME".
func (x *crossing) received(m *simplemsgr.Message) {
	from, ok := strings.CutPrefix(string(m.Front), "from ")
	c := m.Connection()
	owner := c.Identity().Name
	if !c.Identity().Proven {
		owner = "osd.1" // osd.0 has called it, and nobody else
	}
	if ok && from != owner {
		x.t.Errorf("a message of %s came by the session of %s", from, owner)
	}
	if p := c.Priv(); p != nil && p != owner {
		x.t.Errorf("the handle of %s is that of %s now", p, owner)
	}
	c.SetPriv(owner)
}

// handles notes the latest handle of each claimant at osd.0.
func (x *crossing) handles() {
	for c := range x.self.Messenger.Connections() {
		for _, k := range []*claimant{x.owner, x.other} {
			if c.Identity().Name == k.badge.Name || !c.Identity().Proven && k == x.owner {
				if k == x.quiet && k.handle != nil && k.handle != c {
					x.t.Errorf("the quiet %s has a second handle", k.badge.Name)
				}
				k.handle = c
			}
		}
	}
}

func (x *crossing) run() {
	first := x.Random.IntN(3) // of the two, or both at once
	if first == 0 {
		x.say(x.loud)
		x.Sleep(time.Second)
	}
	x.quiet.forth = x.quiet.Stream(x.quiet.Connect(x.self))
	x.sayQuiet()
	if first == 1 {
		x.Sleep(time.Second)
	}
	for range 8 + x.Random.IntN(24) {
		if x.step(x.Random); x.t.Failed() {
			return
		}
	}
	x.sayQuiet()
	x.quiet.forth.AwaitDelivered(x.quiet.sent)
	for _, kind := range append(x.self.Kinds(x.quiet.handle), x.quiet.Kinds(nil)...) {
		if strings.Contains(kind, "reset") {
			x.t.Errorf("the quiet %s: %s", x.quiet.badge.Name, kind)
		}
	}
}

func (x *crossing) sayQuiet() {
	n := 1 + x.Random.IntN(3)
	must(x.t, x.quiet.forth.Send(n))
	x.quiet.sent += n
}

// say makes a claimant send something to osd.0, over a new connection if its latest has ended.
func (x *crossing) say(k *claimant) {
	_ = k.Connect(x.self).Send(&simplemsgr.Message{Type: 1, Front: []byte("from " + k.badge.Name)})
}

func (x *crossing) step(r *rand.Rand) {
	x.handles()
	switch r.IntN(12) {
	case 0, 1:
		x.say(x.loud)
	case 2:
		x.sayQuiet()
	case 3: // by name and address
		if c, err := x.self.Messenger.Connect(wire.EntityInst{Name: wire.OSD(1),
			Addr: x.owner.Addr()}); err == nil {
			_ = c.Send(&simplemsgr.Message{Type: 1, Front: []byte("for osd.1")})
		} else {
			x.t.Errorf("osd.1 cannot be called: %v", err)
		}
	case 4, 5: // by handle
		k := []*claimant{x.owner, x.other}[r.IntN(2)]
		if k.handle != nil {
			_ = k.handle.Send(&simplemsgr.Message{Type: 1,
				Front: fmt.Appendf(nil, "for %s", k.badge.Name)})
		}
	case 6:
		// a first READY that is lost looks like a restart, with resetcheck
		if x.quiet.forth.Delivered() > 0 {
			x.Cut(x.self, x.quiet.Endpoint)
		}
	case 7:
		x.Cut(x.self, x.loud.Endpoint)
	case 8:
		x.loud.Restart()
	case 9:
		for c := range x.loud.Messenger.Connections() {
			x.loud.MarkDown(c)
		}
	case 10:
		if x.loud.handle != nil && x.loud.handle.IsAlive() {
			x.self.MarkDown(x.loud.handle)
			x.loud.handle = nil
		}
	case 11:
		x.Sleep(time.Duration(r.IntN(2000)) * time.Millisecond)
		return
	}
	x.Sleep(time.Duration(r.IntN(60)) * time.Millisecond)
}
