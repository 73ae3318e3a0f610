package cephx_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// The types of the messages that carry a login.
const (
	typeMAuth      = 17
	typeMAuthReply = 18
)

// script is the random numbers that a peer of a recording drew.
type script []byte

func (s *script) push(n uint64) { *s = binary.LittleEndian.AppendUint64(*s, n) }

func (s *script) Read(b []byte) (int, error) {
	if len(*s) < len(b) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, *s)
	*s = (*s)[n:]
	return n, nil
}

// loot is what the logins of a recording brought.
type loot struct {
	tickets  map[string]cephx.Ticket // by blob
	rotating map[wire.EntityType]*cephx.RotatingKeyring
	clients  map[uint64]*client // by global id
	logins   int
	known    int            // session keys that turned out as known
	came     map[string]int // connections by the type of the principal and the one that it came as
}

// client returns the principal of a login, which may be one that goes on with its global id.
func (l *loot) client(t testing.TB, name auth.EntityName, globalID uint64, key cephx.CryptoKey,
	services wire.EntityType, shared *cephx.Keyring) *client {
	t.Helper()
	if c := l.clients[globalID]; c != nil {
		return c
	}
	c := &client{name: name, rotating: cephx.NewRotatingKeyring(name.Type, shared)}
	var err error
	c.login, err = cephx.NewLogin(cephx.LoginConfig{
		Name: name, Key: key, Services: services, Rotating: c.rotating,
		Now: func() time.Time { return c.now }, Random: &c.random,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReplayCaptures plays both parts of every login and every handshake of the captures again,
// with the random numbers of the recorded peers and the keys of the captures' keyrings, and wants
// the recorded bytes; then it checks every signature. The numbers of what opened and what was
// signed rightly come from an independent reader.
func TestReplayCaptures(t *testing.T) {
	came := map[string]int{}
	defer func() {
		// Daemons as themselves, and clients.
		for _, pair := range []string{"osd as osd", "client as client", "mon as mon"} {
			if came[pair] == 0 {
				t.Errorf("nobody came as %q, only %v", pair, came)
			}
		}
	}()
	for _, r := range recordings(t) {
		t.Run(r.File, func(t *testing.T) {
			l := &loot{map[string]cephx.Ticket{}, map[wire.EntityType]*cephx.RotatingKeyring{},
				map[uint64]*client{}, 0, 0, came}
			for _, s := range r.sessions {
				l.replayLogin(t, r, s)
			}
			var opened, closed, signed, unsigned int
			for _, s := range r.sessions {
				security, ok := l.replayHandshake(t, r, s)
				if authorizers := s.authorizers(); authorizers > 0 && s.complete {
					if !ok {
						closed += authorizers
						continue
					}
					opened += authorizers
				}
				for _, m := range s.messages {
					if security == nil {
						unsigned++
						if m.footer.Flags&wire.FooterSigned != 0 {
							t.Errorf("%v: message %d is signed", s.client, m.header.Seq)
						}
						continue
					}
					checkSigned(t, security, m)
					signed++
				}
			}
			want := []int{r.Cephx.Authorizers, r.Cephx.Signed, 0, r.knownKeys()}
			if r.File == "16.2.15-async-cephx-client.pcap" {
				want[2] = 2 // the capture lacks the login of one client
			}
			if diff := cmp.Diff(want, []int{opened, signed, closed, l.known}); diff != "" {
				t.Errorf("authorizers that open, messages signed, authorizers that do not open, "+
					"session keys confirmed (-want +got):\n%s", diff)
			}
			t.Logf("%d logins, %d authorizers opened, %d not, %d messages signed, %d before login",
				l.logins, opened, closed, signed, unsigned)
		})
	}
}

func (r *recording) knownKeys() (n int) {
	for _, c := range r.Connections {
		if c.SessionKey != "" {
			n++
		}
	}
	return n
}

func (s *session) authorizers() (n int) {
	for _, r := range s.rounds {
		if r.connect.AuthorizerProtocol == wire.AuthCephx {
			n++
		}
	}
	return n
}

func checkSigned(t testing.TB, security auth.Security, m message) {
	t.Helper()
	if err := security.Check(&m.header, &m.footer); err != nil {
		t.Error(err)
	}
	again := m.footer
	again.Signature, again.Flags = 0, again.Flags&^wire.FooterSigned
	security.Sign(&m.header, &again)
	if diff := cmp.Diff(m.footer, again); diff != "" {
		t.Errorf("signed again (-want +got):\n%s", diff)
	}
	for _, damaged := range []func(*wire.MessageHeader, *wire.Footer){
		func(h *wire.MessageHeader, _ *wire.Footer) { h.CRC ^= 1 },
		func(h *wire.MessageHeader, _ *wire.Footer) { h.Seq++ },
		func(h *wire.MessageHeader, _ *wire.Footer) { h.FrontLen++ },
		func(h *wire.MessageHeader, _ *wire.Footer) { h.MiddleLen++ },
		func(h *wire.MessageHeader, _ *wire.Footer) { h.DataLen++ },
		func(_ *wire.MessageHeader, f *wire.Footer) { f.FrontCRC ^= 1 << 31 },
		func(_ *wire.MessageHeader, f *wire.Footer) { f.MiddleCRC ^= 1 },
		func(_ *wire.MessageHeader, f *wire.Footer) { f.DataCRC ^= 1 },
		func(_ *wire.MessageHeader, f *wire.Footer) { f.Signature ^= 1 << 63 },
	} {
		h, f := m.header, m.footer
		damaged(&h, &f)
		if security.Check(&h, &f) == nil {
			t.Errorf("message %d: damage is not noticed", m.header.Seq)
		}
	}
}

// mayCome checks that what genuine daemons and clients do is what the rule of types allows.
func (l *loot) mayCome(t testing.TB, s *session, name auth.EntityName, globalID uint64) {
	t.Helper()
	who, as := protocol.Principal{Name: name, GlobalID: globalID}, s.rounds[0].connect.HostType
	if d := protocol.DecidePrincipal(protocol.Arrival{Principal: who,
		Connect: wire.Connect{HostType: as}}); d.Case != protocol.CaseNone {
		t.Errorf("%v: %v as %v: %v", s.client, name, as, d.Case)
	}
	l.came[fmt.Sprintf("%v as %v", name.Type, as)]++
}

// secrets returns what a service of that type can open, if the recording has what it takes.
func (l *loot) secrets(r *recording, service wire.EntityType) cephx.SecretSource {
	if k := l.rotating[service]; k != nil {
		return k
	}
	return r.keyring
}

// replayHandshake plays both parts of a connection's handshake. It returns the Security of its
// messages, nil if they are not signed, and whether the authorizers could be opened.
func (l *loot) replayHandshake(t testing.TB, r *recording,
	s *session) (security auth.Security, opened bool) {
	t.Helper()
	if s.authorizers() == 0 {
		return nil, false
	}
	first, err := cephx.DecodeAuthorizer(s.rounds[0].authorizer)
	if err != nil {
		t.Fatal(err)
	}
	ticket, ok := l.tickets[string(first.Ticket.Blob)]
	secret, secretErr := l.secrets(r, first.Service).ServiceSecret(first.Service,
		first.Ticket.SecretID)
	if secretErr == nil {
		info, err := first.Ticket.Open(secret)
		if err != nil {
			t.Fatalf("%v: %v", s.client, err)
		}
		l.mayCome(t, s, info.Ticket.Name, info.Ticket.GlobalID)
		if ok && !info.SessionKey.Equal(ticket.SessionKey) {
			t.Errorf("%v: the two halves of the ticket of %v differ", s.client, info.Ticket.Name)
		}
		if !bytes.Equal(info.Seal(secret, first.Ticket.SecretID).Blob, first.Ticket.Blob) {
			t.Errorf("%v: ticket sealed again differs", s.client)
		}
		ticket = cephx.Ticket{Service: first.Service, GlobalID: info.Ticket.GlobalID,
			SessionKey: info.SessionKey, Blob: first.Ticket}
	} else if !ok {
		return nil, false
	} else if c := l.clients[first.GlobalID]; c != nil {
		l.mayCome(t, s, c.name, first.GlobalID)
	}
	l.compare(t, s, ticket)
	challenges := script{}
	for _, round := range s.rounds {
		if round.answered && round.reply.Tag == wire.TagChallengeAuthorizer {
			challenges.push(openChallenge(t, ticket, round.replyAuthorizer))
		}
	}
	security = replayClient(t, s, ticket)
	if secretErr == nil {
		serverSecurity := l.replayServer(t, r, s, challenges)
		for _, m := range s.messages {
			checkSigned(t, serverSecurity, m)
		}
	}
	return security, true
}

func openChallenge(t testing.TB, ticket cephx.Ticket, sealed []byte) uint64 {
	t.Helper()
	body, err := ticket.SessionKey.Open(sealed)
	if err != nil {
		t.Fatal(err)
	}
	challenge, err := cephx.DecodeAuthorizeChallenge(body)
	if err != nil {
		t.Fatal(err)
	}
	return challenge.ServerChallenge
}

func replayClient(t testing.TB, s *session, ticket cephx.Ticket) (security auth.Security) {
	t.Helper()
	first, err := cephx.DecodeAuthorizer(s.rounds[0].authorizer)
	if err != nil {
		t.Fatal(err)
	}
	body, err := ticket.SessionKey.Open(first.Authorize)
	if err != nil {
		t.Fatal(err)
	}
	authorize, err := cephx.DecodeAuthorize(body)
	if err != nil {
		t.Fatal(err)
	}
	random := script{}
	random.push(authorize.Nonce)
	a, err := ticket.NewAuthorizer(cephx.Requirements{}, &random)
	if err != nil {
		t.Fatal(err)
	}
	for i, round := range s.rounds {
		if !bytes.Equal(round.authorizer, a.Bytes()) ||
			round.connect.AuthorizerProtocol != a.Protocol() {
			t.Errorf("%v: authorizer %d\nrecorded %x\nours     %x", s.client, i, round.authorizer,
				a.Bytes())
		}
		switch {
		case !round.answered || len(round.replyAuthorizer) == 0:
		case round.reply.Tag == wire.TagChallengeAuthorizer:
			if err := a.AnswerChallenge(round.replyAuthorizer); err != nil {
				t.Errorf("%v: %v", s.client, err)
			}
		default: // READY and SEQ, but RETRY_SESSION and the like carry a proof too
			security, err = a.VerifyReply(round.replyAuthorizer,
				round.connect.Features&round.reply.Features)
			if err != nil {
				t.Errorf("%v: %v", s.client, err)
			}
		}
	}
	return security
}

func (l *loot) replayServer(t testing.TB, r *recording, s *session,
	challenges script) (security auth.Security) {
	t.Helper()
	first, err := cephx.DecodeAuthorizer(s.rounds[0].authorizer)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time
	server, err := cephx.NewServer(cephx.ServerConfig{
		Service: first.Service, Secrets: l.secrets(r, first.Service),
		Now: func() time.Time { return now }, Random: &challenges,
	})
	if err != nil {
		t.Fatal(err)
	}
	exchange := server.NewExchange(wire.EntityAddr{})
	for i, round := range s.rounds {
		now = round.at
		if !round.answered {
			return security
		}
		result := exchange.Verify(auth.Request{
			Connect: round.connect, Authorizer: round.authorizer,
			Features: round.connect.Features & round.reply.Features,
		})
		challengedAgain := i > 1 && s.rounds[i-1].reply.Tag == wire.TagRetryGlobal &&
			round.reply.Tag == wire.TagChallengeAuthorizer
		switch {
		case result.Err != nil:
			t.Fatalf("%v: round %d: %v", s.client, i, result.Err)
		case challengedAgain:
			// 16.2.15 forgets its challenge with RETRY_GLOBAL; we take the answer once more.
			if result.Outcome != auth.Accepted {
				t.Errorf("%v: round %d: outcome %v", s.client, i, result.Outcome)
			}
			return security // the next answer is to a challenge that we did not send
		case len(round.replyAuthorizer) > 0 && !bytes.Equal(result.Reply, round.replyAuthorizer):
			t.Errorf("%v: answer %d\nrecorded %x\nours     %x", s.client, i, round.replyAuthorizer,
				result.Reply)
		case (result.Outcome == auth.Challenged) !=
			(round.reply.Tag == wire.TagChallengeAuthorizer):
			t.Errorf("%v: round %d: outcome %v, recorded %v", s.client, i, result.Outcome,
				round.reply.Tag)
		}
		if result.Outcome == auth.Accepted {
			security = result.Security
			if result.Identity.Name == "" || result.Identity.GlobalID != first.GlobalID {
				t.Errorf("%v: identity %+v", s.client, result.Identity)
			}
		}
	}
	return security
}

// secretOf returns the bytes of a key.
func secretOf(k cephx.CryptoKey) []byte {
	if k.IsZero() {
		return nil
	}
	return k.Append(nil)[12:]
}
