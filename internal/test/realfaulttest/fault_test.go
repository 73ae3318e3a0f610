package realfaulttest

import (
	"slices"
	"testing"

	"simplemessenger/internal/test/realpeer"
	"simplemessenger/pipe"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Sockets fail on both sides, one in so many reads and writes. Every ping is answered once, and in
// order as far as numbers tell.
func TestSocketFailuresOnBothSides(t *testing.T) {
	realpeer.OnEach(t, func(t *testing.T, release string) {
		cluster := realpeer.Start(t, realpeer.Options{Release: release, InjectSocketFailures: 60})
		mon := newMonitor(t, cluster, "127.0.0.1:0", pipe.Inject{SocketFailures: 60})
		const pings = 300
		var last uint64
		faults := func() int { return len(trace.Of[trace.Faulted](mon.recorder.Records())) }
		sent := uint64(0)
		// how many sockets fail within so many pings is for the machine to say
		for ; sent < pings || faults() == 0; sent++ {
			i := sent
			mon.ping(i + 1)
			if i%10 != 9 {
				continue
			}
			for range 10 {
				m := mon.awaitAnswer()
				if m.Seq <= last {
					t.Errorf("answer with seq %d after %d", m.Seq, last)
				}
				last = m.Seq
			}
		}
		records := mon.recorder.Records()
		resent := 0
		for _, e := range trace.Of[trace.MessageSent](records) {
			if e.Resent {
				resent++
			}
		}
		if n := len(trace.Of[trace.SessionReset](records)); n != 0 {
			t.Errorf("%d session resets, although nobody restarted", n)
		}
		select {
		case m := <-mon.answers:
			t.Errorf("more answers than pings: %v", m)
		default:
		}
		t.Logf("SUMMARY: real %s monitor, sockets failing on both sides: %d pings answered, "+
			"faults %d, resent %d, lost 0, duplicated 0", release, sent, faults(), resent)
	})
}

// The real peer is killed and comes back: it says RESETSESSION, the user is told once, and the
// session goes on.
func TestRealPeerIsKilledAndRestarts(t *testing.T) {
	realpeer.OnEach(t, func(t *testing.T, release string) {
		cluster := realpeer.Start(t, realpeer.Options{Release: release})
		mon := newMonitor(t, cluster, "127.0.0.1:0", pipe.Inject{})
		mon.ping(1)
		mon.awaitAnswer()
		connection := mon.m.Lookup(mon.peer.Addr)
		if err := cluster.Kill("mon.a", "KILL"); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Restart("mon.a"); err != nil {
			t.Fatal(err)
		}
		if err := connection.SendKeepalive(); err != nil {
			t.Fatal(err)
		}
		mon.awaitEvent("remote reset")
		mon.ping(2)
		mon.awaitAnswer()
		if now := mon.m.Lookup(mon.peer.Addr); now != connection {
			t.Error("the session has another handle after the reset")
		}
		if !slices.Contains(mon.replies(), wire.TagResetSession) {
			t.Errorf("replies %v, no RESETSESSION", mon.replies())
		}
		if n := len(trace.Of[trace.SessionReset](mon.recorder.Records())); n != 1 {
			t.Errorf("%d session resets told, want 1", n)
		}
	})
}

// We are killed and come back with the same address and nonce. The real peer still has our session;
// it takes us as restarted, 16.2 only after it has asked for a higher global_seq.
func TestWeAreKilledAndRestart(t *testing.T) {
	realpeer.OnEach(t, func(t *testing.T, release string) {
		cluster := realpeer.Start(t, realpeer.Options{Release: release})
		first := newMonitor(t, cluster, "127.0.0.1:0", pipe.Inject{})
		for i := range uint64(5) {
			first.ping(i)
			first.awaitAnswer()
		}
		address := first.m.Addr().AddrPort().String()
		first.stop()

		second := newMonitor(t, cluster, address, pipe.Inject{})
		for i := range uint64(5) {
			second.ping(i)
			second.awaitAnswer()
		}
		t.Logf("%s answers a restarted peer with %v", release, second.replies())
		if running, err := cluster.Running("mon.a"); err != nil || !running {
			t.Errorf("the monitor does not run any more (%v)", err)
		}
	})
}
