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
			want := auth.Identity{Name: "client.admin", GlobalID: login.Tickets().GlobalID(), Capabilities: []byte("\x07\x00\x00\x00allow *")}
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

// TestReplayedAuthorizer records what a client sent and plays it on another socket.
func TestReplayedAuthorizer(t *testing.T) {
	w := newWorld(t)
	server, a := w.server(), w.authorizer(w.login("client.admin").Tickets())
	first := connectRequest(a, offered)
	if result := handshake(t, a, server.NewExchange(wire.EntityAddr{}), offered); result.Outcome != auth.Accepted {
		t.Fatal(result.Err)
	}
	second := connectRequest(a, offered)

	replay := server.NewExchange(wire.EntityAddr{})
	if result := replay.Verify(first); result.Outcome != auth.Challenged {
		t.Fatalf("first: %v", result.Outcome)
	}
	if result := replay.Verify(second); result.Outcome != auth.Refused || !errors.Is(result.Err, cephx.ErrReplay) {
		t.Errorf("answer to an older challenge: %v, %v", result.Outcome, result.Err)
	}
	replay = server.NewExchange(wire.EntityAddr{})
	if result := replay.Verify(second); result.Outcome != auth.Challenged {
		t.Errorf("answer without a challenge: %v", result.Outcome)
	}
	if result := replay.Verify(first); result.Outcome != auth.Refused || !errors.Is(result.Err, cephx.ErrReplay) {
		t.Errorf("no answer to the challenge: %v, %v", result.Outcome, result.Err)
	}
	// After a refusal the peer may come with a fresh authorizer, which is challenged anew.
	fresh := w.authorizer(w.login("client.admin").Tickets())
	if result := handshake(t, fresh, replay, offered); result.Outcome != auth.Accepted {
		t.Errorf("fresh authorizer after a refusal: %v", result.Err)
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
		{"no authorizer", func(r *auth.Request) { r.Connect.AuthorizerProtocol, r.Authorizer = wire.AuthUnknown, nil },
			cephx.ErrNoTicket, "cephx: client offers authorizer protocol 0 instead of 2: no ticket"},
		{"method none", func(r *auth.Request) { r.Connect.AuthorizerProtocol = wire.AuthNone },
			cephx.ErrNoTicket, "cephx: client offers authorizer protocol 1 instead of 2: no ticket"},
		{"nothing", func(r *auth.Request) { r.Authorizer = nil },
			wire.ErrShort, "cephx: authorizer of client: wire: decode cephx_authorizer: struct_v at offset 0: need 1 bytes, have 0: short input"},
		{"junk", func(r *auth.Request) { r.Authorizer = []byte("junk") },
			wire.ErrInvalid, "cephx: authorizer of client: wire: decode cephx_authorizer: struct_v at offset 0: version 106, know 1 to 1: invalid value"},
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
		}, cephx.ErrUnknownSecret, "cephx: ticket for osd: cephx: secret 0 of osd: oldest is 1, the ticket has expired: unknown secret"},
		{"secret of the future", func(r *auth.Request) {
			a := good()
			a.Ticket.SecretID = 9
			r.Authorizer = a.Append(nil)
		}, cephx.ErrUnknownSecret, "cephx: ticket for osd: cephx: secret 9 of osd: newest is 3, ours are out of date or made elsewhere: unknown secret"},
		{"shared key that osds do not have", func(r *auth.Request) {
			a := good()
			a.Ticket.SecretID = cephx.SharedSecretID
			r.Authorizer = a.Append(nil)
		}, cephx.ErrUnknownSecret, "cephx: ticket for osd: cephx: shared key of osd: cephx: keyring has nothing for osd.: no such entity: unknown secret"},
		{"global id of somebody else", func(r *auth.Request) {
			a := good()
			a.GlobalID++
			r.Authorizer = a.Append(nil)
		}, cephx.ErrNoProof, "cephx: ticket of client.admin with global id 4097 in an authorizer of 4098: no proof"},
		{"session key of somebody else", func(r *auth.Request) {
			a := good()
			a.Authorize = testKey(t, 1).Seal(cephx.Authorize{}.Append(nil))
			r.Authorizer = a.Append(nil)
		}, cephx.ErrWrongKey, "cephx: authorizer with the ticket of client.admin: wrong key or damaged bytes"},
		{"nothing sealed", func(r *auth.Request) {
			a := good()
			a.Authorize = osdTicket.SessionKey.Seal(nil)
			r.Authorizer = a.Append(nil)
		}, wire.ErrShort, "cephx: authorizer with the ticket of client.admin: wire: decode cephx_authorize: struct_v at offset 0: need 1 bytes, have 0: short input"},
		{"empty ticket", func(r *auth.Request) {
			a := good()
			a.Ticket.Blob = nil
			r.Authorizer = a.Append(nil)
		}, cephx.ErrWrongKey, "cephx: ticket for osd: open ticket: 0 encrypted bytes, want a multiple of 16: wrong key or damaged bytes"},
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
		{0, 2 * time.Hour, auth.Challenged}, // the ticket is good for one hour, and the default grace for another
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
		e := w.server(func(s *cephx.ServerConfig) { s.Secrets, s.ExpiryGrace = rotating, c.grace }).NewExchange(wire.EntityAddr{})
		result := e.Verify(connectRequest(a, offered))
		if result.Outcome != c.want {
			t.Errorf("grace %v, %v after: outcome %v, %v", c.grace, c.after, result.Outcome, result.Err)
		}
		if c.want == auth.Refused && !errors.Is(result.Err, cephx.ErrTicketExpired) {
			t.Errorf("grace %v, %v after: %v", c.grace, c.after, result.Err)
		}
	}
	w := newWorld(t)
	a := w.authorizer(w.login("client.x").Tickets())
	w.advance(3 * time.Hour)
	result := w.server().NewExchange(wire.EntityAddr{}).Verify(connectRequest(a, offered))
	if !errors.Is(result.Err, cephx.ErrTicketExpired) && !errors.Is(result.Err, cephx.ErrUnknownSecret) {
		t.Errorf("long after: %v", result.Err)
	}
}

// TestDamagedHandshake flips every bit, and cuts at every length, of everything that travels in a handshake. Nothing
// of it is accepted.
func TestDamagedHandshake(t *testing.T) {
	w := newWorld(t)
	tickets := w.login("client.admin").Tickets()
	damage := func(what string, b []byte, try func([]byte) (accepted bool)) {
		t.Helper()
		for n := range b {
			if try(b[:n:n]) {
				t.Errorf("%s: the first %d bytes of %d are accepted", what, n, len(b))
			}
		}
		if try(append(bytes.Clone(b), 0)) {
			t.Errorf("%s: a byte too many is accepted", what)
		}
		for i := range 8 * len(b) {
			flipped := bytes.Clone(b)
			flipped[i/8] ^= 1 << (i % 8)
			if try(flipped) {
				t.Errorf("%s: bit %d of byte %d of %d flipped is accepted", what, i%8, i/8, len(b))
			}
		}
	}

	// Without a challenge.
	a := w.authorizer(tickets)
	damage("authorizer", a.Bytes(), func(b []byte) bool {
		r := connectRequest(a, withoutV2)
		r.Authorizer = b
		return w.server().NewExchange(wire.EntityAddr{}).Verify(r).Outcome != auth.Refused
	})

	// With one: the answer, and the challenge itself.
	e := w.server().NewExchange(wire.EntityAddr{})
	challenge := e.Verify(connectRequest(a, offered)).Reply
	damage("challenge", challenge, func(b []byte) bool { return a.AnswerChallenge(b) == nil })
	if err := a.AnswerChallenge(challenge); err != nil {
		t.Fatal(err)
	}
	number := openChallenge(t, mustTicket(t, tickets), challenge)
	damage("answer", a.Bytes(), func(b []byte) bool {
		random := script{}
		random.push(number)
		e := w.server(func(s *cephx.ServerConfig) { s.Random = &random }).NewExchange(wire.EntityAddr{})
		r := connectRequest(a, offered)
		e.Verify(r) // draws the same challenge
		r.Authorizer = b
		return e.Verify(r).Outcome != auth.Refused
	})

	// The server's proof.
	result := e.Verify(connectRequest(a, offered))
	if result.Outcome != auth.Accepted {
		t.Fatal(result.Err)
	}
	damage("reply", result.Reply, func(b []byte) bool {
		_, err := a.VerifyReply(b, offered)
		if err != nil && !errors.Is(err, auth.ErrRefused) {
			t.Errorf("reply: %v", err)
		}
		return err == nil
	})
}

func mustTicket(t testing.TB, tickets *cephx.TicketSet) cephx.Ticket {
	t.Helper()
	ticket, ok := tickets.Ticket(wire.EntityOSD)
	if !ok {
		t.Fatal("no ticket for osd")
	}
	return ticket
}

// TestImpostor is a server without the service's secrets.
func TestImpostor(t *testing.T) {
	w := newWorld(t)
	tickets := w.login("client.admin").Tickets()
	a, stranger := w.authorizer(tickets), testKey(t, 1)
	for name, reply := range map[string][]byte{
		"silent":             nil,
		"with a guessed key": {32, 0, 0, 0},
		"who echoes":         a.Bytes(),
	} {
		if name == "with a guessed key" {
			reply = append(reply, stranger.Seal(cephx.AuthorizeReply{}.Append(nil))...)
		}
		if _, err := a.VerifyReply(reply, offered); !errors.Is(err, auth.ErrRefused) {
			t.Errorf("impostor %s: %v", name, err)
		}
	}
	if _, err := a.VerifyReply(nil, offered); !errors.Is(err, cephx.ErrNoProof) {
		t.Errorf("silent impostor: %v", err)
	}
	if err := a.AnswerChallenge(stranger.Seal(cephx.AuthorizeChallenge{}.Append(nil))); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("challenge by an impostor: %v", err)
	}
	// The proof of another connection of the same session key.
	other := w.authorizer(tickets)
	result := handshake(t, other, w.server().NewExchange(wire.EntityAddr{}), offered)
	if _, err := a.VerifyReply(result.Reply, offered); !errors.Is(err, cephx.ErrNoProof) {
		t.Errorf("proof of another connection: %v", err)
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
			Connect: wire.Connect{HostType: c.peer, AuthorizerProtocol: c.protocol, Features: offered}, Authorizer: c.bytes,
		})
		if result.Outcome != c.want || result.Security != nil {
			t.Errorf("%+v: %+v", c, result)
		}
	}
	if got := mon.RequiredFeatures(wire.EntityClient); got != 0 {
		t.Errorf("requires %v of clients", got)
	}
	if got, want := mon.RequiredFeatures(wire.EntityMon), wire.FeatureMsgAuth|wire.FeatureCephxV2; got != want {
		t.Errorf("requires %v of monitors, want %v", got, want)
	}
}

func TestServerNeedsSecrets(t *testing.T) {
	if _, err := cephx.NewServer(cephx.ServerConfig{}); err == nil {
		t.Error("server without secrets")
	}
}

// TestChallengeNeedsRandom refuses rather than sending a challenge that can be foreseen.
func TestChallengeNeedsRandom(t *testing.T) {
	w := newWorld(t)
	a := w.authorizer(w.login("client.admin").Tickets())
	e := w.server(func(c *cephx.ServerConfig) { c.Random = &script{} }).NewExchange(wire.EntityAddr{})
	if result := e.Verify(connectRequest(a, offered)); result.Outcome != auth.Refused || result.Reply != nil {
		t.Errorf("%+v", result)
	}
}

// TestChallengeOfAllOnes draws the challenge whose successor is 0, which is what an authorizer without an answer holds.
func TestChallengeOfAllOnes(t *testing.T) {
	w := newWorld(t)
	a := w.authorizer(w.login("client.admin").Tickets())
	random := script{}
	random.push(^uint64(0))
	e := w.server(func(c *cephx.ServerConfig) { c.Random = &random }).NewExchange(wire.EntityAddr{})
	first := connectRequest(a, offered)
	if result := e.Verify(first); result.Outcome != auth.Challenged {
		t.Fatal(result.Outcome)
	}
	if result := e.Verify(first); !errors.Is(result.Err, cephx.ErrReplay) {
		t.Errorf("no answer: %+v", result)
	}
}

// TestChallengeByOffer challenges a peer that offers CEPHX_V2 even if we do not.
func TestChallengeByOffer(t *testing.T) {
	w := newWorld(t)
	r := connectRequest(w.authorizer(w.login("client.admin").Tickets()), offered)
	r.Features = withoutV2
	if result := w.server().NewExchange(wire.EntityAddr{}).Verify(r); result.Outcome != auth.Challenged {
		t.Errorf("%+v", result)
	}
}
