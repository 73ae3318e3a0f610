package resourcetest

import (
	"runtime"
	"testing"
	"time"

	"simplemessenger/async"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Messengers that share their workers end one by one, and with the last one the workers; the next
// one starts them anew.
func TestSharedWorkers(t *testing.T) {
	engine := async.Share(async.Options{Workers: 2})
	before := runtime.NumGoroutine()
	for round := range uint64(3) {
		t.Run("", func(t *testing.T) {
			server := start(t, wire.OSD(0), simplemsgr.StatefulServer(),
				simplemsgr.Config{Engine: engine}, true, echo{})
			for i := range uint64(20) {
				got := make(answers, 1)
				client := start(t, wire.Client(int64(i)), simplemsgr.LosslessClient(),
					simplemsgr.Config{Engine: engine}, false, got)
				roundTrip(t, client, server.Inst(), got, round<<32+i)
				if i%3 == 0 { // the others go on
					shutdown(t, client)
				}
			}
		})
		deadline := time.Now().Add(patience)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Fatalf("round %d: %d goroutines, %d before", round, n, before)
		}
	}
}

// Each option of the engine carries sessions, and ends.
func TestEngineOptions(t *testing.T) {
	for name, o := range map[string]async.Options{
		"one pinned worker":         {Workers: 1, Pin: true},
		"more than there may be":    {Workers: 1000, Pin: true},
		"busy":                      {Workers: 1, BusyPoll: 10 * time.Millisecond},
		"without epoll":             {Portable: true},
		"busy and pinned, at pause": {Workers: 2, Pin: true, BusyPoll: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, wire.OSD(0), simplemsgr.StatefulServer(),
				simplemsgr.Config{Engine: o.New}, true, echo{})
			for i := range uint64(10) {
				got := make(answers, 1)
				client := start(t, wire.Client(int64(i)), simplemsgr.LosslessClient(),
					simplemsgr.Config{Engine: o.New}, false, got)
				for tid := range uint64(10) {
					roundTrip(t, client, server.Inst(), got, i<<32+tid)
				}
			}
		})
	}
}
