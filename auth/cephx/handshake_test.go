package cephx_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

const withoutV2 = offered &^ wire.FeatureCephxV2

func TestHandshake(t *testing.T) {
	w := newWorld(t)
	login := w.login("client.admin")
	for _, c := range []struct {
		name       string
		features   wire.Features
		challenged bool
		signed     bool
	}{
		{"today", offered, true, true},
		{"before 13", withoutV2, false, true},
		{"before signatures", withoutV2 &^ wire.FeatureMsgAuth, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, e := w.authorizer(login.Tickets()), w.server().NewExchange(wire.EntityAddr{})
			before := bytes.Clone(a.Bytes())
			result := handshake(t, a, e, c.features)
			if result.Outcome != auth.Accepted {
				t.Fatal(result.Err)
			}
			if challenged := !bytes.Equal(before, a.Bytes()); challenged != c.challenged {
				t.Errorf("challenged: %v, want %v", challenged, c.challenged)
			}
			want := auth.Identity{Name: "client.admin", GlobalID: login.Tickets().GlobalID(),
				Proven: true, Capabilities: []byte("\x07\x00\x00\x00allow *")}
			if diff := cmp.Diff(want, result.Identity); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
			security, err := a.VerifyReply(result.Reply, c.features)
			if err != nil {
				t.Fatal(err)
			}
			if (security != nil) != c.signed || (result.Security != nil) != c.signed {
				t.Fatalf("signed: %v and %v, want %v", security, result.Security, c.signed)
			}
			if c.signed {
				h, f := signedMessage()
				security.Sign(&h, &f)
				if err := result.Security.Check(&h, &f); err != nil {
					t.Error(err)
				}
			}
			// RETRY_SESSION and its like: the same authorizer once more on the same socket.
			if again := e.Verify(connectRequest(a, c.features)); again.Outcome != auth.Accepted {
				t.Errorf("once more on the same socket: %v", again.Err)
			}
		})
	}
}

func TestServerRefuses(t *testing.T) {
	w := newWorld(t)
	login := w.login("client.admin")
	good := func() cephx.Authorizer {
		a, err := cephx.DecodeAuthorizer(w.authorizer(login.Tickets()).Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	mdsTicket, _ := login.Tickets().Ticket(wire.EntityMDS)
	osdTicket, _ := login.Tickets().Ticket(wire.EntityOSD)
	elsewhere := newWorldOf(t, 2) // other secrets under the same ids
	for _, c := range []struct {
		name   string
		change func(*auth.Request)
		cause  error
		text   string
	}{
		{"no authorizer", func(r *auth.Request) {
			r.Connect.AuthorizerProtocol, r.Authorizer = wire.AuthUnknown, nil
		},
			cephx.ErrNoTicket, "cephx: client offers authorizer protocol 0 instead of 2: no " +
				"ticket"},
		{"method none", func(r *auth.Request) { r.Connect.AuthorizerProtocol = wire.AuthNone },
			cephx.ErrNoTicket, "cephx: client offers authorizer protocol 1 instead of 2: no " +
				"ticket"},
		{"nothing", func(r *auth.Request) { r.Authorizer = nil },
			wire.ErrShort, "cephx: authorizer of client: wire: decode cephx_authorizer: struct_v " +
				"at offset 0: need 1 bytes, have 0: short input"},
		{"junk", func(r *auth.Request) { r.Authorizer = []byte("junk") },
			wire.ErrInvalid, "cephx: authorizer of client: wire: decode cephx_authorizer: " +
				"struct_v at offset 0: version 106, know 1 to 1: invalid value"},
		{"for another service", func(r *auth.Request) {
			a := good()
			a.Service, a.Ticket = wire.EntityMDS, mdsTicket.Blob
			r.Authorizer = a.Append(nil)
		}, cephx.ErrNoTicket, "cephx: authorizer of client is for mds, not for osd: no ticket"},
		{"ticket of another service", func(r *auth.Request) {
			a := good()
			a.Ticket = mdsTicket.Blob
			r.Authorizer = a.Append(nil)
		}, cephx.ErrWrongKey, "cephx: ticket for osd: open ticket: wrong key or damaged bytes"},
		{"secret of the past", func(r *auth.Request) {
			a := good()
			a.Ticket.SecretID = 0
			r.Authorizer = a.Append(nil)
		}, cephx.ErrUnknownSecret, "cephx: ticket for osd: cephx: secret 0 of osd: oldest is 1, " +
			"the ticket has expired: unknown secret"},
		{"secret of the future", func(r *auth.Request) {
			a := good()
			a.Ticket.SecretID = 9
			r.Authorizer = a.Append(nil)
		}, cephx.ErrUnknownSecret, "cephx: ticket for osd: cephx: secret 9 of osd: newest is 3, " +
			"ours are out of date or made elsewhere: unknown secret"},
		{"shared key that osds do not have", func(r *auth.Request) {
			a := good()
			a.Ticket.SecretID = cephx.SharedSecretID
			r.Authorizer = a.Append(nil)
		}, cephx.ErrUnknownSecret, "cephx: ticket for osd: cephx: shared key of osd: cephx: " +
			"keyring has nothing for osd.: no such entity: unknown secret"},
		{"global id of somebody else", func(r *auth.Request) {
			a := good()
			a.GlobalID++
			r.Authorizer = a.Append(nil)
		}, cephx.ErrNoProof, "cephx: ticket of client.admin with global id 4097 in an authorizer " +
			"of 4098: no proof"},
		{"session key of somebody else", func(r *auth.Request) {
			a := good()
			a.Authorize = testKey(t, 1).Seal(cephx.Authorize{}.Append(nil))
			r.Authorizer = a.Append(nil)
		}, cephx.ErrWrongKey, "cephx: authorizer with the ticket of client.admin: wrong key or " +
			"damaged bytes"},
		{"nothing sealed", func(r *auth.Request) {
			a := good()
			a.Authorize = osdTicket.SessionKey.Seal(nil)
			r.Authorizer = a.Append(nil)
		}, wire.ErrShort, "cephx: authorizer with the ticket of client.admin: wire: decode " +
			"cephx_authorize: struct_v at offset 0: need 1 bytes, have 0: short input"},
		{"empty ticket", func(r *auth.Request) {
			a := good()
			a.Ticket.Blob = nil
			r.Authorizer = a.Append(nil)
		}, cephx.ErrWrongKey, "cephx: ticket for osd: open ticket: 0 encrypted bytes, want a " +
			"multiple of 16: wrong key or damaged bytes"},
		{"ticket from elsewhere", func(r *auth.Request) {
			r.Authorizer = elsewhere.authorizer(elsewhere.login("client.admin").Tickets()).Bytes()
		}, cephx.ErrWrongKey, "cephx: ticket for osd: open ticket: wrong key or damaged bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := connectRequest(w.authorizer(login.Tickets()), offered)
			c.change(&r)
			result := w.server().NewExchange(wire.EntityAddr{}).Verify(r)
			if result.Outcome != auth.Refused || result.Reply != nil || result.Security != nil {
				t.Fatalf("%+v", result)
			}
			if !errors.Is(result.Err, auth.ErrRefused) || !errors.Is(result.Err, c.cause) {
				t.Errorf("error is not what it should wrap: %v", result.Err)
			}
			if result.Err.Error() != c.text {
				t.Errorf("\n got %v\nwant %s", result.Err, c.text)
			}
		})
	}
}

func TestExpiredTicket(t *testing.T) {
	for _, c := range []struct {
		grace, after time.Duration
		want         auth.Outcome
	}{
		// the ticket is good for one hour, and the default grace for another
		{0, 2 * time.Hour, auth.Challenged},
		{0, 2*time.Hour + 1, auth.Refused},
		{time.Minute, time.Hour + time.Minute, auth.Challenged},
		{time.Minute, time.Hour + time.Minute + 1, auth.Refused},
		{-1, 100 * time.Hour, auth.Challenged},
	} {
		w := newWorld(t)
		secrets, err := w.authority.Rotating(wire.EntityOSD)
		if err != nil {
			t.Fatal(err)
		}
		rotating := cephx.NewRotatingKeyring(wire.EntityOSD, nil) // does not rotate by itself
		if err := rotating.Set(secrets, epoch); err != nil {
			t.Fatal(err)
		}
		a := w.authorizer(w.login("client.x").Tickets())
		w.advance(c.after)
		e := w.server(func(s *cephx.ServerConfig) {
			s.Secrets, s.ExpiryGrace = rotating, c.grace
		}).NewExchange(wire.EntityAddr{})
		result := e.Verify(connectRequest(a, offered))
		if result.Outcome != c.want {
			t.Errorf("grace %v, %v after: outcome %v, %v", c.grace, c.after, result.Outcome,
				result.Err)
		}
		if c.want == auth.Refused && !errors.Is(result.Err, cephx.ErrTicketExpired) {
			t.Errorf("grace %v, %v after: %v", c.grace, c.after, result.Err)
		}
	}
	w := newWorld(t)
	a := w.authorizer(w.login("client.x").Tickets())
	w.advance(3 * time.Hour)
	result := w.server().NewExchange(wire.EntityAddr{}).Verify(connectRequest(a, offered))
	if !errors.Is(result.Err, cephx.ErrTicketExpired) &&
		!errors.Is(result.Err, cephx.ErrUnknownSecret) {
		t.Errorf("long after: %v", result.Err)
	}
}

func TestAcceptUnknown(t *testing.T) {
	w := newWorld(t)
	mon := w.server(func(c *cephx.ServerConfig) {
		c.Service = wire.EntityMon
		c.AcceptUnknown = func(peer wire.EntityType) bool { return peer != wire.EntityMon }
		c.Requirements = cephx.Requirements{RequireSignatures: true, RequireVersion: 2}
	})
	for _, c := range []struct {
		peer     wire.EntityType
		protocol uint32
		bytes    []byte
		want     auth.Outcome
	}{
		{wire.EntityClient, wire.AuthUnknown, nil, auth.Accepted},
		{wire.EntityOSD, wire.AuthUnknown, nil, auth.Accepted},
		{wire.EntityMon, wire.AuthUnknown, nil, auth.Refused},
		{wire.EntityClient, wire.AuthUnknown, []byte{1}, auth.Refused},
		{wire.EntityClient, wire.AuthCephx, []byte("junk"), auth.Refused},
	} {
		result := mon.NewExchange(wire.EntityAddr{}).Verify(auth.Request{
			Connect: wire.Connect{HostType: c.peer, AuthorizerProtocol: c.protocol,
				Features: offered}, Authorizer: c.bytes,
		})
		if result.Outcome != c.want || result.Security != nil {
			t.Errorf("%+v: %+v", c, result)
		}
	}
	if got := mon.RequiredFeatures(wire.EntityClient); got != 0 {
		t.Errorf("requires %v of clients", got)
	}
	if got, want := mon.RequiredFeatures(wire.EntityMon),
		wire.FeatureMsgAuth|wire.FeatureCephxV2; got != want {
		t.Errorf("requires %v of monitors, want %v", got, want)
	}
}

func TestServerNeedsSecrets(t *testing.T) {
	if _, err := cephx.NewServer(cephx.ServerConfig{}); err == nil {
		t.Error("server without secrets")
	}
}
