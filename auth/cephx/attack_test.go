package cephx_test

import (
	"bytes"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// TestReplayedAuthorizer records what a client sent and plays it on another socket.
func TestReplayedAuthorizer(t *testing.T) {
	w := newWorld(t)
	server, a := w.server(), w.authorizer(w.login("client.admin").Tickets())
	first := connectRequest(a, offered)
	if result := handshake(t, a, server.NewExchange(wire.EntityAddr{}),
		offered); result.Outcome != auth.Accepted {
		t.Fatal(result.Err)
	}
	second := connectRequest(a, offered)

	replay := server.NewExchange(wire.EntityAddr{})
	if result := replay.Verify(first); result.Outcome != auth.Challenged {
		t.Fatalf("first: %v", result.Outcome)
	}
	if result := replay.Verify(
		second); result.Outcome != auth.Refused || !errors.Is(result.Err, cephx.ErrReplay) {
		t.Errorf("answer to an older challenge: %v, %v", result.Outcome, result.Err)
	}
	replay = server.NewExchange(wire.EntityAddr{})
	if result := replay.Verify(second); result.Outcome != auth.Challenged {
		t.Errorf("answer without a challenge: %v", result.Outcome)
	}
	if result := replay.Verify(
		first); result.Outcome != auth.Refused || !errors.Is(result.Err, cephx.ErrReplay) {
		t.Errorf("no answer to the challenge: %v, %v", result.Outcome, result.Err)
	}
	// After a refusal the peer may come with a fresh authorizer, which is challenged anew.
	fresh := w.authorizer(w.login("client.admin").Tickets())
	if result := handshake(t, fresh, replay, offered); result.Outcome != auth.Accepted {
		t.Errorf("fresh authorizer after a refusal: %v", result.Err)
	}
}

// TestDamagedHandshake flips every bit, and cuts at every length, of everything that travels in a
// handshake. Nothing of it is accepted.
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
		e := w.server(func(s *cephx.ServerConfig) {
			s.Random = &random
		}).NewExchange(wire.EntityAddr{})
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
	if err := a.AnswerChallenge(stranger.Seal(cephx.AuthorizeChallenge{}.Append(
		nil))); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("challenge by an impostor: %v", err)
	}
	// The proof of another connection of the same session key.
	other := w.authorizer(tickets)
	result := handshake(t, other, w.server().NewExchange(wire.EntityAddr{}), offered)
	if _, err := a.VerifyReply(result.Reply, offered); !errors.Is(err, cephx.ErrNoProof) {
		t.Errorf("proof of another connection: %v", err)
	}
}

// TestChallengeOfAllOnes draws the challenge whose successor is 0, which is what an authorizer
// without an answer holds.
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
	if result := w.server().NewExchange(wire.EntityAddr{}).Verify(
		r); result.Outcome != auth.Challenged {
		t.Errorf("%+v", result)
	}
}

// TestChallengeNeedsRandom refuses rather than sending a challenge that can be foreseen.
func TestChallengeNeedsRandom(t *testing.T) {
	w := newWorld(t)
	a := w.authorizer(w.login("client.admin").Tickets())
	e := w.server(func(c *cephx.ServerConfig) {
		c.Random = &script{}
	}).NewExchange(wire.EntityAddr{})
	if result := e.Verify(connectRequest(a,
		offered)); result.Outcome != auth.Refused || result.Reply != nil {
		t.Errorf("%+v", result)
	}
}
