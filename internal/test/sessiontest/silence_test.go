package sessiontest

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// A thousand sockets that say nothing neither keep others out nor stay.
func TestThousandSilentSockets(t *testing.T) {
	const n = 1000
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		start := time.Now()
		conns := make([]net.Conn, n)
		for i := range conns {
			conn, err := b.Net.Host(rawHost).Dial(context.Background(), "tcp",
				b.server.Addr().AddrPort().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conns[i] = conn
		}
		b.Settle()
		accepting := 0
		for _, p := range b.server.Messenger.Dump().Pipes {
			if p.State == protocol.Accepting.String() {
				accepting++
			}
		}
		if accepting != n {
			t.Errorf("%d sockets in their handshake", accepting)
		}
		b.goodClientWorks()
		peer := b.open()
		peer.Close()
		for _, conn := range conns {
			if _, err := io.ReadAll(conn); err != nil {
				t.Fatalf("server did not close the socket in order: %v", err)
			}
		}
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("the sockets were open for %v, want HandshakeTimeout", waited)
		}
		b.Settle()
		faults := 0
		for _, f := range trace.Of[trace.Faulted](b.Records.Records()) {
			if f.Stage == protocol.StageAcceptReadBanner {
				faults++
			}
		}
		if faults != n {
			t.Errorf("%d faults told", faults)
		}
	})
}

// Sockets beyond the limit are closed at once, and the handshakes under way go on.
func TestSilentSocketsBeyondTheLimit(t *testing.T) {
	withServer(t, simulator.Stateful, func(c *simplemsgr.Config) {
		c.MaxAccepting = 3
	}, func(t *testing.T, b *bench) {
		first := b.dial()
		b.dial()
		b.dial()
		b.Settle()
		fourth := b.dial()
		fourth.ExpectClosed()
		b.Settle()
		if line := b.log.last("accept_failed"); line["level"] != "WARN" ||
			!contains(line["remote"], rawHost) || !contains(line["err"], "3 handshakes") {
			t.Errorf("log line %v", line)
		}
		first.Open(wire.EntityOSD)
		b.dial().Open(wire.EntityOSD) // in its place
	})
}

func TestSilentSocketsOverTCP(t *testing.T) {
	const n = 50
	var records trace.Recorder
	m := simplemsgr.New(wire.OSD(0),
		simplemsgr.Config{Engine: engines.New,
			Pipe: pipe.Config{HandshakeTimeout: 50 * time.Millisecond,
				Tracer: &records}})
	m.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := m.Bind(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	for range n {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.Addr().AddrPort().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		defer func() {
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			if b, err := io.ReadAll(
				conn); err != nil || len(b) != wire.BannerSize+2*wire.EntityAddrSize {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}()
	}
	faults := 0 // one for each of them
	<-records.Expect(func(r trace.Record) bool {
		if f, ok := r.Event.(trace.Faulted); ok && f.Stage == protocol.StageAcceptReadBanner {
			faults++
		}
		return faults == n
	})
	if err := m.Shutdown(ctx); err != nil &&
		!errors.Is(err, simplemsgr.ErrDropped) {
		t.Error(err)
	}
}

// Who waits for a throttle does not listen: that its peer says nothing meanwhile is no silence of
// the peer's, however long it takes.
func TestWaitingForAThrottleIsNoSilence(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		pair.Server.ThrottleMessages = throttle.New("one at a time", 1)
		server, client := pair.Endpoints(w)
		server.Configure = func(c *simplemsgr.Config) {
			c.Pipe.ReadTimeout, c.Keepalive.Interval = time.Minute, -1
		}
		var held []*simplemsgr.Message
		server.OnMessage = func(m *simplemsgr.Message) {
			m.Retain()
			held = append(held, m)
		}
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(3))
		for n := 1; n <= 2; n++ {
			w.Sleep(2 * time.Minute)
			if stream.Delivered() != n {
				t.Errorf("%s: %d delivered, want %d", pair.Name, stream.Delivered(), n)
			}
			held[len(held)-1].Release()
		}
		w.Settle()
		held[len(held)-1].Release()
		if faults := len(server.Faults()); faults != 0 || stream.Delivered() != 3 {
			t.Errorf("%s: %d delivered, %d faults", pair.Name, stream.Delivered(), faults)
		}
		if !server.ThrottlesAtZero() {
			t.Errorf("%s: throttles %+v", pair.Name, server.Messenger.Dump().Throttles)
		}
		w.Sleep(2 * time.Minute) // the silence behind the last message is one
		if faults := len(server.Faults()); faults == 0 && !pair.Lossy() {
			t.Errorf("%s: nobody has noticed the silence", pair.Name)
		}
	})
}
