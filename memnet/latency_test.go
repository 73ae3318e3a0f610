package memnet_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/memnet"
)

func TestFixedLatency(t *testing.T) {
	const latency = 10 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		p := connect(t, memnet.Config{MinLatency: latency})
		if took := time.Since(begin); took != 2*latency {
			t.Errorf("dial took %v, want there and back", took)
		}
		begin = time.Now()
		p.server.SetReadDeadline(begin.Add(time.Hour))
		write(t, p.client, "ping")
		wantRead(t, p.server, "ping")
		if took := time.Since(begin); took != latency {
			t.Errorf("data took %v, want %v", took, latency)
		}
		closeConn(t, p.client)
		readAll(p.server)
		if took := time.Since(begin); took != 2*latency {
			t.Errorf("the end took %v, want %v", took-latency, latency)
		}
	})
}

// A segment with a short latency waits for the one before it.
func TestSegmentsDoNotOvertake(t *testing.T) {
	const longest = time.Second
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{Seed: 3, MaxLatency: longest})
		go func() {
			for i := range 100 {
				write(t, p.client, string(rune(i)))
				time.Sleep(longest / 10)
			}
			closeWrite(t, p.client)
		}()
		begin := time.Now()
		for i := range 100 {
			wantRead(t, p.server, string(rune(i)))
			sent := begin.Add(time.Duration(i) * longest / 10)
			if took := time.Since(sent); took < 0 || took > longest {
				t.Errorf("segment %d took %v, want at most %v", i, took, longest)
			}
		}
	})
}

// arrivals tells how long some segments of a connection take, if the server had
// a number of connections before: one from each of so many other hosts, and so
// many from the same host.
func arrivals(t *testing.T, seed uint64, others, same int) (times []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{Seed: seed, MaxLatency: time.Second})
		defer n.Close()
		l := listen(t, n.Host("10.0.0.1"), "10.0.0.1:6800")
		for i := range others {
			closeConn(t, dial(t, n.Host(fmt.Sprintf("10.0.1.%d", i)), "10.0.0.1:6800"))
			accept(t, l)
		}
		for range same {
			closeConn(t, dial(t, n.Host("10.0.0.2"), "10.0.0.1:6800"))
			accept(t, l)
		}
		begin := time.Now()
		client := dial(t, n.Host("10.0.0.2"), "10.0.0.1:6800")
		times = append(times, time.Since(begin))
		server := accept(t, l)
		for range 20 {
			begin := time.Now()
			write(t, client, "x")
			wantRead(t, server, "x")
			times = append(times, time.Since(begin))
		}
	})
	return times
}

func TestSeedDecidesLatency(t *testing.T) {
	first := arrivals(t, 1, 0, 0)
	if diff := cmp.Diff(first, arrivals(t, 1, 0, 0)); diff != "" {
		t.Errorf("the same seed gives other latencies (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(first, arrivals(t, 1, 3, 0)); diff != "" {
		t.Errorf("connections of others change the latencies (-alone +among others):\n%s", diff)
	}
	if cmp.Equal(first, arrivals(t, 1, 0, 1)) {
		t.Error("the second connection has the latencies of the first")
	}
	if cmp.Equal(first, arrivals(t, 2, 0, 0)) {
		t.Error("another seed gives the same latencies")
	}
}

// At one instant everything arrives in a fixed order, whatever timers do.
func TestSameInstantKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{MinLatency: time.Second})
		defer n.Close()
		l := listen(t, n.Host("10.0.0.1"), "10.0.0.1:6800")
		client := n.Host("10.0.0.2")
		n.HoldDials()
		const dials = 50
		var wg sync.WaitGroup
		for range dials {
			wg.Go(func() {
				if _, err := client.Dial(context.Background(), "tcp", "10.0.0.1:6800"); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		held := n.HeldDials()
		for i := range dials { // all in one instant, last first
			n.ReleaseDial(dials - 1 - i)
		}
		for i := range dials {
			got := accept(t, l).RemoteAddr().String()
			if want := held[dials-1-i].ClientAddr().String(); got != want {
				t.Errorf("connection %d came from %s, want %s", i, got, want)
			}
		}
		wg.Wait()
	})
}
