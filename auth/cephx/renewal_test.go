package cephx_test

import (
	"testing"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func TestRenew(t *testing.T) {
	w := newWorld(t)
	login, session := w.newLogin("client.admin"), w.authority.NewSession()
	if _, _, err := login.Renew(); err == nil {
		t.Error("Renew before the login")
	}
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	first, _ := login.Tickets().Ticket(wire.EntityOSD)
	for _, c := range []struct {
		after time.Duration
		due   wire.EntityType
	}{
		{0, 0},
		{45*time.Minute - 1, 0},
		{1, allServices},
		{45 * time.Minute, allServices},
		{53 * time.Hour, allServices | wire.EntityAuth},
	} {
		w.advance(c.after)
		if got := login.Tickets().NeedRenewal(w.clock()); got != c.due {
			t.Fatalf("at %v: due %#x, want %#x", w.clock(), got, c.due)
		}
		request, needed, err := login.Renew()
		if err != nil || needed != (c.due != 0) {
			t.Fatalf("at %v: needed %v, %v", w.clock(), needed, err)
		}
		if !needed {
			continue
		}
		want := cephx.GetPrincipalSessionKey
		if c.due&wire.EntityAuth != 0 {
			want = cephx.GetAuthSessionKey
		}
		if got, _ := cephx.DecodeRequestType(request.Payload); got != want {
			t.Errorf("at %v: %v, want %v", w.clock(), got, want)
		}
		if err := carry(login, session, request); err != nil {
			t.Fatalf("at %v: %v", w.clock(), err)
		}
		if due := login.Tickets().NeedRenewal(w.clock()); due != 0 {
			t.Errorf("at %v: still due %#x", w.clock(), due)
		}
		if next, want := login.Tickets().NextRenewal(),
			w.clock().Add(45*time.Minute); !next.Equal(want) {
			t.Errorf("next renewal %v, want %v", next, want)
		}
	}
	last, _ := login.Tickets().Ticket(wire.EntityOSD)
	if last.SessionKey.Equal(first.SessionKey) || last.GlobalID != first.GlobalID {
		t.Error("session key was not renewed, or global id was")
	}
	if result := handshake(t, w.authorizer(login.Tickets()),
		w.server().NewExchange(wire.EntityAddr{}), offered); result.Outcome != auth.Accepted {
		t.Error(result.Err)
	}
}

// TestLoginAgain begins on a new connection with the global id and the ticket of the old one, which
// seals the new one.
func TestLoginAgain(t *testing.T) {
	w := newWorld(t)
	login := w.login("client.admin")
	id := login.Tickets().GlobalID()
	w.advance(50 * time.Minute)
	if err := converse(login, w.authority.NewSession()); err != nil {
		t.Fatal(err)
	}
	if got := login.Tickets().GlobalID(); got != id {
		t.Errorf("global id %d, want %d", got, id)
	}
	if due := login.Tickets().NeedRenewal(w.clock()); due != 0 {
		t.Errorf("still due: %#x", due)
	}
}

// TestGlobalIDOfSomebodyElse asks for a global id without its ticket.
func TestGlobalIDOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	victim, thief := w.login("client.admin"), w.login("client.x")
	stolen := victim.Tickets().GlobalID()
	ask := func(a *cephx.Authority, ticket cephx.TicketBlob) error {
		session := a.NewSession()
		reply, err := session.Handle(auth.LoginRequest{Payload: auth.InitialRequest{
			Protocols: []uint32{wire.AuthCephx}, Name: name(t, "client.x"), GlobalID: stolen,
		}.Append(nil)})
		if err != nil {
			return err
		}
		challenge, err := cephx.DecodeServerChallenge(reply.Payload)
		if err != nil {
			return err
		}
		_, err = session.Handle(auth.LoginRequest{Protocol: wire.AuthCephx,
			Payload: cephx.Authenticate{
				Proof: cephx.Proof(w.key("client.x"), challenge.Challenge, 0), OldTicket: ticket,
			}.Append(cephx.GetAuthSessionKey.Append(nil))})
		return err
	}
	own, _ := thief.Tickets().Ticket(wire.EntityAuth)
	others, _ := victim.Tickets().Ticket(wire.EntityAuth)
	damaged := own.Blob
	damaged.Blob = append([]byte(nil), damaged.Blob...)
	damaged.Blob[0] ^= 1
	for _, c := range []struct {
		name   string
		ticket cephx.TicketBlob
		cause  error
	}{
		{"none", cephx.TicketBlob{}, cephx.ErrNoTicket},
		{"own", own.Blob, cephx.ErrNoProof},
		{"the other's", others.Blob, cephx.ErrNoProof},
		{"damaged", damaged, cephx.ErrWrongKey},
		{"unknown secret", cephx.TicketBlob{SecretID: 99, Blob: own.Blob.Blob},
			cephx.ErrUnknownSecret},
	} {
		if err := ask(w.authority,
			c.ticket); !errors.Is(err, c.cause) || !errors.Is(err, auth.ErrRefused) {
			t.Errorf("ticket %s: %v", c.name, err)
		}
	}
	insecure := w.newAuthority(cephx.AuthorityConfig{AllowInsecureGlobalIDReclaim: true})
	if err := ask(insecure, cephx.TicketBlob{}); err != nil {
		t.Errorf("insecure reclaim: %v", err)
	}
	// The id that was taken over is not given to the next one.
	login := w.newLogin("client.admin")
	if err := converse(login,
		insecure.NewSession()); err != nil || login.Tickets().GlobalID() == stolen {
		t.Errorf("next global id %d, %v", login.Tickets().GlobalID(), err)
	}
}

func TestRequestRotating(t *testing.T) {
	w := newWorld(t)
	rotating := cephx.NewRotatingKeyring(wire.EntityOSD, nil)
	login, session := w.newLogin("osd.0", func(c *cephx.LoginConfig) {
		c.Rotating = rotating
	}), w.authority.NewSession()
	if _, err := login.RequestRotating(); err == nil {
		t.Error("RequestRotating before the login")
	}
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	if !rotating.Stale(w.clock()) {
		t.Error("nothing is not stale")
	}
	fetch := func() error {
		request, err := login.RequestRotating()
		if err != nil {
			t.Fatal(err)
		}
		return carry(login, session, request)
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	if rotating.Stale(w.clock()) {
		t.Error("stale at once")
	}
	server := w.server(func(c *cephx.ServerConfig) { c.Secrets = rotating })
	if result := handshake(t, w.authorizer(w.login("client.x").Tickets()),
		server.NewExchange(wire.EntityAddr{}), offered); result.Outcome != auth.Accepted {
		t.Error(result.Err)
	}
	// The current secret is used up: the authority goes on to the next one, which the daemon has
	// already.
	w.advance(2 * time.Hour)
	if !rotating.Stale(w.clock()) {
		t.Error("not stale after two hours")
	}
	if result := handshake(t, w.authorizer(w.login("client.x").Tickets()),
		server.NewExchange(wire.EntityAddr{}), offered); result.Outcome != auth.Accepted {
		t.Error(result.Err)
	}
	// Two steps on it has not: the cause is named.
	w.advance(2 * time.Hour)
	result := server.NewExchange(wire.EntityAddr{}).Verify(connectRequest(w.authorizer(w.login(
		"client.x").Tickets()), offered))
	if !errors.Is(result.Err, cephx.ErrUnknownSecret) {
		t.Errorf("%+v", result)
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	if result := handshake(t, w.authorizer(w.login("client.x").Tickets()),
		server.NewExchange(wire.EntityAddr{}), offered); result.Outcome != auth.Accepted {
		t.Error(result.Err)
	}
	if _, err := w.login("client.x").RequestRotating(); err == nil {
		t.Error("client without a place for rotating secrets asks for them")
	}
	// A client has no service, so there are no secrets for it.
	login = w.login("client.x", func(c *cephx.LoginConfig) {
		c.Rotating = cephx.NewRotatingKeyring(wire.EntityClient, nil)
	})
	session = w.authority.NewSession()
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	if err := fetch(); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("rotating secrets of clients: %v", err)
	}
}
