package monclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestDialLogsIn(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("b"))
		if c.GlobalID() == 0 {
			t.Error("no global id")
		}
		if m := c.MonMap(); m.FSID != w.fsid || len(m.Monitors) != 2 {
			t.Errorf("monmap %v", m)
		}
		if got := c.Monitor(); got.Name != wire.Mon(1) || got.Addr != addr("b") {
			t.Errorf("talks to %v", got)
		}
		// The ticket for MDSs is fetched when it is needed.
		for _, peer := range []wire.EntityType{wire.EntityOSD, wire.EntityMgr, wire.EntityMDS} {
			a, err := c.Authorizer(peer, false)
			if err != nil || a.Protocol() != wire.AuthCephx {
				t.Errorf("authorizer for %v: %v, %v", peer, a, err)
			}
		}
		if a, err := c.Authorizer(wire.EntityMon, false); a != nil || err != nil {
			t.Errorf("authorizer for a monitor: %v, %v", a, err)
		}
	})
}

// What is said before there are keys is not signed, and nobody proves anything there but by the
// login.
func TestMonitorConnectionHasNoAuthorizer(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		w.dial(w.config("a"))
		connects := trace.Of[trace.ConnectReceived](w.records.Records())
		if len(connects) != 1 || connects[0].Connect.AuthorizerProtocol != wire.AuthUnknown ||
			connects[0].Connect.AuthorizerLen != 0 {
			t.Errorf("connects %+v", connects)
		}
	})
}

func TestDialWithoutCredentials(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		w.authority = nil
		w.setMonMap(1, "a")
		w.startMonitor("a")
		config := w.config("a")
		for _, methods := range [][]uint32{{wire.AuthNone}, {wire.AuthNone, wire.AuthCephx}} {
			config.Methods = methods
			c := w.dial(config)
			a, err := c.Authorizer(wire.EntityOSD, false)
			if err != nil || a.Protocol() != wire.AuthNone || c.GlobalID() == 0 {
				t.Errorf("methods %v: authorizer %v, %v, global id %d", methods, a, err,
					c.GlobalID())
			}
		}
		config.Methods, config.Key = nil, cephx.CryptoKey{}
		if c := w.dial(config); c.GlobalID() == 0 {
			t.Error("no global id")
		}
	})
}

func TestDialLetsTheMonitorChoose(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		config := w.config("a")
		config.Methods = []uint32{wire.AuthNone, wire.AuthCephx}
		a, err := w.dial(config).Authorizer(wire.EntityOSD, false)
		if err != nil || a.Protocol() != wire.AuthCephx {
			t.Errorf("authorizer %v, %v", a, err)
		}
	})
}

func TestDialRefused(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		other, err := cephx.GenerateKey(nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		wrongKey, unknown, noCephx := w.config("a", "b"), w.config("a", "b"), w.config("a", "b")
		wrongKey.Key = other
		unknown.Name = w.name("client.nobody")
		noCephx.Methods = []uint32{wire.AuthNone}
		for what, config := range map[string]monclient.Config{"wrong key": wrongKey,
			"unknown name": unknown, "method none": noCephx} {
			start := time.Now()
			_, err := monclient.Dial(t.Context(), config)
			if !errors.Is(err, auth.ErrRefused) || errors.Is(err,
				monclient.ErrMethod) != (what == "method none") {
				t.Errorf("%s: %v", what, err)
			}
			if time.Since(start) > time.Second {
				t.Errorf("%s: noticed after %v", what, time.Since(start))
			}
		}
	})
}

func TestDialBadConfig(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		noName, noKey, noMonitor, badMethod := w.config("a"), w.config("a"), w.config(),
			w.config("a")
		noName.Name = auth.EntityName{}
		noKey.Key, noKey.Methods = cephx.CryptoKey{}, []uint32{wire.AuthCephx}
		badMethod.Methods = []uint32{77}
		for _, config := range []monclient.Config{noName, noKey, noMonitor, badMethod} {
			if _, err := monclient.Dial(t.Context(), config); err == nil {
				t.Errorf("%+v was taken", config)
			}
		}
	})
}

// The error says what came of it, not only that time is up.
func TestDialTellsWhyNot(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w.host("c")
		if _, err := monclient.Dial(ctx, w.config("c")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody there: %v", err)
		}
		w.net.Partition(w.host("a"), w.net.Host("10.0.1.1"))
		for _, patience := range []time.Duration{time.Second, 10 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			start := time.Now()
			if _, err := monclient.Dial(ctx, w.config("a")); !errors.Is(err, monclient.ErrSilent) ||
				!strings.Contains(err.Error(), "10.0.0.1:6789") {
				t.Errorf("silent monitor: %v", err)
			}
			if took := time.Since(start); took != patience {
				t.Errorf("gave up after %v instead of %v", took, patience)
			}
		}
	})
}

// With one dead and one silent monitor the third is found, wherever it stands.
func TestDialFindsTheOneThatAnswers(t *testing.T) {
	in(t, []string{"b", "c"}, func(t *testing.T, w *world) {
		w.net.Partition(w.host("b"), w.net.Host("10.0.1.1"))
		c := w.dial(w.config(shuffled("a", "b", "c")...))
		if got := w.monitorOf(c); got != "c" {
			t.Errorf("talks to mon.%s", got)
		}
	})
}

// A listener that is no monitor, or a monitor that says nonsense, does not keep us.
func TestDialPassesImpostors(t *testing.T) {
	in(t, []string{"b"}, func(t *testing.T, w *world) {
		garbage := simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			_ = m.Connection().Send(&simplemsgr.Message{Type: uint16(messages.TypeAuthReply),
				Version: messages.AuthReplyVersion, Front: []byte("garbage")})
			return true
		})
		w.startServer(wire.Mon(0), netip.AddrPortFrom(ip("a"), 6789), nil, garbage, "a")
		l, err := w.host("c").Listen(t.Context(), "tcp", "10.0.0.3:6789")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n")
				_ = conn.Close()
			}
		}()
		for range 4 {
			if got := w.monitorOf(w.dial(w.config(shuffled("a", "b", "c")...))); got != "b" {
				t.Errorf("talks to mon.%s", got)
			}
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.setHold("a", true)
		failed := make(chan error)
		go func() {
			_, _, err := c.Command(t.Context(), args("status"), nil)
			failed <- err
		}()
		time.Sleep(time.Second)
		w.close(c)
		w.close(c)
		if err := <-failed; !errors.Is(err, monclient.ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("command under way: %v", err)
		}
		if _, _, err := c.Command(t.Context(), args("status"),
			nil); !errors.Is(err, monclient.ErrClosed) {
			t.Errorf("command after the end: %v", err)
		}
		if _, err := c.Authorizer(wire.EntityOSD, true); !errors.Is(err, monclient.ErrClosed) {
			t.Errorf("new ticket after the end: %v", err)
		}
		if _, err := c.Authorizer(wire.EntityOSD, false); err != nil {
			t.Errorf("the tickets that there are: %v", err)
		}
	})
}

func TestCloseWhileHunting(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.kill("a")
		time.Sleep(time.Minute)
		start := time.Now()
		w.close(c)
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}
