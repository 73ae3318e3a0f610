package simulator

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/internal/command/timeline"
	"simplemessenger/memnet"
	"simplemessenger/trace"
)

var seedFlag = flag.Uint64("seed", 0, "run simulated worlds with this seed")

// World is a network, the endpoints on it, and an oracle. All of it lives in one bubble of virtual
// time.
type World struct {
	T    testing.TB
	Seed uint64
	// Random is for the test's own choices; used by one goroutine.
	Random *rand.Rand
	Net    *memnet.Network
	// Records has the events of all messengers, in order.
	Records trace.Recorder

	endpoints []*Endpoint
	oracle    oracle
	timeline  bytes.Buffer
	printer   *timeline.Printer

	mu    sync.Mutex // a leaf
	traps []*Trap
}

// Run runs a script in a new world, ends the world and checks what is left. The seed is that of the
// network's configuration, 1 if it has none; the flag -seed overrides both.
func Run(t *testing.T, config memnet.Config, script func(t *testing.T, w *World)) {
	t.Helper()
	if config.Seed == 0 {
		config.Seed = 1
	}
	if *seedFlag != 0 {
		config.Seed = *seedFlag
	}
	synctest.Test(t, func(t *testing.T) {
		w := &World{T: t, Seed: config.Seed, Random: rand.New(rand.NewPCG(config.Seed, 1)),
			Net: memnet.New(config)}
		w.oracle.w = w
		w.printer = timeline.NewPrinter(&w.timeline, timeline.Options{Details: true})
		defer w.end()
		script(t, w)
	})
}

// Seeds calls run with count different seeds, or with the one of the flag -seed.
func Seeds(t *testing.T, count int, run func(seed uint64)) {
	t.Helper()
	if *seedFlag != 0 {
		run(*seedFlag)
		return
	}
	for seed := range uint64(count) {
		if run(seed + 1); t.Failed() {
			return
		}
	}
}

// patience is how much virtual time anything may take.
const patience = 10 * time.Minute

// Settle waits until nothing can happen any more without the passing of time.
func (w *World) Settle() { synctest.Wait() }

// Sleep lets time pass, and everything happen that is due by then.
func (w *World) Sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Await lets time pass until cond holds, and fails the test if it does not come to hold. What it is
// about is said in what.
func (w *World) Await(what string, cond func() bool) {
	w.T.Helper()
	if !w.await(cond, patience) {
		w.T.Fatalf("waited for %v of virtual time in vain: %s\n%s", patience, what, w.dump())
	}
}

func (w *World) await(cond func() bool, limit time.Duration) bool {
	start := time.Now()
	for step := time.Millisecond; ; step = min(2*step, time.Second) {
		synctest.Wait()
		if cond() {
			return true
		}
		if time.Since(start) > limit {
			return false
		}
		time.Sleep(step)
	}
}

// Drain waits until everything that was sent has been delivered, or its connection has ended.
func (w *World) Drain() {
	w.T.Helper()
	w.Await("queues to run empty", w.idle)
	w.Sleep(transit)
}

// transit is time enough for what is on the way on lossy connections, of which nobody knows.
const transit = 10 * time.Second

// idle reports whether nothing waits to be sent, acked or dispatched anywhere.
func (w *World) idle() bool {
	for _, e := range w.endpoints {
		if e.Messenger != nil && !e.idle() {
			return false
		}
	}
	return true
}

// Partition cuts two endpoints' hosts off from each other; with heal it ends that.
func (w *World) Partition(a, b *Endpoint) (heal func()) {
	w.Net.Partition(a.Host, b.Host)
	return func() { w.Net.Heal(a.Host, b.Host) }
}

// Cut breaks all sockets between two endpoints, at both ends at once.
func (w *World) Cut(a, b *Endpoint) { w.Net.ResetConns(a.Host, b.Host) }

// end shuts the world down and checks what only then can be checked.
func (w *World) end() {
	w.T.Helper()
	w.releaseTraps()
	if w.oracle.hasStreams() && !w.T.Failed() {
		idle := w.await(w.idle, time.Minute)
		w.Sleep(transit)
		w.oracle.close(idle)
	}
	for _, e := range w.endpoints {
		e.stop()
	}
	w.Net.Close()
	w.oracle.verify()
	if w.T.Failed() {
		w.report()
	}
}

func (w *World) dump() string {
	var b bytes.Buffer
	for _, e := range w.endpoints {
		if e.Messenger != nil {
			fmt.Fprintf(&b, "%s\n", e.Messenger.Dump().JSON())
		}
	}
	return b.String()
}

// maxTimeline is how many events a failure prints.
const maxTimeline = 2000

func (w *World) report() {
	w.T.Helper()
	records := w.Records.Records()
	if n := len(records) - maxTimeline; n > 0 {
		fmt.Fprintf(&w.timeline, "… %d events before\n", n)
		records = records[n:]
	}
	for _, r := range records {
		if _, shown := timeline.Describe(r.Event); shown {
			fmt.Fprintf(&w.timeline, "%-10v pipe %-3d ", r.Messenger, r.Pipe)
			w.printer.Trace(r)
		}
	}
	w.T.Logf("seed %d; to run it again: go test %s -run '^%s$' -seed=%d\n%s", w.Seed, packagePath(),
		w.T.Name(), w.Seed, w.timeline.String())
}

// packagePath returns the package under test as the go command takes it in the module's root.
func packagePath() string {
	here, err := os.Getwd() // a test runs in the folder of its package
	if err != nil {
		return "."
	}
	for root := here; root != filepath.Dir(root); root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			if path, err := filepath.Rel(root, here); err == nil {
				return "./" + filepath.ToSlash(path)
			}
		}
	}
	return "."
}

// shortly returns a context that ends when a shutdown has taken far too long.
func shortly() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}
