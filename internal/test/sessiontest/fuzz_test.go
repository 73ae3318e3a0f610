package sessiontest

import (
	"context"
	"io"
	"testing"
	"time"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// script returns what a well-behaved client would write: greeting, connect message, and one frame
// of each kind.
func script(t rawpeer.T, cut int) []byte {
	p := rawpeer.New(t, nil, wire.EntityInst{Name: wire.Client(9), Addr: wire.EntityAddr{Nonce: 9}})
	b := p.Greeting()
	b = p.Connect(wire.EntityOSD).Append(b)
	b = append(b, p.Message(wire.MessageHeader{Type: 1}, []byte("front"), []byte("middle"),
		[]byte("data"))...)
	b = wire.AppendSeq(append(b, byte(wire.TagAck)), 1)
	b = wire.Timespec{Sec: 1}.Append(append(b, byte(wire.TagKeepalive2)))
	b = append(b, byte(wire.TagKeepalive))
	b = append(b, p.Message(wire.MessageHeader{Type: 1}, nil, nil, make([]byte, 300))...)
	b = append(b, byte(wire.TagClose))
	return b[:len(b)-cut]
}

// Whatever a client writes, nothing panics, nothing hangs, nothing is kept.
func FuzzServer(f *testing.F) {
	for cut := range 30 {
		f.Add(script(f, cut*17))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			server := w.Endpoint(wire.OSD(0), "10.0.0.1", true)
			server.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
			server.SetPolicy(wire.EntityMon, simplemsgr.StatelessServer())
			server.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
			server.SetPolicy(wire.EntityMDS, simplemsgr.LosslessPeerReuse())
			server.Start()
			for range 2 { // the second time there may be a session already
				conn, err := w.Net.Host(rawHost).Dial(context.Background(), "tcp",
					server.Addr().AddrPort().String())
				if err != nil {
					t.Fatal(err)
				}
				go func() { _, _ = io.Copy(io.Discard, conn) }()
				_, _ = conn.Write(input)
				w.Sleep(time.Second)
				conn.Close()
				w.Settle()
			}
			w.Sleep(time.Minute)
			if !server.ThrottlesAtZero() {
				t.Errorf("throttles %+v", server.Messenger.Dump().Throttles)
			}
		})
	})
}

// Whatever a server writes.
func FuzzClient(f *testing.F) {
	server := rawpeer.New(f, nil, wire.EntityInst{Name: wire.OSD(9)})
	greeting := func() []byte {
		addr := wire.EntityAddr{Type: wire.AddrLegacy, IP: zeroIPv4, Port: 6800, Nonce: 0xffff}
		return addr.Append(addr.Append(wire.AppendBanner(nil)))
	}
	for tag := range wire.TagChallengeAuthorizer + 1 {
		b := server.Reply(tag, wire.Connect{HostType: wire.EntityOSD}).Append(greeting())
		if tag == wire.TagSeq {
			b = wire.AppendSeq(b, 0)
		}
		f.Add(append(b, script(f, 0)[wire.BannerSize+wire.EntityAddrSize+wire.ConnectSize:]...))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeerReuse(),
			func(t *testing.T, b *rawBench) {
				b.connect("hello")
				for range 2 {
					conn, err := b.listener.Accept()
					if err != nil {
						t.Fatal(err)
					}
					go func() { _, _ = io.Copy(io.Discard, conn) }()
					_, _ = conn.Write(input)
					b.Sleep(time.Second)
					conn.Close()
					b.Settle()
					if p := b.self.Messenger.Dump().Pipes; len(p) == 0 || p[0].State == "STANDBY" ||
						p[0].State == "WAIT" {
						break // it will not come again by itself
					}
				}
				b.Sleep(time.Minute)
				if !b.self.ThrottlesAtZero() {
					t.Errorf("throttles %+v", b.self.Messenger.Dump().Throttles)
				}
			})
	})
}
