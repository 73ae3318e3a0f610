package cephx_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func TestLogin(t *testing.T) {
	w := newWorld(t)
	login, session := w.newLogin("client.admin"), w.authority.NewSession()
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	tickets := login.Tickets()
	if got, want := tickets.Services(), allServices|wire.EntityAuth; got != want {
		t.Errorf("tickets for %#x, want %#x", got, want)
	}
	identity, ok := session.Identity()
	want := auth.Identity{Name: "client.admin", GlobalID: tickets.GlobalID(), Proven: true,
		Capabilities: []byte("\x07\x00\x00\x00allow *")}
	if diff := cmp.Diff(want, identity); !ok || diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if tickets.Name() != name(t, "client.admin") || tickets.GlobalID() != 4097 {
		t.Errorf("name %v, global id %d", tickets.Name(), tickets.GlobalID())
	}
	osd, _ := tickets.Ticket(wire.EntityOSD)
	if !osd.Expires.Equal(epoch.Add(time.Hour)) ||
		!osd.RenewAfter.Equal(epoch.Add(45*time.Minute)) {
		t.Errorf("ticket for osd: renew after %v, expires %v", osd.RenewAfter, osd.Expires)
	}
	if mine, _ := tickets.Ticket(wire.EntityAuth); !mine.Expires.Equal(epoch.Add(72 * time.Hour)) {
		t.Errorf("ticket for auth expires %v", mine.Expires)
	}
	if other := w.login("client.x").Tickets().GlobalID(); other != 4098 {
		t.Errorf("second global id %d", other)
	}
}

// oldMonitor forgets what came with release 14: other tickets along with the one for AUTH.
func TestLoginAtOldMonitor(t *testing.T) {
	w := newWorld(t)
	login, session := w.newLogin("client.admin"), w.authority.NewSession()
	request, err := login.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var types []cephx.RequestType
	for done := false; !done; {
		if request.Protocol == wire.AuthCephx {
			requestType, _ := cephx.DecodeRequestType(request.Payload)
			types = append(types, requestType)
			if requestType == cephx.GetAuthSessionKey { // an old monitor reads other_keys as 0
				request.Payload = append(request.Payload[:len(request.Payload)-4:len(
					request.Payload)-4], 0, 0, 0, 0)
			}
		}
		reply, err := session.Handle(request)
		if err != nil {
			t.Fatal(err)
		}
		if request, done, err = login.Handle(reply); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]cephx.RequestType{cephx.GetAuthSessionKey, cephx.GetPrincipalSessionKey},
		types); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if got, want := login.Tickets().Services(), allServices|wire.EntityAuth; got != want {
		t.Errorf("tickets for %#x, want %#x", got, want)
	}
}

func TestLoginRefused(t *testing.T) {
	w := newWorld(t)
	other := testKey(t, 1)
	for _, c := range []struct {
		entity string
		key    *cephx.CryptoKey
		cause  error // as the authority sees it
		code   int32
	}{
		{"client.admin", &other, cephx.ErrWrongKey, -13},
		{"client.nobody", &other, cephx.ErrNoSuchEntity, -13},
		{"client.nomon", nil, cephx.ErrNoSuchEntity, -13},
	} {
		login := w.newLogin(c.entity, func(l *cephx.LoginConfig) {
			if c.key != nil {
				l.Key = *c.key
			}
		})
		session := w.authority.NewSession()
		request, err := login.Begin()
		if err != nil {
			t.Fatal(err)
		}
		reply, err := session.Handle(request)
		if err != nil {
			t.Fatal(err)
		}
		if request, _, err = login.Handle(reply); err != nil {
			t.Fatal(err)
		}
		reply, err = session.Handle(request)
		if !errors.Is(err, c.cause) || !errors.Is(err, auth.ErrRefused) || reply.Payload != nil {
			t.Errorf("%s: authority says %v, %+v", c.entity, err, reply)
		}
		if _, ok := session.Identity(); ok {
			t.Errorf("%s has an identity", c.entity)
		}
		_, done, err := login.Handle(reply)
		var result *cephx.ResultError
		if done || !errors.As(err, &result) || result.Code != c.code ||
			!errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s: login says %v", c.entity, err)
		}
		if _, _, err := login.Handle(
			reply); err == nil || !strings.Contains(err.Error(), "out of turn") {
			t.Errorf("%s: login goes on after a refusal: %v", c.entity, err)
		}
	}
}

func TestLoginWithoutKey(t *testing.T) {
	if _, err := cephx.NewLogin(cephx.LoginConfig{Name: name(t,
		"client.x")}); !errors.Is(err, cephx.ErrNoSuchEntity) {
		t.Error(err)
	}
}

// TestLoginDoubtsMonitor gives answers that a monitor with the right key would not.
func TestLoginDoubtsMonitor(t *testing.T) {
	w := newWorld(t)
	challenge := cephx.ServerChallenge{Challenge: 7}.Append(nil)
	stranger := testKey(t, 1)
	header := func(requestType cephx.RequestType, status int32) []byte {
		return cephx.ReplyHeader{Type: requestType, Status: status}.Append(nil)
	}
	ticketFor := func(service wire.EntityType, key cephx.CryptoKey) []byte {
		return cephx.TicketReply{{
			Service: service, ServiceTicket: cephx.ServiceTicket{SessionKey: stranger,
				Validity: time.Hour},
			Blob: cephx.TicketBlob{SecretID: 1, Blob: make([]byte, 16)},
		}}.Append(header(cephx.GetAuthSessionKey, 0), key, cephx.CryptoKey{})
	}
	key := w.key("client.admin")
	for _, c := range []struct {
		name    string
		replies []auth.LoginReply
		cause   error
		text    string
	}{
		{"method none", []auth.LoginReply{{Protocol: wire.AuthNone}},
			cephx.ErrNoProof, "cephx: login of client.admin: monitor chose protocol 1 instead of " +
				"2: no proof"},
		{"method none later", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: wire.AuthNone}},
			cephx.ErrNoProof, "cephx: login of client.admin: monitor chose protocol 1 instead of " +
				"2: no proof"},
		{"no cephx", []auth.LoginReply{{Protocol: 2, Result: -95}},
			auth.ErrRefused, "cephx: login of client.admin: EOPNOTSUPP: monitor does not offer " +
				"cephx"},
		{"message", []auth.LoginReply{{Protocol: 2, Result: -1, Message: "go away"}},
			auth.ErrRefused,
			`cephx: login of client.admin: EPERM: no such entity, or wrong key ("go away")`},
		{"unknown code", []auth.LoginReply{{Protocol: 2, Result: -99}},
			auth.ErrRefused, "cephx: login of client.admin: error -99"},
		{"no challenge", []auth.LoginReply{{Protocol: 2}}, wire.ErrShort,
			"cephx: login of client.admin: wire: decode cephx_server_challenge: struct_v at " +
				"offset 0: need 1 bytes, have 0: short input"},
		{"no header", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: 2, Payload: []byte{0, 1}}}, wire.ErrShort,
			"cephx: login of client.admin: wire: decode cephx_reply_header: status at offset 2: " +
				"need 4 bytes, have 0: short input"},
		{"answer to something else", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: 2, Payload: header(cephx.GetRotatingKey, 0)}},
			wire.ErrInvalid, "cephx: login of client.admin: monitor answers to get rotating key " +
				"instead of get auth session key: invalid value"},
		{"status", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: 2, Payload: header(cephx.GetAuthSessionKey, -5)}},
			auth.ErrRefused, "cephx: login of client.admin: get auth session key: EIO: monitor " +
				"cannot make tickets"},
		{"another key", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: 2, Payload: ticketFor(wire.EntityAuth, stranger)}},
			cephx.ErrWrongKey, "cephx: login of client.admin: ticket for auth: " +
				"cephx_service_ticket: wrong key or damaged bytes"},
		{"ticket for osd", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: 2, Payload: ticketFor(wire.EntityOSD, key)}},
			wire.ErrInvalid, "cephx: login of client.admin: ticket is for osd instead of auth: " +
				"invalid value"},
		{"no ticket", []auth.LoginReply{{Protocol: 2, Payload: challenge},
			{Protocol: 2, Payload: cephx.TicketReply{}.Append(header(cephx.GetAuthSessionKey, 0),
				key, cephx.CryptoKey{})}},
			wire.ErrInvalid, "cephx: login of client.admin: ticket for auth: wire: decode " +
				"cephx_authenticate_reply: tickets at offset 5: 0, want 1: invalid value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			login := w.newLogin("client.admin")
			if _, err := login.Begin(); err != nil {
				t.Fatal(err)
			}
			for i, reply := range c.replies {
				_, done, err := login.Handle(reply)
				if last := i == len(c.replies)-1; !last && err == nil {
					continue
				}
				if done || !errors.Is(err, auth.ErrRefused) || !errors.Is(err, c.cause) {
					t.Errorf("reply %d: done %v, %v", i, done, err)
				} else if err.Error() != c.text {
					t.Errorf("\n got %v\nwant %s", err, c.text)
				}
			}
			if login.Tickets().Services() != 0 {
				t.Error("there are tickets")
			}
		})
	}
}

// TestLoginSurvivesDamage flips bits of every reply. A login never panics, and never ends with a
// ticket whose session key is not the monitor's.
func TestLoginSurvivesDamage(t *testing.T) {
	w := newWorld(t)
	login, session := w.newLogin("client.admin"), w.authority.NewSession()
	var replies []auth.LoginReply
	request, err := login.Begin()
	for done := false; !done; {
		if err != nil {
			t.Fatal(err)
		}
		reply, _ := session.Handle(request)
		replies = append(replies, reply)
		request, done, err = login.Handle(reply)
	}
	good, _ := login.Tickets().Ticket(wire.EntityAuth)
	for i := range replies {
		for bit := range 8 * len(replies[i].Payload) {
			damaged := replies[i]
			damaged.Payload = append([]byte(nil), damaged.Payload...)
			damaged.Payload[bit/8] ^= 1 << (bit % 8)
			login := w.newLogin("client.admin")
			_, _ = login.Begin()
			for j := range i {
				_, _, _ = login.Handle(replies[j])
			}
			_, _, _ = login.Handle(damaged)
			if ticket, ok := login.Tickets().Ticket(
				wire.EntityAuth); ok && !ticket.SessionKey.Equal(good.SessionKey) {
				t.Errorf("reply %d, bit %d: another session key", i, bit)
			}
		}
	}
}

// TestLoginPassesOver brings tickets that were not asked for, and a second one for AUTH.
func TestLoginPassesOver(t *testing.T) {
	w := newWorld(t)
	key := w.key("client.x")
	login := w.newLogin("client.x", func(c *cephx.LoginConfig) { c.Services = wire.EntityOSD })
	if _, err := login.Begin(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := login.Handle(auth.LoginReply{Protocol: 2,
		Payload: cephx.ServerChallenge{Challenge: 1}.Append(nil)}); err != nil {
		t.Fatal(err)
	}
	ticket := func(service wire.EntityType, fill byte) cephx.IssuedTicket {
		return cephx.IssuedTicket{
			Service: service, ServiceTicket: cephx.ServiceTicket{SessionKey: testKey(t, fill),
				Validity: time.Hour},
			Blob: cephx.TicketBlob{SecretID: 1, Blob: []byte{fill}},
		}
	}
	reply := cephx.AuthenticateReply{
		Auth: ticket(wire.EntityAuth, 1), Other: cephx.TicketReply{ticket(wire.EntityAuth, 2),
			ticket(wire.EntityMDS, 3), ticket(wire.EntityOSD, 4)},
	}.Append(cephx.ReplyHeader{Type: cephx.GetAuthSessionKey}.Append(nil), key, cephx.CryptoKey{},
		true)
	if _, done, err := login.Handle(auth.LoginReply{Protocol: 2, GlobalID: 7,
		Payload: reply}); !done || err != nil {
		t.Fatal(done, err)
	}
	if got, want := login.Tickets().Services(), wire.EntityAuth|wire.EntityOSD; got != want {
		t.Errorf("tickets for %#x, want %#x", got, want)
	}
	if got, _ := login.Tickets().Ticket(wire.EntityAuth); !got.SessionKey.Equal(testKey(t, 1)) {
		t.Error("the second ticket for AUTH counts")
	}
}

// TestOtherKeys asks for everything, AUTH and what is no service included.
func TestOtherKeys(t *testing.T) {
	w := newWorld(t)
	session := w.authority.NewSession()
	reply, err := session.Handle(auth.LoginRequest{Payload: auth.InitialRequest{Protocols: []uint32{
		wire.AuthCephx}, Name: name(t, "client.x")}.Append(nil)})
	if err != nil {
		t.Fatal(err)
	}
	challenge, err := cephx.DecodeServerChallenge(reply.Payload)
	if err != nil {
		t.Fatal(err)
	}
	reply, err = session.Handle(auth.LoginRequest{Protocol: wire.AuthCephx,
		Payload: cephx.Authenticate{
			Proof: cephx.Proof(w.key("client.x"), challenge.Challenge, 0), OtherKeys: 0xff,
		}.Append(cephx.GetAuthSessionKey.Append(nil))})
	if err != nil {
		t.Fatal(err)
	}
	r, err := cephx.DecodeAuthenticateReply(reply.Payload[cephx.ReplyHeaderSize:],
		w.key("client.x"), cephx.CryptoKey{})
	if err != nil {
		t.Fatal(err)
	}
	var got []wire.EntityType
	for _, issued := range r.Other {
		got = append(got, issued.Service)
	}
	if diff := cmp.Diff([]wire.EntityType{wire.EntityMon, wire.EntityMDS, wire.EntityOSD,
		wire.EntityMgr}, got); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
}
