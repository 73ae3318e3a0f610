package ping_test

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/internal/command/ping"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(addr netip.AddrPort) ping.Options {
	return ping.Options{Peer: wire.EntityInst{Name: wire.Mon(wire.NumUnknown),
		Addr: wire.NewEntityAddr(addr, 0)}, Count: 1, Timeout: time.Minute}
}

// listen serves one socket with a script.
func listen(t *testing.T, script func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		script(conn)
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// self is the name under which scripted monitors speak.
func self(addr netip.AddrPort) wire.EntityInst {
	return wire.EntityInst{Name: wire.Mon(0), Addr: wire.NewEntityAddr(addr, 0)}
}

func localAddr(c net.Conn) netip.AddrPort { return c.LocalAddr().(*net.TCPAddr).AddrPort() }

// untilEOF keeps the socket open until the other side closes it.
func untilEOF(c net.Conn) {
	b := make([]byte, 4096)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).AddrPort()
	closed.Close()

	answer := func(change func(*wire.ConnectReply)) func(net.Conn) {
		return func(c net.Conn) {
			peer := rawpeer.New(t, c, self(localAddr(c)))
			peer.GreetClient()
			connect, _ := peer.ExpectConnect()
			reply := peer.Reply(wire.TagReady, connect)
			change(&reply)
			peer.Send(reply.Append(nil))
			untilEOF(c)
		}
	}
	for _, tc := range []struct {
		name    string
		addr    func() netip.AddrPort
		timeout time.Duration
		want    []string
	}{
		{"refused", func() netip.AddrPort { return nobody }, 0, []string{"connection refused"}},
		{"silence", func() netip.AddrPort {
			return listen(t, untilEOF)
		}, 200 * time.Millisecond, []string{"no answer within 200ms", "read banner"}},
		{"msgr2", func() netip.AddrPort {
			return listen(t, func(c net.Conn) {
				_, _ = c.Write(append([]byte("ceph v2\n\x10\x00"), make([]byte, 16)...))
				untilEOF(c)
			})
		}, 0, []string{"msgr2", `"ceph v2"`, "6789"}},
		{"not Ceph", func() netip.AddrPort {
			return listen(t, func(c net.Conn) {
				_,
					_ = c.Write([]byte("SSH-2.0-OpenSSH_9.2p1\r\n"))
				untilEOF(c)
			})
		}, 0, []string{"not a Ceph daemon", "SSH-2.0-O"}},
		{"features", func() netip.AddrPort {
			return listen(t, answer(func(r *wire.ConnectReply) {
				r.Tag, r.Features = wire.TagFeatures, r.Features|1<<49
			}))
		}, 0, []string{"feature mismatch", "requires OSD_MIN_SIZE_RECOVERY", "ours 0x",
			"theirs 0x"}},
		{"features that nobody names", func() netip.AddrPort {
			return listen(t, answer(func(r *wire.ConnectReply) {
				r.Tag, r.Features = wire.TagFeatures, 0
			}))
		}, 0, []string{"requires none of those that it names, which"}},
		{"a feature without a name", func() netip.AddrPort {
			return listen(t, answer(func(r *wire.ConnectReply) {
				r.Tag, r.Features = wire.TagFeatures, 1<<62
			}))
		}, 0, []string{"requires "}},
		{"told to wait", func() netip.AddrPort {
			return listen(t, answer(func(r *wire.ConnectReply) { r.Tag = wire.TagWait }))
		}, 200 * time.Millisecond, []string{"no session within", "WAIT"}},
		{"protocol version", func() netip.AddrPort {
			return listen(t, answer(func(r *wire.ConnectReply) {
				r.Tag, r.ProtocolVersion = wire.TagBadProtoVer, 24
			}))
		}, 0, []string{"protocol mismatch", "version 15", "speaks 24"}},
		{"credentials", func() netip.AddrPort {
			return listen(t, answer(func(r *wire.ConnectReply) { r.Tag = wire.TagBadAuthorizer }))
		}, 0, []string{"wants credentials"}},
		{"closed behind the banner", func() netip.AddrPort {
			return listen(t, func(c net.Conn) {
				rawpeer.New(t, c, self(localAddr(c))).GreetClient()
			})
		}, 0, []string{"closed the connection", "connect: read reply"}},
		{"closed within the banner", func() netip.AddrPort {
			return listen(t, func(c net.Conn) { _, _ = c.Write([]byte("ceph")) })
		}, 0, []string{"closed the connection", "connect: read banner"}},
		{"wrong peer", func() netip.AddrPort {
			return listen(t, func(c net.Conn) {
				other := localAddr(c)
				peer := rawpeer.New(t, c, self(netip.AddrPortFrom(other.Addr(), other.Port()+1)))
				peer.Send(append(peer.Addr.Append([]byte(wire.Banner)),
					wire.EntityAddr{}.Append(nil)...))
				untilEOF(c)
			})
		}, 0, []string{"somebody else answers"}},
		{"no answer to MPing", func() netip.AddrPort {
			return listen(t, func(c net.Conn) {
				rawpeer.New(t, c,
					self(localAddr(c))).Accept()
				untilEOF(c)
			})
		}, 200 * time.Millisecond, []string{"the session is open", "no answer within 200ms"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := options(tc.addr())
			if tc.timeout > 0 {
				o.Timeout = tc.timeout
			}
			var out bytes.Buffer
			err := ping.Run(context.Background(), o, ping.TextReport(&out))
			if err == nil {
				t.Fatalf("no error\n%s", out.String())
			}
			for _, want := range append(tc.want, o.Peer.Addr.String()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestAnswersAndRoundTrips(t *testing.T) {
	// with a nonce that the client does not know
	server := simplemsgr.New(wire.Mon(0), simplemsgr.Config{})
	server.SetDefaultPolicy(simplemsgr.StatelessServer())
	server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		front := `{"health":{"status":"HEALTH_OK"},"mon_status":{"name":"a","state":"leader","monmap":{"fsid":"f-s-i-d"}}}`
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type,
			Front: append([]byte{byte(len(front)), 0, 0, 0}, front...)})
		return true
	}))
	if err := server.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown(context.Background())
	o := options(server.Addr().AddrPort())
	o.Count, o.Interval = 3, time.Millisecond
	var text, lines bytes.Buffer
	if err := ping.Run(t.Context(), o, ping.TextReport(&text)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MPing 3 answered by mon.0",
		"mon.a is leader, health HEALTH_OK, fsid f-s-i-d", "3 sent, 3 received"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	if err := ping.Run(t.Context(), o, ping.JSONReport(&lines)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(lines.String(), "\n"); n != 5 {
		t.Errorf("%d lines, want open, 3 answers, done:\n%s", n, lines.String())
	}
}
