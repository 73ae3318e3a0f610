package monclient_test

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/test/engines"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

var osdAddr = netip.MustParseAddrPort("10.0.2.1:6800")

// startOSD starts an osd that opens tickets with secrets and echoes.
func (w *world) startOSD(secrets cephx.SecretSource) *simplemsgr.Messenger {
	w.t.Helper()
	server, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD, Secrets: secrets})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.startServer(wire.OSD(0), osdAddr, server,
		simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Front: m.Front})
			return true
		}), "")
}

// caller is a messenger that uses a Client's tickets.
type caller struct {
	w         *world
	messenger *simplemsgr.Messenger
	echoes    chan *simplemsgr.Message
	records   trace.Recorder
}

func (w *world) newCaller(client auth.Client) *caller {
	w.t.Helper()
	c := &caller{w: w, echoes: make(chan *simplemsgr.Message, 1)}
	config := simplemsgr.Config{Engine: engines.New, AuthClient: client,
		Dial: w.net.Host("10.0.1.2").Dial}
	config.Pipe.Tracer = &c.records
	c.messenger = simplemsgr.New(wire.Client(1), config)
	c.messenger.SetDefaultPolicy(simplemsgr.LossyClient())
	c.messenger.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		c.echoes <- m
		return true
	}))
	if err := c.messenger.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.servers = append(w.servers, c.messenger)
	return c
}

// call opens a new session with the osd and gets an echo through it.
func (c *caller) call() {
	c.w.t.Helper()
	con, err := c.messenger.Connect(wire.EntityInst{Name: wire.OSD(0),
		Addr: wire.NewEntityAddr(osdAddr, 0)})
	if err != nil {
		c.w.t.Fatal(err)
	}
	defer con.MarkDown()
	if err := con.Send(&simplemsgr.Message{Type: 42, Front: []byte("hello")}); err != nil {
		c.w.t.Fatal(err)
	}
	select {
	case m := <-c.echoes:
		if string(m.Front) != "hello" {
			c.w.t.Errorf("echo %q", m.Front)
		}
	case <-time.After(time.Minute):
		c.w.t.Fatalf("no echo; faults %+v", trace.Of[trace.Faulted](c.records.Records()))
	}
}

// Over three days, with tickets for an hour and a login for a day, the tickets at hand are always
// good.
func TestTicketsAreRenewedAhead(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		w.newAuthority(cephx.AuthorityConfig{MonTicketTTL: 24 * time.Hour,
			ServiceTicketTTL: time.Hour})
		w.setMonMap(1, "a")
		w.startMonitor("a")
		w.startOSD(w.authority)
		config := w.config("a")
		// or keepalives are all that happens
		config.PingInterval, config.PingTimeout = 10*time.Minute, time.Hour
		c := w.dial(config)
		caller := w.newCaller(c)
		id := c.GlobalID()
		for range 3 * 24 * 3 {
			time.Sleep(20 * time.Minute)
			caller.call()
		}
		if faults := trace.Of[trace.Faulted](caller.records.Records()); len(faults) > 0 {
			t.Errorf("%d faults, the first: %v", len(faults), faults[0].Err)
		}
		if n := len(trace.Of[trace.ConnectReceived](w.records.Records())); n != 1+2*3*24*3 {
			t.Errorf("%d connects; one is the login, and each call has two, for the challenge", n)
		}
		if c.GlobalID() != id {
			t.Errorf("global id %d became %d", id, c.GlobalID())
		}
	})
}

// The osd has forgotten the secrets, as one does that was away for long: the client gets new
// tickets by itself.
func TestRefusedTicketIsRenewed(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		old := w.dial(w.config("a"))
		w.kill("a")
		w.newAuthority(cephx.AuthorityConfig{}) // other secrets
		w.startMonitor("a")
		w.startOSD(w.authority)
		w.newCaller(old).call()
	})
}

// Who is thrown out finds out when tickets are due, and is told why.
func TestRevokedKey(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		w.newAuthority(cephx.AuthorityConfig{MonTicketTTL: 5 * time.Minute,
			ServiceTicketTTL: 5 * time.Minute})
		w.setMonMap(1, "a")
		w.startMonitor("a")
		c := w.dial(w.config("a"))
		w.kill("a")
		w.addKey("client.admin") // another one than the client's
		w.newAuthority(cephx.AuthorityConfig{})
		w.startMonitor("a")
		time.Sleep(10 * time.Minute)
		start := time.Now()
		_, err := c.Authorizer(wire.EntityOSD, false)
		var why *cephx.ResultError
		if !errors.Is(err, auth.ErrRefused) || !errors.As(err, &why) {
			t.Errorf("authorizer: %v", err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("noticed after %v", took)
		}
	})
}

// Without a monitor there are no tickets either, but nobody waits for ever.
func TestRenewalWithoutMonitor(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.kill("a")
		time.Sleep(time.Minute)
		if _, err := c.Authorizer(wire.EntityOSD, true); !errors.Is(err,
			context.DeadlineExceeded) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("authorizer: %v", err)
		}
		time.Sleep(time.Hour)
		if _, err := c.Authorizer(wire.EntityOSD,
			false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("authorizer with an expired ticket: %v", err)
		}
	})
}

// Who does not want to wait any more for a ticket is told so at once, whatever the client does.
func TestAuthorizerIsCutShort(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.kill("a")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancelCause(t.Context())
		enough, failed := errors.New("enough"), make(chan error, 1)
		start := time.Now()
		go func() {
			_, err := c.AuthorizerContext(ctx, wire.EntityOSD, true)
			failed <- err
		}()
		time.Sleep(time.Second)
		cancel(enough)
		if err := <-failed; !errors.Is(err, enough) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if a, err := c.AuthorizerContext(ctx, wire.EntityMon, true); a != nil || err != nil {
			t.Errorf("for a monitor: %v, %v", a, err)
		}
	})
}

// A daemon opens its clients' tickets with secrets that it has from the monitors, over many
// rotations.
func TestDaemonKeepsItsSecrets(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		w.newAuthority(cephx.AuthorityConfig{MonTicketTTL: 24 * time.Hour,
			ServiceTicketTTL: time.Hour})
		w.setMonMap(1, "a")
		w.startMonitor("a")
		entry, err := w.keyring.Lookup(w.name("osd.0"))
		if err != nil {
			t.Fatal(err)
		}
		daemon := w.config("a")
		daemon.Name, daemon.Key = w.name("osd.0"), entry.Key
		daemon.Rotating = cephx.NewRotatingKeyring(wire.EntityOSD, nil)
		daemon.PingInterval, daemon.PingTimeout = time.Minute, time.Hour
		daemon.Messenger.Dial = w.net.Host("10.0.2.1").Dial
		w.dial(daemon)
		w.startOSD(daemon.Rotating)
		config := w.config("a")
		config.PingInterval, config.PingTimeout = time.Minute, time.Hour
		caller := w.newCaller(w.dial(config))
		for range 24 {
			caller.call()
			time.Sleep(time.Hour)
		}
		if faults := trace.Of[trace.Faulted](caller.records.Records()); len(faults) > 0 {
			t.Errorf("%d faults, the first: %v", len(faults), faults[0].Err)
		}
	})
}
