package bench

import (
	"context"
	"fmt"
	"net"
	"testing"

	"simplemessenger/memnet"
)

// network is what a benchmark's two messengers talk over.
type network struct {
	listener net.Listener // nil for TCP
	dial     dialer
}

func newNetwork(tb testing.TB, name string) network {
	tb.Helper()
	if name == "tcp" {
		return network{}
	}
	n := memnet.New(memnet.Config{})
	l, err := n.Host(serverHost).Listen(context.Background(), "tcp", serverHost+":6800")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(n.Close)
	return network{l, n.Host("10.0.0.2").Dial}
}

// newLoad returns a load and its server, both in this process, with all connections open.
func newLoad(tb testing.TB, o Options, n network) load {
	tb.Helper()
	o = o.WithDefaults()
	server, err := NewServer(tb.Context(), o, ServerPolicy(o.Policy), anyPort, n.listener)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := newMessengerLoad(server.Addr(), o, n.dial)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		l.close()
		server.Close()
	})
	run(tb, l, 100)
	return l
}

func run(tb testing.TB, l load, ops int) {
	tb.Helper()
	l.begin(int64(ops), 0)
	if err := l.wait(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkSession is the whole messenger: one op is a request and its reply, client and server
// together.
func BenchmarkSession(b *testing.B) {
	for _, net := range []string{"tcp", "memnet"} {
		for _, inFlight := range []int{1, 32} {
			for _, size := range []int{0, 4096, 64 << 10} {
				for _, pool := range []bool{false, true} {
					b.Run(fmt.Sprintf("net=%s/inflight=%d/size=%d/pool=%t", net, inFlight, size,
						pool), func(b *testing.B) {
						l := newLoad(b, Options{Concurrency: inFlight, Size: size, Pool: pool},
							newNetwork(b, net))
						b.SetBytes(int64(size))
						b.ReportAllocs()
						b.ResetTimer()
						run(b, l, b.N)
						b.StopTimer()
					})
				}
			}
		}
	}
}

// BenchmarkSessionPolicy shows what it costs not to lose anything: acks, and what waits for them.
func BenchmarkSessionPolicy(b *testing.B) {
	for _, policy := range ClientPolicies() {
		b.Run("policy="+policy, func(b *testing.B) {
			l := newLoad(b, Options{Policy: policy}, newNetwork(b, "tcp"))
			b.ReportAllocs()
			b.ResetTimer()
			run(b, l, b.N)
			b.StopTimer()
		})
	}
}

// BenchmarkSessionDispatch compares the ways by which a server can take its requests.
func BenchmarkSessionDispatch(b *testing.B) {
	for name, o := range map[string]Options{"fast": {}, "queue": {Queue: true},
		"workers": {Workers: 2}} {
		b.Run("dispatch="+name, func(b *testing.B) {
			l := newLoad(b, o, newNetwork(b, "tcp"))
			b.ReportAllocs()
			b.ResetTimer()
			run(b, l, b.N)
			b.StopTimer()
		})
	}
}
