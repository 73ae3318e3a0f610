package authtest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// onShortLived runs a test with a monitor of each release whose tickets are good for a few seconds.
func onShortLived(t *testing.T, test func(t *testing.T, peer *realpeer.Cluster)) {
	t.Parallel()
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		test(t, realpeer.Shared(t, realpeer.Options{Release: release, Auth: realpeer.AuthCephx,
			Set: map[string]string{"auth_service_ticket_ttl": "4", "auth_mon_ticket_ttl": "6"}}))
	})
}

// Tickets are renewed before they expire, on the connection of the login, the one for AUTH too.
func TestTicketsAreRenewedAhead(t *testing.T) {
	onShortLived(t, func(t *testing.T, peer *realpeer.Cluster) {
		s := settings(t, peer, "client.admin")
		records := new(trace.Recorder)
		s.Tracer = records
		replies := onReply(&s)
		c := dial(t, s)
		for range sent(records, messages.TypeAuth) + 4 {
			select {
			case <-replies:
			case <-deadline(t).Done():
				t.Fatal("tickets were not renewed")
			}
			if _, err := c.Authorizer(wire.EntityOSD, false); err != nil {
				t.Error(err)
			}
		}
		if n := len(trace.Of[trace.ConnectSent](records.Records())); n != 1 {
			t.Errorf("%d connections to the monitor", n)
		}
		if faults := trace.Of[trace.Faulted](records.Records()); len(faults) > 0 {
			t.Errorf("%v", faults[0].Err)
		}
	})
}

// onReply makes a login tell when the monitor answers.
func onReply(s *cluster.Settings) <-chan struct{} {
	replies := make(chan struct{}, 16)
	s.Tracer = trace.Multi(s.Tracer, trace.Func(func(r trace.Record) {
		if e, ok := r.Event.(trace.MessageReceived); ok &&
			messages.Type(e.Header.Type) == messages.TypeAuthReply {
			select {
			case replies <- struct{}{}:
			default:
			}
		}
	}))
	return replies
}

// An osd made of our messenger takes the tickets that a real monitor gives, over rotations of the
// secrets, and no recorded authorizer.
func TestOurServiceTakesRealTickets(t *testing.T) {
	onShortLived(t, func(t *testing.T, peer *realpeer.Cluster) {
		server := startService(t, peer)
		s := settings(t, peer, "client.admin")
		replies := onReply(&s)
		client := dial(t, s)
		var tape []byte
		honest := changedClient{client, func(a auth.Authorizer, _ bool) auth.Authorizer {
			return recorded{a, &tape}
		}}
		rotations, last := 0, []byte(nil)
		for rotations < 3 {
			if err := openSession(t, honest, server); err != nil {
				t.Fatalf("after %d rotations: %v", rotations, err)
			}
			a, err := cephx.DecodeAuthorizer(tape)
			if err != nil {
				t.Fatal(err)
			}
			id := a.Ticket.Append(nil)[1:9] // which secret closes it
			if last != nil && !bytes.Equal(id, last) {
				rotations++
			}
			last = id
			select {
			case <-replies: // a new ticket, perhaps closed with another secret
			case <-deadline(t).Done():
				t.Fatalf("no new ticket after %d rotations", rotations)
			}
		}
		err := openSession(t, changedClient{client, func(auth.Authorizer, bool) auth.Authorizer {
			return replayed{tape}
		}}, server)
		if !errors.Is(err, protocol.ErrBadAuthorizer) {
			t.Errorf("recorded authorizer: %v", err)
		}
	})
}

// startService starts osd.7, which has its key from the monitors and echoes.
func startService(t *testing.T, peer *realpeer.Cluster) wire.EntityInst {
	t.Helper()
	out := run(t, peer,
		`{"prefix": "auth get-or-create", "entity": "osd.7", "caps": ["mon", "allow profile osd"]}`)
	keyring, err := cephx.ParseKeyring(bytes.NewReader(out), "auth get-or-create")
	if err != nil {
		t.Fatal(err)
	}
	name := auth.EntityName{Type: wire.EntityOSD, ID: "7"}
	entry, err := keyring.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s := settings(t, peer, "client.admin")
	s.Name, s.Key = name, entry.Key
	config := s.Config(0)
	config.Rotating = cephx.NewRotatingKeyring(wire.EntityOSD, nil)
	config.PingInterval = 200 * time.Millisecond
	dialConfig(t, config)

	judge, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD,
		Secrets: config.Rotating, Requirements: s.Requirements})
	if err != nil {
		t.Fatal(err)
	}
	m := simplemsgr.New(wire.OSD(7), simplemsgr.Config{Engine: engines.New, AuthServer: judge})
	m.SetDefaultPolicy(simplemsgr.StatelessServer())
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		if identity := m.Connection().Identity(); identity.Name != "client.admin" {
			t.Errorf("the peer proved to be %q", identity.Name)
		}
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, Front: m.Front})
		return true
	}))
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()) })
	return m.Inst()
}

// openSession opens a session and gets an echo through it; the error is the first fault.
func openSession(t *testing.T, client auth.Client, peer wire.EntityInst) error {
	t.Helper()
	echoed, failed := make(chan struct{}, 1), make(chan error, 1)
	var config simplemsgr.Config
	config.AuthClient = client
	config.Pipe.Tracer = trace.Func(func(r trace.Record) {
		if e, ok := r.Event.(trace.Faulted); ok {
			select {
			case failed <- e.Err:
			default:
			}
		}
	})
	m := simplemsgr.New(wire.Client(1), config)
	m.SetDefaultPolicy(simplemsgr.LossyClient())
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
		echoed <- struct{}{}
		return true
	}))
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Shutdown(context.Background()) }()
	if err := m.Send(peer, &simplemsgr.Message{Type: 42, Front: []byte("hello")}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-echoed:
		return nil
	case err := <-failed:
		return err
	case <-deadline(t).Done():
		return monclient.ErrSilent
	}
}
