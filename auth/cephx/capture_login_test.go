package cephx_test

import (
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// mauth and mauthReply take the payload of these messages apart.
func mauth(t testing.TB, m message) auth.LoginRequest {
	t.Helper()
	b := m.front[18:] // behind the prefix of messages for Paxos services
	n := binary.LittleEndian.Uint32(b[4:])
	return auth.LoginRequest{Protocol: binary.LittleEndian.Uint32(b), Payload: b[8 : 8+n]}
}

func mauthReply(t testing.TB, m message) auth.LoginReply {
	t.Helper()
	b := m.front
	n := binary.LittleEndian.Uint32(b[16:])
	return auth.LoginReply{
		Protocol: binary.LittleEndian.Uint32(b),
		Result:   int32(binary.LittleEndian.Uint32(b[4:])),
		GlobalID: binary.LittleEndian.Uint64(b[8:]),
		Payload:  b[20 : 20+n],
	}
}

func (s *session) login(t testing.TB) (requests []auth.LoginRequest, replies []auth.LoginReply,
	times []time.Time) {
	t.Helper()
	for _, m := range s.messages {
		switch {
		case m.direction == capture.FromClient && m.header.Type == typeMAuth:
			requests = append(requests, mauth(t, m))
		case m.direction == capture.FromServer && m.header.Type == typeMAuthReply:
			replies, times = append(replies, mauthReply(t, m)), append(times, m.at)
		}
	}
	return requests, replies, times
}

// client is the principal of one or more logins.
type client struct {
	name     auth.EntityName
	login    *cephx.Login
	rotating *cephx.RotatingKeyring
	now      time.Time
	random   script
}

// replayLogin plays the client of a login.
func (l *loot) replayLogin(t testing.TB, r *recording, s *session) {
	t.Helper()
	requests, replies, times := s.login(t)
	if len(requests) == 0 {
		return
	}
	l.logins++
	initial, err := auth.DecodeInitialRequest(requests[0].Payload)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := r.keyring.Lookup(initial.Name)
	if err != nil {
		t.Fatal(err)
	}
	authenticate, err := cephx.DecodeAuthenticate(requests[1].Payload[cephx.RequestSize:])
	if err != nil {
		t.Fatal(err)
	}
	c := l.client(t, initial.Name, initial.GlobalID, entry.Key, authenticate.OtherKeys, r.keyring)
	c.now = times[0]
	got, err := c.login.Begin()
	for i, request := range requests {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(request, got); diff != "" {
			t.Fatalf("request %d of %v (-recorded +ours):\n%s", i, initial.Name, diff)
		}
		if i == len(replies) {
			break // the capture was cut off
		}
		if i == 0 {
			c.random.push(authenticate.ClientChallenge)
		}
		c.now = times[i]
		next, done, handleErr := c.login.Handle(replies[i])
		if handleErr != nil {
			t.Fatalf("reply %d to %v: %v", i, initial.Name, handleErr)
		}
		l.collect(c)
		if got = next; !done {
			continue
		}
		if i+1 < len(requests) {
			got, err = follow(t, c, requests[i+1])
		}
	}
	if ticket, ok := c.login.Tickets().Ticket(wire.EntityAuth); ok {
		l.compare(t, s, ticket)
	}
	if !c.rotating.Stale(c.now) {
		l.rotating[initial.Name.Type] = c.rotating
	}
}

// compare wants the session key to be the known one, if it is known.
func (l *loot) compare(t testing.TB, s *session, ticket cephx.Ticket) {
	t.Helper()
	if s.known == "" {
		return
	}
	if l.known++; hex.EncodeToString(secretOf(ticket.SessionKey)) != s.known {
		t.Errorf("%v: session key of %v is not the known one", s.client, ticket.Service)
	}
}

// follow makes the request that the recorded client sent after it had its ticket for AUTH.
func follow(t testing.TB, c *client, recorded auth.LoginRequest) (auth.LoginRequest, error) {
	t.Helper()
	switch request, _ := cephx.DecodeRequestType(recorded.Payload); request {
	case cephx.GetPrincipalSessionKey:
		r, err := cephx.DecodeTicketRequest(recorded.Payload[cephx.RequestSize:])
		if err != nil {
			t.Fatal(err)
		}
		ticket, _ := c.login.Tickets().Ticket(wire.EntityAuth)
		body, err := ticket.SessionKey.Open(r.Authorizer.Authorize)
		if err != nil {
			t.Fatal(err)
		}
		authorize, err := cephx.DecodeAuthorize(body)
		if err != nil {
			t.Fatal(err)
		}
		c.random.push(authorize.Nonce)
		got, _, err := c.login.RenewNow(r.Keys)
		return got, err
	case cephx.GetRotatingKey:
		return c.login.RequestRotating()
	default:
		t.Fatalf("recorded client sends %v", request)
		return auth.LoginRequest{}, nil
	}
}

func (l *loot) collect(c *client) {
	if id := c.login.Tickets().GlobalID(); id != 0 {
		l.clients[id] = c
	}
	for service := wire.EntityType(1); service != 0; service <<= 1 {
		if ticket, ok := c.login.Tickets().Ticket(service); ok {
			l.tickets[string(ticket.Blob.Blob)] = ticket
		}
	}
}
