package authtest

import (
	"iter"
	"testing"
	"time"

	"simplemessenger/internal/test/realpeer"
	"simplemessenger/monclient"
)

// The monitor that we talk to falls silent, then the next one dies. There is one left that answers,
// and the silent one awakes.
func TestFailover(t *testing.T) {
	t.Parallel()
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		peer := realpeer.Start(t, realpeer.Options{Release: release, Auth: realpeer.AuthCephx,
			Mons: 3})
		config := settings(t, peer, "client.admin").Config(0)
		config.PingInterval, config.PingTimeout, config.HuntInterval = 200*time.Millisecond,
			time.Second, time.Second
		c := dialConfig(t, config)
		id := c.GlobalID()
		if n := len(c.MonMap().Monitors); n != 3 {
			t.Fatalf("%d monitors in the monmap", n)
		}
		ask := func(what string) {
			t.Helper()
			if _, _, err := c.Command(deadline(t), []byte(`{"prefix": "mon dump"}`),
				nil); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		ask("at first")
		// What is subscribed to follows: no epoch comes twice, and none is left out.
		maps := newMapReader(t, c)
		maps.change("noscrub")

		silent := monitor(c)
		kill(t, peer, silent, "STOP")
		ask(silent + " is silent")
		maps.change("nodeep-scrub")
		if got := monitor(c); got == silent {
			t.Errorf("still talks to %s", got)
		}
		kill(t, peer, silent, "CONT")

		dead := monitor(c)
		kill(t, peer, dead, "KILL")
		ask(dead + " is dead")
		maps.change("norebalance")
		if got := monitor(c); got == dead {
			t.Errorf("still talks to %s", got)
		}
		if c.GlobalID() != id {
			t.Errorf("global id %d became %d", id, c.GlobalID())
		}
	})
}

// mapReader reads the osdmaps of a subscription one after the other.
type mapReader struct {
	t    *testing.T
	c    *monclient.Client
	next func() (*monclient.Update, error, bool)
	last uint64
}

func newMapReader(t *testing.T, c *monclient.Client) *mapReader {
	next, stop := iter.Pull2(c.Subscribe(deadline(t), monclient.OSDMap, 0))
	t.Cleanup(stop)
	return &mapReader{t: t, c: c, next: next}
}

// change sets a flag, and reads up to the map that has it.
func (r *mapReader) change(flag string) {
	r.t.Helper()
	command := []byte(`{"prefix": "osd set", "key": "` + flag + `"}`)
	if _, _, err := r.c.Command(deadline(r.t), command, nil); err != nil {
		r.t.Fatal(err)
	}
	for {
		update, err, _ := r.next()
		if err != nil {
			r.t.Fatal(err)
		}
		if r.last != 0 && update.Epoch != r.last+1 {
			r.t.Errorf("osdmap %d comes after %d", update.Epoch, r.last)
		}
		r.last = update.Epoch
		if update.OSDMap.Flags.Has(flag) {
			return
		}
	}
}

// monitor returns the name of the monitor that c talks to.
func monitor(c *monclient.Client) string {
	return "mon." + c.MonMap().Monitors[c.Monitor().Name.Num].Name
}

func kill(t *testing.T, peer *realpeer.Cluster, daemon, signal string) {
	t.Helper()
	if err := peer.Kill(daemon, signal); err != nil {
		t.Fatal(err)
	}
}
