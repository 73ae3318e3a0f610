package monclient_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/none"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// oddMonitor listens at a monitor's place and does with each connection what talk says.
func (w *world) oddMonitor(name string, talk func(net.Conn)) {
	w.t.Helper()
	l, err := w.host(name).Listen(context.Background(), "tcp", addr(name).AddrPort().String())
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.t.Cleanup(func() { conn.Close() })
			talk(conn)
		}
	}()
	w.t.Cleanup(func() { l.Close(); <-done })
}

// greet is an accepting side that gets as far as an answer to the first connect message.
func greet(conn net.Conn, self wire.EntityAddr, answer wire.Tag) bool {
	conn.Write(wire.EntityAddrFromNet(conn.RemoteAddr(),
		0).Append(self.Append(wire.AppendBanner(nil))))
	if _, err := io.ReadFull(conn, make([]byte, wire.BannerSize+wire.EntityAddrSize)); err != nil {
		return false
	}
	b := make([]byte, wire.ConnectSize)
	if _, err := io.ReadFull(conn, b); err != nil {
		return false
	}
	in, err := wire.DecodeConnect(b)
	if err != nil {
		return false
	}
	conn.Write(wire.ConnectReply{Tag: answer, Features: in.Features, GlobalSeq: 1,
		ConnectSeq:      in.ConnectSeq + 1,
		ProtocolVersion: in.ProtocolVersion}.Append(nil))
	return true
}

// A login that comes to nothing says at which step it waited.
func TestLoginSaysWhereItWaited(t *testing.T) {
	for _, test := range []struct {
		name string
		talk func(net.Conn)
		want string
	}{
		{"silent", func(net.Conn) {}, "connect: read banner"},
		{"told to wait", func(c net.Conn) { greet(c, addr("a"), wire.TagWait) }, "WAIT"},
		{"silent after open", func(c net.Conn) {
			greet(c, addr("a"), wire.TagReady)
		}, "login: read the first reply"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, w *world) {
				w.oddMonitor("a", test.talk)
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				_, err := monclient.Dial(ctx, w.config("a"))
				if err == nil || !strings.Contains(err.Error(), test.want) ||
					!errors.Is(err, monclient.ErrSilent) {
					t.Errorf("%v, want %q", err, test.want)
				}
			})
		})
	}
}

// A monitor that says yes and proves nothing, not even a number of ours, has not logged us in.
func TestLoginAsNobodyIsRefused(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		config := w.config("a")
		config.Methods = []uint32{wire.AuthNone}
		nobody := simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			if messages.Type(m.Type) == messages.TypeAuth {
				reply := binary.LittleEndian.AppendUint32(nil, wire.AuthNone)
				// result 0, global id 0, no payload, no message
				reply = append(reply, make([]byte, 4+8+4+4)...)
				_ = m.Connection().Send(&simplemsgr.Message{Type: uint16(messages.TypeAuthReply),
					Version: 1, Front: reply})
			}
			return true
		})
		w.startServer(wire.Mon(0), addr("a").AddrPort(),
			none.Server{AcceptUnknown: none.ExceptMonitors}, nobody, "a")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := monclient.Dial(ctx, config)
		if !errors.Is(err, auth.ErrRefused) || !strings.Contains(err.Error(), "global id 0") {
			t.Errorf("%v", err)
		}
	})
}

// What a command holds may be secret: errors name it, and no more.
func TestErrorsKeepCommandsSecret(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.setHold("a", true)
		for _, command := range []string{`{"prefix": "auth import", "key": "hush"}`,
			`{"prefix": 7, "key": "hush"}`, `hush`} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, _, err := c.Command(ctx, []byte(command), nil)
			cancel()
			if err == nil || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s: %v", command, err)
			}
		}
	})
}
