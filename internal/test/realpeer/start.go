package realpeer

import (
	"os"
	"testing"

	"github.com/pkg/errors"
)

// Start starts a cluster that is stopped at the end of the test. If the test
// fails, it shows how the daemons' logs end.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	c, err := start(o)
	if err != nil {
		refuse(t, err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, c)
		}
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// refuse ends a test that gets no cluster.
func refuse(t testing.TB, err error) {
	t.Helper()
	var unavailable *unavailableError
	switch {
	case !errors.As(err, &unavailable):
		t.Fatal(err)
	case os.Getenv("REQUIRE_REAL_PEERS") == "1" && !unavailable.gone:
		t.Fatalf("REAL PEER REQUIRED: %s", unavailable.reason)
	default:
		t.Skipf("REAL PEER SKIPPED: %s", unavailable.reason)
	}
}

func showLogs(t testing.TB, c *Cluster) {
	t.Helper()
	for _, d := range c.daemons() {
		if log, err := c.Log(d.Name); err == nil {
			t.Logf("the log of %s ends with\n%s", d.Name, tail(log, 15))
		}
	}
}
