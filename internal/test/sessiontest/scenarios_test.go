package sessiontest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// The scenarios of Ceph's own messenger test, apart from its synthetic workloads: a server, osd.0,
// and a client. Both have a handler that counts the messages of each connection and forgets the
// count on a reset; the server's answers each.

const (
	serverIP, clientIP = "10.0.0.1", "10.0.0.2"
	serverBind         = serverIP + ":16800"
)

func TestScenarioSimple(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatelessServer())
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LossyClient())
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		if con.PeerType() != wire.EntityOSD {
			t.Errorf("peer type %v", con.PeerType())
		}
		if again := client.connect(server); again != con {
			t.Error("another handle for the same peer")
		}

		// Rebind: none of ten ports.
		avoid := map[uint16]bool{server.Addr().Port: true}
		var ports []uint16
		for port := server.Addr().Port; len(ports) < 10; port++ {
			avoid[port] = true
			ports = append(ports, port)
		}
		must(t, server.Rebind(context.Background(), ports...))
		if avoid[server.Addr().Port] {
			t.Errorf("rebound to %v", server.Addr())
		}
		time.Sleep(time.Second)
		con = client.connect(server)
		client.ping(con, server, 1, 1)

		// Mark down: not connected, and back again.
		con.MarkDown()
		if con.IsConnected() {
			t.Error("connected after being marked down")
		}
		time.Sleep(time.Second)
		con = client.connect(server)
		client.ping(con, server, 1, 1)

		// The server goes: a send on the dead connection leaves it dead.
		server.stop()
		time.Sleep(time.Second)
		_ = con.Send(&simplemsgr.Message{Type: pingType})
		time.Sleep(time.Second)
		if con.IsConnected() {
			t.Error("connected with a server that is gone")
		}

		// To oneself.
		loop := client.Loopback()
		must(t, loop.Send(&simplemsgr.Message{Type: pingType}))
		synctest.Wait()
		if n := client.counted(loop); n != 1 || client.latest.Source != client.Name() ||
			client.latest.Connection() != loop {
			t.Errorf("%d messages from oneself, the last from %v", n, client.latest.Source)
		}
		if self, err := client.Connect(client.Inst()); err != nil || self != loop {
			t.Errorf("connection to oneself: %v, %v", self, err)
		}
	})
}

func TestScenarioNamesAndAddresses(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatelessServer())
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LossyClient())
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		if con.PeerAddr() != server.Addr() {
			t.Errorf("peer address %v, the server says %v", con.PeerAddr(), server.Addr())
		}
		accepted := server.Lookup(client.Addr())
		if accepted == nil {
			t.Fatalf("the server does not find %v", client.Inst())
		}
		if got, err := server.Connect(client.Inst()); err != nil || got != accepted {
			t.Errorf("the server finds %v, %v", got, err)
		}
		if accepted.PeerName() != client.Name() || accepted.PeerAddr() != client.Addr() {
			t.Errorf("the client is %v %v there, here %v", accepted.PeerName(), accepted.PeerAddr(),
				client.Inst())
		}
	})
}

func TestScenarioFeatures(t *testing.T) {
	const required = 1<<10 - 1 | 1<<13
	scenario(t, func(t *testing.T, c *cast) {
		policy := simplemsgr.StatelessServer()
		policy.FeaturesRequired = required
		server := c.start(wire.OSD(0), serverIP, serverBind, policy)
		offer := simplemsgr.LossyClient()
		offer.FeaturesSupported = required &^ (1 << 13)
		client := c.start(wire.Client(7), clientIP, "", offer)
		con := client.connect(server)
		must(t, con.Send(&simplemsgr.Message{Type: pingType}))
		time.Sleep(time.Minute)
		if con.IsConnected() || client.counted(con) != 0 {
			t.Error("connected without a required feature")
		}
		client.stop()
		offer.FeaturesSupported = required | 1<<14
		client = c.start(wire.Client(7), clientIP, "", offer)
		con = client.connect(server)
		client.ping(con, server, 1, 1)
	})
}

func TestScenarioTimeout(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		quick := func(c *simplemsgr.Config) {
			c.Pipe.ReadTimeout, c.Keepalive.Interval = time.Second, -1
		}
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatelessServer(), quick)
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LossyClient(), quick)
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		time.Sleep(2500 * time.Millisecond)
		if con.IsConnected() || con.IsAlive() {
			t.Error("alive after the read timeout")
		}
	})
}

func TestScenarioStateful(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatefulServer())
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LosslessClient())
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		client.ping(con, server, 2, 2)

		// The client marks down and comes back: the server forgets what it counted.
		con.MarkDown()
		time.Sleep(100 * time.Millisecond)
		con = client.connect(server)
		client.ping(con, server, 1, 1)
		if told := server.told(); !strings.Contains(told, "remote_reset") {
			t.Errorf("the server was told %q", told)
		}

		// The server marks down: the client's handle goes on with a new session.
		client.mu.Lock()
		client.events = nil
		client.mu.Unlock()
		server.Lookup(client.Addr()).MarkDown()
		time.Sleep(time.Second)
		if told := client.told(); told != "remote_reset connect" {
			t.Errorf("the client was told %q", told)
		}
		client.ping(con, server, 1, 1)
		if got := client.connect(server); got != con {
			t.Error("another handle after a remote reset")
		}
	})
}

func TestScenarioStateless(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatelessServer())
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LossyClient())
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		con.MarkDown()
		time.Sleep(time.Second)
		con = client.connect(server)
		client.ping(con, server, 1, 1) // no old state

		// The server marks down and the client asks for a sign of life: down, and it stays down.
		server.Lookup(client.Addr()).MarkDown()
		_ = con.SendKeepalive()
		time.Sleep(time.Second)
		if con.IsConnected() || con.IsAlive() {
			t.Error("alive after the server has marked it down")
		}
		time.Sleep(time.Minute)
		if con.IsAlive() {
			t.Error("it came back")
		}
		con = client.connect(server)
		client.ping(con, server, 1, 1)
	})
}

func TestScenarioClientStandby(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatefulServer())
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LosslessPeer())
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		server.Lookup(client.Addr()).MarkDown()
		time.Sleep(300 * time.Millisecond)
		if pipes := client.Dump().Pipes; len(pipes) != 1 || pipes[0].State != "STANDBY" ||
			con.IsConnected() || !con.IsAlive() {
			t.Errorf("pipes %+v", pipes)
		}
		must(t, con.Send(&simplemsgr.Message{Type: pingType}))
		time.Sleep(time.Second)
		if diff := cmp.Diff("connect remote_reset connect", client.told()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		client.ping(con, server, 1, 1)
		if got := client.connect(server); got != con {
			t.Error("another handle")
		}
	})
}

func TestScenarioAuth(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		keys := &toyAuth{key: 7}
		with := func(c *simplemsgr.Config) { c.AuthClient, c.AuthServer = keys, keys }
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatelessServer(), with)
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LossyClient(), with)
		con := client.connect(server)
		client.ping(con, server, 1, 1)
		client.stop()
		server.stop()
		// And without.
		server = c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatelessServer())
		client = c.start(wire.Client(7), clientIP, "", simplemsgr.LossyClient())
		con = client.connect(server)
		client.ping(con, server, 1, 1)
		con.MarkDown()
		time.Sleep(time.Second)
		con = client.connect(server)
		client.ping(con, server, 1, 1)
	})
}

// Large messages: many small strings in the front part, and much data.
func TestScenarioMessages(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		server := c.start(wire.OSD(0), serverIP, serverBind, simplemsgr.StatefulServer())
		client := c.start(wire.Client(7), clientIP, "", simplemsgr.LosslessClient())
		con := client.connect(server)
		var front []byte
		for i := range 30720 {
			front = fmt.Appendf(front, "\x05\x00\x00\x00%05d", i)
		}
		for i, m := range []*simplemsgr.Message{
			{Type: 50, Front: front},
			{Type: pingType, Data: make([]byte, 800<<10)},
		} {
			must(t, con.Send(m))
			time.Sleep(10 * time.Second)
			if n := client.counted(con); n != i+1 {
				t.Errorf("%d answers, want %d", n, i+1)
			}
			server.mu.Lock()
			if got := server.latest; string(got.Front) != string(m.Front) ||
				string(got.Data) != string(m.Data) {
				t.Errorf("message %d has changed on the way", i)
			}
			server.mu.Unlock()
		}
	})
}

// markDownParty marks another known connection down with each message, from inside the dispatch and
// under a lock that its reset handler takes too.
type markDownParty struct {
	mu          sync.Mutex
	connections map[*simplemsgr.Connection]bool
	rounds      int
}

func (p *markDownParty) Dispatch(m *simplemsgr.Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rounds++
	p.connections[m.Connection()] = true
	for c := range p.connections {
		if c != m.Connection() {
			c.MarkDown()
			delete(p.connections, c)
			return true
		}
	}
	return true
}

func (p *markDownParty) HandleReset(c *simplemsgr.Connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.connections, c)
}
func (p *markDownParty) HandleConnect(*simplemsgr.Connection)     {}
func (p *markDownParty) HandleAccept(*simplemsgr.Connection)      {}
func (p *markDownParty) HandleRemoteReset(*simplemsgr.Connection) {}
func (p *markDownParty) HandleRefused(*simplemsgr.Connection)     {}

func TestScenarioMarkDownFromDispatch(t *testing.T) {
	scenario(t, func(t *testing.T, c *cast) {
		var servers []*party
		for i := range 2 {
			ip := fmt.Sprintf("10.0.1.%d", i+1)
			servers = append(servers, c.start(wire.OSD(int64(i)), ip, ip+":16800",
				simplemsgr.LosslessPeerReuse()))
		}
		h := c.n.Host(clientIP)
		policy := simplemsgr.LosslessPeerReuse()
		client := simplemsgr.New(wire.OSD(9), simplemsgr.Config{Engine: engines.New,
			DefaultPolicy: &policy,
			Dial:          h.Dial, Accepter: accepter.Config{Listen: h.Listen}})
		p := &markDownParty{connections: map[*simplemsgr.Connection]bool{}}
		client.AddDispatcher(p)
		must(t, client.Bind(context.Background(), clientIP+":16800"))
		must(t, client.Start())
		defer client.Shutdown(context.Background())
		stuck := 0
		for range 1000 {
			p.mu.Lock()
			before := p.rounds
			p.mu.Unlock()
			for _, server := range servers {
				con, err := client.Connect(server.Inst())
				must(t, err)
				_ = con.Send(&simplemsgr.Message{Type: pingType})
			}
			time.Sleep(500 * time.Millisecond)
			p.mu.Lock()
			stuck++
			if p.rounds > before {
				stuck = 0
			}
			p.mu.Unlock()
			if stuck > 3 {
				t.Fatalf("no progress\n%s", client.Dump().JSON())
			}
		}
	})
}
