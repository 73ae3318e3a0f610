package sessiontest

import (
	"fmt"
	"simplemessenger/internal/test/race"
	"simplemessenger/simplemsgr"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/trace"
)

// The sweep: the first connection breaks at every byte, and at every read and write, of its
// handshake and first messages, in either direction, for each pair of policies. Then the second one
// does so as well, which has a session to go on with.

// cut is where a connection breaks.
type cut struct {
	connection int // between the two hosts, from 0
	toServer   bool
	place      string // "byte", "write" or "read"
	n          int
	action     memnet.Action
}

func (c cut) String() string {
	direction := "to the client"
	if c.toServer {
		direction = "to the server"
	}
	return fmt.Sprintf("%v at %s %d of the stream %s of connection %d", c.action, c.place, c.n,
		direction, c.connection)
}

// install installs the fault on its connection.
func (c cut) install(conn *memnet.Conn) *memnet.Fault {
	stream := conn.ServerToClient()
	if c.toServer {
		stream = conn.ClientToServer()
	}
	switch c.place {
	case "byte":
		return stream.AfterBytes(int64(c.n), c.action)
	case "write":
		return stream.AtWrite(c.n, c.action)
	}
	return stream.AtRead(c.n, c.action)
}

// sweep moves a cut along a stream until it does not happen any more, and returns how many worlds
// that took.
func sweep(t *testing.T, pair simulator.Pair, c cut, first, step int) int {
	t.Helper()
	for c.n = first; ; c.n += step {
		fired := false
		simulator.Run(t, memnet.Config{MinLatency: time.Millisecond},
			func(t *testing.T, w *simulator.World) {
				defer func() {
					if t.Failed() {
						t.Logf("%s: %v", pair.Name, c)
					}
				}()
				fired = runCut(t, w, pair, c)
			})
		if !fired || t.Failed() {
			return (c.n-first)/step + 1
		}
	}
}

// runCut lets two endpoints talk while a connection breaks, and reports whether it did.
func runCut(t *testing.T, w *simulator.World, pair simulator.Pair, c cut) bool {
	server, client := pair.Endpoints(w)
	// What the cut does is to be seen before something else is said.
	quiet := func(c *simplemsgr.Config) { c.Keepalive.Interval = -1 }
	server.Configure, client.Configure = quiet, quiet
	var fault *memnet.Fault
	w.Net.OnConn(func(conn *memnet.Conn) {
		if conn.Index() == c.connection {
			fault = c.install(conn)
		}
	})
	var back *simulator.Stream
	server.OnEvent = func(e simulator.Event) {
		if e.Kind.String() == "accept" && back == nil {
			back = server.Stream(e.Connection)
			_ = back.Send(2)
		}
	}
	server.Start()
	client.Start()
	there := client.Stream(client.Connect(server))
	must(t, there.Send(2))
	w.Sleep(time.Second)
	if c.connection > 0 {
		w.Cut(server, client)
		w.Settle()
	}
	_ = there.Send(2)
	if c.action == memnet.Stall {
		w.Sleep(20 * time.Minute) // for that there is the read timeout
	}
	w.Sleep(time.Minute)
	happened := fault != nil && fault.HasFired()

	resets := count[trace.SessionReset](w)
	undecided := pair.Name == simulator.PeerReuse.Name && resets > 0
	switch {
	case pair.Lossy():
	case pair.Name == simulator.Peers.Name && resets > 0:
		t.Errorf("%d sessions reset between peers that do not check for it", resets)
	case !undecided && there.Delivered() != there.Sent():
		t.Errorf("%d sent, %d delivered", there.Sent(), there.Delivered())
	case c.action != memnet.Stall && !connectSeqsAreRight(w, client):
		t.Error("connect_seq has changed although no session was open")
	}
	if happened {
		recovers(w, client, server)
	}
	return happened
}

// connectSeqsAreRight reports whether an endpoint said connect_seq 0 as long as it had no open
// session.
func connectSeqsAreRight(w *simulator.World, e *simulator.Endpoint) bool {
	for _, r := range w.Records.Records() {
		if r.Messenger != e.Name {
			continue
		}
		switch event := r.Event.(type) {
		case trace.Opened:
			return true
		case trace.ConnectSent:
			if event.Connect.ConnectSeq != 0 {
				return false
			}
		}
	}
	return true
}

func TestHardCase06CutAtEveryByte(t *testing.T) {
	step := 1
	if testing.Short() || race.Enabled {
		step = 17
	}
	worlds := 0
	for _, pair := range simulator.Pairs {
		for connection := range 2 {
			for _, toServer := range []bool{false, true} {
				worlds += sweep(t, pair, cut{connection: connection, toServer: toServer,
					place: "byte", action: memnet.Cut}, 0, step)
			}
		}
	}
	t.Logf("%d worlds", worlds)
}

func TestHardCase06CutAtEveryReadAndWrite(t *testing.T) {
	worlds := 0
	for _, pair := range simulator.Pairs {
		for connection := range 2 {
			for _, toServer := range []bool{false, true} {
				for _, place := range []string{"read", "write"} {
					for _, action := range []memnet.Action{memnet.Cut, memnet.HalfClose} {
						worlds += sweep(t, pair, cut{connection: connection, toServer: toServer,
							place: place, action: action}, 1, 1)
					}
				}
			}
		}
	}
	t.Logf("%d worlds", worlds)
}

// A stream that stands still has to be given up by a timeout.
func TestHardCase06StallAtEveryByte(t *testing.T) {
	step := 7
	if testing.Short() || race.Enabled {
		step = 41
	}
	worlds := 0
	for _, pair := range simulator.Pairs {
		for connection := range 2 {
			for _, toServer := range []bool{false, true} {
				worlds += sweep(t, pair, cut{connection: connection, toServer: toServer,
					place: "byte", action: memnet.Stall}, 0, step)
			}
		}
	}
	t.Logf("%d worlds", worlds)
}
