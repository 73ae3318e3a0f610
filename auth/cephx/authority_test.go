package cephx_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func TestAuthorityNeedsKeyring(t *testing.T) {
	if _, err := cephx.NewAuthority(cephx.AuthorityConfig{}); err == nil {
		t.Error("authority without a keyring")
	}
}

// TestRotation follows the secrets of a service through the hours: always three, the middle one in
// use, each for one validity after the one before it, and nothing forgotten while a ticket sealed
// with it is valid.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	type state struct {
		Current, Newest uint64
		Expirations     []time.Duration // since the start, of the secrets in order
	}
	for _, c := range []struct {
		at   time.Duration
		want state
	}{
		{0, state{2, 3, hours(1, 2, 3)}},
		{2*time.Hour - 1, state{2, 3, hours(1, 2, 3)}},
		{2 * time.Hour, state{3, 4, hours(2, 3, 4)}},
		{3 * time.Hour, state{4, 5, hours(3, 4, 5)}},
		// Nobody asked for a long time: as many new ones as it takes until the middle one is good.
		{100 * time.Hour, state{6, 7, hours(5, 102, 103)}},
	} {
		w.advance(epoch.Add(c.at).Sub(w.clock()))
		secrets, err := w.authority.Rotating(wire.EntityOSD)
		if err != nil {
			t.Fatal(err)
		}
		current, _ := secrets.Current()
		got := state{Current: current, Newest: secrets.Newest}
		for id := secrets.Newest - 2; id <= secrets.Newest; id++ {
			got.Expirations = append(got.Expirations, secrets.Secrets[id].Expiration.Sub(epoch))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", c.at, diff)
		}
		if len(secrets.Secrets) != 3 {
			t.Errorf("after %v: %d secrets", c.at, len(secrets.Secrets))
		}
	}
}

func hours(list ...time.Duration) []time.Duration {
	for i := range list {
		list[i] *= time.Hour
	}
	return list
}

// TestTicketsOutliveRotation makes a ticket at the last moment of a secret and uses it at its own
// last moment.
func TestTicketsOutliveRotation(t *testing.T) {
	w := newWorld(t)
	if _, err := w.authority.Rotating(wire.EntityOSD); err != nil {
		t.Fatal(err)
	}
	w.advance(2*time.Hour - 1)
	login := w.login("client.x")
	w.advance(time.Hour - 1)
	if result := handshake(t, w.authorizer(login.Tickets()),
		w.server().NewExchange(wire.EntityAddr{}), offered); result.Outcome != auth.Accepted {
		t.Error(result.Err)
	}
}

func TestSecretsOfNoService(t *testing.T) {
	w := newWorld(t)
	for _, service := range []wire.EntityType{0, wire.EntityClient, wire.EntityOSD | wire.EntityMon,
		0x40, 0xff} {
		if _, err := w.authority.Rotating(service); !errors.Is(err, cephx.ErrUnknownSecret) {
			t.Errorf("secrets of %v: %v", service, err)
		}
		if _, err := w.authority.ServiceSecret(service,
			1); !errors.Is(err, cephx.ErrUnknownSecret) {
			t.Errorf("secret of %v: %v", service, err)
		}
	}
	if k, err := w.authority.ServiceSecret(wire.EntityMon,
		cephx.SharedSecretID); err != nil || !k.Equal(w.key("mon.")) {
		t.Errorf("shared key of mon: %v", err)
	}
}

// TestAuthorityRefuses sends requests that no client of ours would.
func TestAuthorityRefuses(t *testing.T) {
	w := newWorld(t)
	initial := func(n string, globalID uint64, protocols ...uint32) auth.LoginRequest {
		return auth.LoginRequest{Payload: auth.InitialRequest{Protocols: protocols,
			Name: name(t, n), GlobalID: globalID}.Append(nil)}
	}
	cephxRequest := func(payload []byte) auth.LoginRequest {
		return auth.LoginRequest{Protocol: wire.AuthCephx, Payload: payload}
	}
	admin, x := w.login("client.admin").Tickets(), w.login("client.x").Tickets()
	authorizer := func(tickets *cephx.TicketSet, service wire.EntityType) cephx.Authorizer {
		ticket, _ := tickets.Ticket(service)
		a, err := ticket.NewAuthorizer(cephx.Requirements{}, w.random)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := cephx.DecodeAuthorizer(a.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return decoded
	}
	ticketRequest := func(a cephx.Authorizer) auth.LoginRequest {
		return cephxRequest(cephx.TicketRequest{Authorizer: a,
			Keys: wire.EntityOSD}.Append(cephx.GetPrincipalSessionKey.Append(nil)))
	}
	unsealed := authorizer(admin, wire.EntityAuth)
	unsealed.Authorize = testKey(t, 1).Seal(cephx.Authorize{}.Append(nil))
	begin := initial("client.admin", 0, wire.AuthCephx)
	for _, c := range []struct {
		name     string
		requests []auth.LoginRequest // all but the last are good
		code     int32
		text     string
	}{
		{"junk", []auth.LoginRequest{{Payload: []byte{1}}}, -22,
			"cephx: login: wire: decode auth_initial_request: number of protocols at offset 1: " +
				"need 4 bytes, have 0: short input"},
		{"method none", []auth.LoginRequest{initial("client.admin", 0, wire.AuthNone)}, -95,
			"cephx: login of client.admin by protocols [1], none of them cephx: invalid value"},
		{"another method", []auth.LoginRequest{begin, {Protocol: 4}}, -22,
			"cephx: login by protocol 4: invalid value"},
		{"in the middle", []auth.LoginRequest{cephxRequest(cephx.GetRotatingKey.Append(nil))}, -22,
			"cephx: login does not begin at the beginning: invalid value"},
		{"no request", []auth.LoginRequest{begin, cephxRequest(nil)}, -1,
			"cephx: login of client.admin: wire: decode cephx_request_header: request_type at " +
				"offset 0: need 2 bytes, have 0: short input"},
		{"unknown request", []auth.LoginRequest{begin, cephxRequest([]byte{0, 8})}, -22,
			"cephx: login of client.admin: request 0x0800: invalid value"},
		{"cut off", []auth.LoginRequest{begin, cephxRequest([]byte{0, 1})}, -1,
			"cephx: login of client.admin: wire: decode cephx_authenticate: struct_v at offset 0: " +
				"" +
				"" +
				"need 1 bytes, have 0: short input"},
		{"old ticket for a new id", []auth.LoginRequest{begin, {}}, -22,
			"cephx: login of client.admin: an old ticket, but no old global id: invalid value"},
		{"rotating before login", []auth.LoginRequest{begin,
			cephxRequest(cephx.GetRotatingKey.Append(nil))}, -1,
			"cephx: rotating secrets for client.admin before login: no proof"},
		{"tickets, cut off", []auth.LoginRequest{begin, cephxRequest([]byte{0, 2})}, -1,
			"cephx: tickets for client.admin: wire: decode cephx_authorizer: struct_v at offset " +
				"0: need 1 bytes, have 0: short input"},
		{"tickets by a ticket for osd", []auth.LoginRequest{begin,
			ticketRequest(authorizer(admin, wire.EntityOSD))}, -1,
			"cephx: tickets for client.admin: authorizer is for osd, not for auth: no ticket"},
		{"tickets by somebody else's ticket", []auth.LoginRequest{begin,
			ticketRequest(authorizer(x, wire.EntityAuth))}, -1,
			"cephx: tickets for client.admin: ticket is of client.x: no proof"},
		{"tickets without the session key", []auth.LoginRequest{begin, ticketRequest(unsealed)}, -1,
			"cephx: authorizer with the ticket of client.admin: wrong key or damaged bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			session := w.authority.NewSession()
			for i, request := range c.requests {
				last := i == len(c.requests)-1
				if c.name == "old ticket for a new id" && last {
					request = oldTicketForNewID(t, w, session)
				}
				reply, err := session.Handle(request)
				if !last {
					if err != nil {
						t.Fatal(err)
					}
					continue
				}
				if err == nil || err.Error() != c.text || !errors.Is(err, auth.ErrRefused) {
					t.Errorf("\n got %v\nwant %s", err, c.text)
				}
				if reply.Result != c.code || reply.Payload != nil ||
					reply.Protocol != wire.AuthCephx {
					t.Errorf("reply %+v, want result %d", reply, c.code)
				}
			}
			if _, ok := session.Identity(); ok {
				t.Error("session has an identity")
			}
		})
	}
}

// oldTicketForNewID begins once more, to learn the challenge, and returns a request with a ticket
// that is not needed.
func oldTicketForNewID(t *testing.T, w *world, session *cephx.AuthoritySession) auth.LoginRequest {
	t.Helper()
	reply, err := session.Handle(auth.LoginRequest{Payload: auth.InitialRequest{
		Protocols: []uint32{wire.AuthCephx}, Name: name(t, "client.admin"),
	}.Append(nil)})
	if err != nil {
		t.Fatal(err)
	}
	challenge, err := cephx.DecodeServerChallenge(reply.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return auth.LoginRequest{Protocol: wire.AuthCephx, Payload: cephx.Authenticate{
		Proof:     cephx.Proof(w.key("client.admin"), challenge.Challenge, 0),
		OldTicket: cephx.TicketBlob{SecretID: 1, Blob: []byte("ticket")},
	}.Append(cephx.GetAuthSessionKey.Append(nil))}
}

// TestExpiredAuthTicket asks for tickets with one that has expired.
func TestExpiredAuthTicket(t *testing.T) {
	w := newWorld(t)
	login, session := w.newLogin("client.admin"), w.authority.NewSession()
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	w.advance(72*time.Hour + 1)
	ticket, _ := login.Tickets().Ticket(wire.EntityAuth)
	a, err := ticket.NewAuthorizer(cephx.Requirements{}, w.random)
	if err != nil {
		t.Fatal(err)
	}
	decoded, _ := cephx.DecodeAuthorizer(a.Bytes())
	_, err = session.Handle(auth.LoginRequest{Protocol: wire.AuthCephx,
		Payload: cephx.TicketRequest{
			Authorizer: decoded, Keys: wire.EntityOSD,
		}.Append(cephx.GetPrincipalSessionKey.Append(nil))})
	if !errors.Is(err, cephx.ErrTicketExpired) {
		t.Error(err)
	}
	// The login itself notices, and goes by its long-lived key.
	request, needed, err := login.Renew()
	if requestType, _ := cephx.DecodeRequestType(
		request.Payload); err != nil || !needed || requestType != cephx.GetAuthSessionKey {
		t.Fatalf("%v, %v, %v", requestType, needed, err)
	}
	if err := carry(login, session, request); err != nil {
		t.Error(err)
	}
}

func FuzzAuthoritySession(f *testing.F) {
	w := newWorld(f)
	for _, structure := range []string{"Authenticate", "TicketRequest"} {
		for _, seed := range seeds(f, structure) {
			f.Add(uint16(cephx.GetAuthSessionKey), seed)
			f.Add(uint16(cephx.GetPrincipalSessionKey), seed)
		}
	}
	f.Add(uint16(cephx.GetRotatingKey), []byte(nil))
	f.Fuzz(func(t *testing.T, requestType uint16, body []byte) {
		session := w.authority.NewSession()
		if _, err := session.Handle(auth.LoginRequest{Payload: auth.InitialRequest{
			Protocols: []uint32{wire.AuthCephx}, Name: name(t, "client.admin"),
		}.Append(nil)}); err != nil {
			t.Fatal(err)
		}
		payload := append(cephx.RequestType(requestType).Append(nil), body...)
		if _, err := session.Handle(auth.LoginRequest{Protocol: wire.AuthCephx,
			Payload: payload}); err == nil {
			t.Fatalf("%x is accepted", payload)
		}
	})
}

func FuzzExchange(f *testing.F) {
	w := newWorld(f)
	for _, seed := range seeds(f, "Authorizer") {
		f.Add(uint64(offered), seed)
	}
	a := w.authorizer(w.login("client.x").Tickets())
	genuine := a.Bytes()
	f.Add(uint64(offered), genuine)
	server := w.server()
	f.Fuzz(func(t *testing.T, features uint64, b []byte) {
		r := connectRequest(a, wire.Features(features))
		r.Authorizer = b
		result := server.NewExchange(wire.EntityAddr{}).Verify(r)
		if string(b) != string(genuine) && result.Outcome != auth.Refused {
			t.Fatalf("%x: %v", b, result.Outcome)
		}
	})
}

func FuzzLoginReply(f *testing.F) {
	w := newWorld(f)
	for _, structure := range []string{"ServerChallenge", "ReplyHeader"} {
		for _, seed := range seeds(f, structure) {
			f.Add(seed, seed)
		}
	}
	for _, s := range samples(f) {
		if s.structure == "AuthenticateReply" {
			f.Add(cephx.ServerChallenge{Challenge: 1}.Append(nil),
				append(cephx.ReplyHeader{Type: cephx.GetAuthSessionKey}.Append(nil), s.encoded...))
		}
	}
	config := cephx.LoginConfig{Name: name(f, "client.x"), Key: w.key("client.x"),
		Services: allServices}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		login, err := cephx.NewLogin(config)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = login.Begin()
		_, _, _ = login.Handle(auth.LoginReply{Protocol: wire.AuthCephx, Payload: first})
		_, done, _ := login.Handle(auth.LoginReply{Protocol: wire.AuthCephx, Payload: second})
		if done || login.Tickets().Services() != 0 {
			t.Fatalf("%x, %x: done %v", first, second, done)
		}
	})
}

func FuzzVerifyReply(f *testing.F) {
	w := newWorld(f)
	a := w.authorizer(w.login("client.x").Tickets())
	f.Add([]byte{32, 0, 0, 0})
	f.Add(append([]byte{32, 0, 0, 0}, make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := a.VerifyReply(b, offered); err == nil {
			t.Fatalf("%x is believed", b)
		}
		if err := a.AnswerChallenge(b); err == nil {
			t.Fatalf("%x is answered", b)
		}
	})
}
