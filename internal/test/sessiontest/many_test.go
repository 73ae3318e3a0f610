//go:build linux

package sessiontest

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

var many = flag.Int("many", 300, "how many connections TestManyConnections has; docs/async.md has "+
	"the results of 1,000, 10,000 and 100,000")

// Many connections in one worker, in virtual time: each is answered at once, among all the others,
// which do nothing; their timers fire one after the other, once.
func TestManyConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{Seed: 1})
		defer network.Close()
		host := network.Host("10.0.0.1")
		policy := simplemsgr.StatelessServer()
		config := simplemsgr.Config{DefaultPolicy: &policy, Engine: engines.OneWorker,
			Dial:     host.Dial,
			Accepter: accepter.Config{Listen: host.Listen}, MaxAccepting: *many + 1}
		config.Pipe.ReadTimeout = time.Hour
		server := simplemsgr.New(wire.OSD(0), config)
		server.AddDispatcher(answering{})
		must(t, server.Bind(t.Context(), "10.0.0.1:6800"))
		must(t, server.Start())
		heap := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc + m.StackInuse
		}
		before, began := heap(), time.Now()
		peers := make([]*rawpeer.Peer, *many)
		for i := range peers {
			far := fmt.Sprintf("10.0.1.%d", i/20_000) // a host has so many ports, and few more
			conn, err := network.Host(far).Dial(t.Context(), "tcp", "10.0.0.1:6800")
			must(t, err)
			peers[i] = rawpeer.New(t, conn, wire.EntityInst{Name: wire.Client(9),
				Addr: wire.EntityAddr{Nonce: uint32(i + 1)}})
			peers[i].Open(wire.EntityOSD)
		}
		synctest.Wait()
		held := heap() - before
		if n := len(server.Dump().Pipes); n != *many {
			t.Fatalf("%d connections", n)
		}
		const pings = 1000
		real := wallClock()
		for i := range pings {
			peer := peers[i*7919%len(peers)]
			peer.SendMessage(pingType, "ping")
			peer.ExpectMessage()
		}
		perPing := (wallClock() - real) / pings
		if took := time.Since(began); took != 0 {
			t.Errorf("virtual time has passed: %v", took)
		}
		real = wallClock()
		time.Sleep(time.Hour + time.Minute) // all fall silent
		synctest.Wait()
		perEnd := (wallClock() - real) / time.Duration(*many)
		if n := len(server.Dump().Pipes); n != 0 {
			t.Errorf("%d connections after the read timeout", n)
		}
		for _, p := range peers {
			p.Close()
		}
		must(t, server.Shutdown(t.Context()))
		t.Logf("%d connections: %d bytes each, with the network in memory; %v a ping; %v for the "+
			"timer and the end of each", *many, held/uint64(*many), perPing, perEnd)
	})
}

// answering answers pings in the worker.
type answering struct{}

func (answering) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (a answering) FastDispatch(m *simplemsgr.Message)     { a.Dispatch(m) }
func (answering) Dispatch(m *simplemsgr.Message) bool {
	_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type})
	return true
}

// wallClock is the time outside of the bubble.
func wallClock() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return time.Duration(t.Nano())
}
