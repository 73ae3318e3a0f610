package trace_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/trace"
)

// Everybody counts at once, somebody looks meanwhile, and nothing is lost.
func TestMeter(t *testing.T) {
	m := trace.NewMeter(3, []uint16{0, 1, 2, 3}) // there is no class 3
	var each sync.WaitGroup
	for pipe := range uint64(20) {
		each.Go(func() {
			for range 100 {
				for messageType := range uint16(6) {
					m.CountSent(pipe, messageType, uint64(messageType), messageType == 2)
				}
				m.CountReceived(pipe, 1, 10)
				m.CountReceived(pipe, math.MaxUint16, 0)
				m.CountFast(pipe)
				m.CountQueued(pipe, time.Second)
				m.CountQueued(pipe, 0)
			}
		})
	}
	each.Go(func() {
		for range 10 {
			m.Snapshot()
		}
	})
	each.Wait()
	want := trace.MeterSnapshot{
		Sent: []trace.Flow{{Messages: 4 * 2000, Bytes: (3 + 4 + 5) * 2000},
			{Messages: 2000, Bytes: 2000}, {Messages: 2000, Bytes: 4000}},
		Received: []trace.Flow{{Messages: 2000}, {Messages: 2000, Bytes: 20_000}, {}},
		Resent:   2000, Fast: 2000,
		Queued: trace.Waits{Count: 4000, Zero: 2000, Sum: 2000 * time.Second,
			Buckets: map[int]uint64{0: 2000}},
	}
	if diff := cmp.Diff(want, m.Snapshot()); diff != "" {
		t.Error(diff)
	}
}

// Each wait is in the bucket that ends above it, and whose neighbour below does not.
func TestBucketsOfWaits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		d := time.Duration(math.Exp2(rnd.Float64()*40 + 1))
		m := trace.NewMeter(1, nil)
		m.CountQueued(0, d)
		for bucket := range m.Snapshot().Queued.Buckets {
			end := math.Exp2(float64(bucket) / (1 << trace.WaitSchema))
			if s := d.Seconds(); s > end*1.000001 || s < end/1.0905078 {
				t.Fatalf("%v is in the bucket that ends at %v s", d, end)
			}
		}
	}
	for d, most := range map[time.Duration]float64{1: 1.1e-9, math.MaxInt64: 1 << 12} {
		m := trace.NewMeter(1, nil)
		m.CountQueued(0, d)
		for bucket := range m.Snapshot().Queued.Buckets {
			if end := math.Exp2(float64(bucket) / (1 << trace.WaitSchema)); end > most {
				t.Errorf("%d ns are in the bucket that ends at %v s", d, end)
			}
		}
	}
}

// What comes with each message needs no memory.
func TestMeterNeedsNoMemory(t *testing.T) {
	m := trace.NewMeter(2, []uint16{0, 1})
	if n := testing.AllocsPerRun(1000, func() {
		m.CountSent(3, 1, 4096, false)
		m.CountReceived(3, 1, 4096)
		m.CountFast(3)
		m.CountQueued(3, time.Millisecond)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
