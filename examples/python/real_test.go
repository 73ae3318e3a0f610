package python

import (
	"strings"
	"testing"

	"simplemessenger/internal/test/realpeer"
)

func TestClientWithRealMonitor(t *testing.T) {
	realpeer.OnEach(t, func(t *testing.T, release string) {
		monitor := realpeer.Start(t, realpeer.Options{Release: release}).Mons[0]
		out, _ := runClient(t, true, monitor.Addr.String()+"/0", "--peer", "mon.0", "--count", "3")
		if strings.Count(out, "\n") != 3 {
			t.Errorf("3 pings: %s", out)
		}
	})
}
