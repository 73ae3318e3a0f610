package resourcetest

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/race"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

const atOnce = 100

// many is how often connections come and go.
var many = 10_000

func init() {
	if race.Enabled {
		many = 1_000
	}
}

// Ten thousand clients come, ask, and go. What the server held for them it gives back.
func TestTenThousandConnectionsComeAndGo(t *testing.T) {
	server := start(t, wire.OSD(0), simplemsgr.StatelessServer(),
		simplemsgr.Config{Engine: engines.New}, true, echo{})
	visit(t, server, atOnce) // what is allocated once is allocated now
	before := take(server)
	for range many / atOnce {
		visit(t, server, atOnce)
	}
	// The server hears of the last ones' leaving when it hears of it.
	deadline := time.Now().Add(patience)
	var after usage
	for {
		after = take(server)
		if after.pipes == 0 && after.goroutines <= before.goroutines &&
			after.descriptors <= before.descriptors || time.Now().After(deadline) {
			break
		}
		runtime.Gosched()
	}
	t.Logf("SUMMARY: %d connections came and went: before %+v, after %+v", many, before, after)
	if after.pipes != 0 || after.goroutines > before.goroutines ||
		after.descriptors > before.descriptors {
		t.Errorf("before %+v, after %+v\n%s", before, after, server.Dump().JSON())
	}
	if after.heap > before.heap+4<<20 {
		t.Errorf("heap grew from %d to %d bytes", before.heap, after.heap)
	}
}

type usage struct {
	pipes, goroutines, descriptors int
	heap                           uint64
}

func take(m *simplemsgr.Messenger) usage {
	runtime.GC()
	runtime.GC() // the second empties the pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	u := usage{pipes: len(m.Dump().Pipes), goroutines: runtime.NumGoroutine(),
		heap: stats.HeapAlloc}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.descriptors = len(open)
	}
	return u
}

// visit lets n clients come at once, ask once each, and go.
func visit(t *testing.T, server *simplemsgr.Messenger, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			a := make(answers, 1)
			policy := simplemsgr.LossyClient()
			client := simplemsgr.New(wire.Client(int64(i)),
				simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy})
			client.AddDispatcher(a)
			if err := client.Start(); err != nil {
				t.Error(err)
				return
			}
			defer shutdown(t, client)
			if err := client.Send(server.Inst(), &simplemsgr.Message{Type: 100,
				TID: 1}); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-a:
			case <-time.After(patience):
				t.Errorf("no answer\n%s", client.Dump().JSON())
			}
		})
	}
	wg.Wait()
}
