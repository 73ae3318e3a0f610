package authtest

import (
	"testing"
	"time"

	"simplemessenger/internal/test/realpeer"
	"simplemessenger/monclient"
)

// The monitor that we talk to falls silent, then the next one dies. There is one left that answers, and the silent one awakes.
func TestFailover(t *testing.T) {
	t.Parallel()
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		peer := realpeer.Start(t, realpeer.Options{Release: release, Auth: realpeer.AuthCephx, Mons: 3})
		config := settings(t, peer, "client.admin").Config(0)
		config.PingInterval, config.PingTimeout, config.HuntInterval = 200*time.Millisecond, time.Second, time.Second
		c := dialConfig(t, config)
		id := c.GlobalID()
		if n := len(c.MonMap().Monitors); n != 3 {
			t.Fatalf("%d monitors in the monmap", n)
		}
		ask := func(what string) {
			t.Helper()
			if _, _, err := c.Command(deadline(t), []byte(`{"prefix": "mon dump"}`), nil); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		ask("at first")

		silent := monitor(c)
		kill(t, peer, silent, "STOP")
		ask(silent + " is silent")
		if got := monitor(c); got == silent {
			t.Errorf("still talks to %s", got)
		}
		kill(t, peer, silent, "CONT")

		dead := monitor(c)
		kill(t, peer, dead, "KILL")
		ask(dead + " is dead")
		if got := monitor(c); got == dead {
			t.Errorf("still talks to %s", got)
		}
		if c.GlobalID() != id {
			t.Errorf("global id %d became %d", id, c.GlobalID())
		}
	})
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
