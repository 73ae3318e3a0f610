package workload

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	soak = flag.Duration("soak", 0, "run all loads, whole, again and again for so long")
	seed = flag.Uint64("seed", 1, "of the first run; each further run takes the next")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for the noisiest machine: it bounds a wait without any progress at all.
const patience = 2 * time.Minute

func run(t *testing.T, p Parameters) Result {
	t.Helper()
	result, err := Run(context.Background(), p, patience)
	if err != nil {
		t.Fatalf("seed %d: %v\n%v", p.Seed, err, result)
	}
	t.Log(result)
	if !result.Clean() {
		t.Errorf("seed %d: %v\n%s\nrepeat with: go test ./internal/test/workload -run '%s' -seed "+
			"%d", p.Seed, result, strings.Join(result.Unexplained, "\n"), t.Name(), p.Seed)
	}
	return result
}

// TestShort runs each load with fewer operations and smaller payloads.
func TestShort(t *testing.T) {
	for _, p := range Sets() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			p.Seed = *seed
			p = p.Short(600, 60, 256<<10)
			p.Inject.InternalDelays /= 20
			p.Inject.DelayMax /= 20
			for r := run(t, p); p.Inject.SocketFailures > 0 && r.Faults == 0 &&
				!t.Failed(); r = run(t, p) {
				t.Log("no socket failed, so this tested nothing: once more with the next seed")
				p.Seed++
			}
		})
	}
}

// TestSoak runs the loads as they are, for as long as asked.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("opt-in: make soak")
	}
	var total Result
	runs := 0
	for start, s := time.Now(), *seed; time.Since(start) < *soak; s++ {
		for _, p := range Sets() {
			p.Seed = s
			r := run(t, p)
			runs++
			total.Connections += r.Connections
			total.MarkedDown += r.MarkedDown
			total.Sent += r.Sent
			total.Answered += r.Answered
			total.Others += r.Others
			total.Resets += r.Resets
			total.RemoteResets += r.RemoteResets
			total.Faults += r.Faults
			total.Resent += r.Resent
			total.Lost += r.Lost
			total.Duplicated += r.Duplicated
			total.Reordered += r.Reordered
			total.Wrong += r.Wrong
			if time.Since(start) > *soak {
				break
			}
		}
	}
	total.Name = "soak"
	t.Logf("SUMMARY: %d runs in %v: %v", runs, *soak, total)
}
