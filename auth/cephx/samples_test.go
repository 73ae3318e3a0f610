package cephx_test

import (
	"sync"
	"testing"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// sample is a structure as Ceph wrote it, with a function that decodes and encodes it again.
type sample struct {
	structure string
	encoded   []byte
	recode    func([]byte) ([]byte, error)
}

// codecs are the structures that can be read without a key.
var codecs = map[string]func([]byte) ([]byte, error){
	"InitialRequest":     recoder(auth.DecodeInitialRequest),
	"ServerChallenge":    recoder(cephx.DecodeServerChallenge),
	"RequestType":        recoder(cephx.DecodeRequestType),
	"ReplyHeader":        recoder(cephx.DecodeReplyHeader),
	"Authenticate":       recoder(cephx.DecodeAuthenticate),
	"TicketRequest":      recoder(cephx.DecodeTicketRequest),
	"TicketBlob":         recoder(cephx.DecodeTicketBlob),
	"ServiceTicket":      recoder(cephx.DecodeServiceTicket),
	"ServiceTicketInfo":  recoder(cephx.DecodeServiceTicketInfo),
	"AuthTicket":         recoder(cephx.DecodeAuthTicket),
	"RotatingSecrets":    recoder(cephx.DecodeRotatingSecrets),
	"Authorizer":         recoder(cephx.DecodeAuthorizer),
	"Authorize":          recoder(cephx.DecodeAuthorize),
	"AuthorizeChallenge": recoder(cephx.DecodeAuthorizeChallenge),
	"AuthorizeReply":     recoder(cephx.DecodeAuthorizeReply),
	"EntityName":         prefixRecoder(auth.DecodeEntityName),
	"CryptoKey":          prefixRecoder(cephx.DecodeCryptoKey),
}

func recoder[T interface{ Append([]byte) []byte }](decode func([]byte) (T,
	error)) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		v, err := decode(b)
		if err != nil {
			return nil, err
		}
		return v.Append(nil), nil
	}
}

func prefixRecoder[T interface{ Append([]byte) []byte }](decode func([]byte) (T, int,
	error)) func([]byte) ([]byte, error) {
	return recoder(func(b []byte) (T, error) {
		v, _, err := decode(b)
		return v, err
	})
}

// gleaned keeps the samples, which many fuzz targets want.
var gleaned struct {
	sync.Mutex
	samples []sample
}

// samples returns structures of every kind from the captures, a few of each.
func samples(t testing.TB) []sample {
	t.Helper()
	gleaned.Lock()
	defer gleaned.Unlock()
	if gleaned.samples == nil {
		gleaned.samples = gleanSamples(t)
	}
	return gleaned.samples
}

func gleanSamples(t testing.TB) []sample {
	t.Helper()
	var all []sample
	count := map[string]int{}
	for _, r := range recordings(t) {
		seen := map[string]int{}
		g := &gleaner{loot: &loot{tickets: map[string]cephx.Ticket{},
			rotating: map[wire.EntityType]*cephx.RotatingKeyring{}, clients: map[uint64]*client{}}}
		g.add = func(s sample) {
			if seen[s.structure]++; seen[s.structure] <= 3 {
				count[s.structure]++
				all = append(all, s)
			}
		}
		for _, s := range r.sessions {
			g.login(t, r, s)
		}
		for _, s := range r.sessions {
			g.handshake(t, r, s)
		}
	}
	for structure := range codecs {
		if count[structure] == 0 {
			t.Fatalf("captures have no %s", structure)
		}
	}
	return all
}

// seeds returns the samples of one structure.
func seeds(t testing.TB, structure string) (encoded [][]byte) {
	t.Helper()
	for _, s := range samples(t) {
		if s.structure == structure {
			encoded = append(encoded, s.encoded)
		}
	}
	return encoded
}

// gleaner collects the structures of a recording.
type gleaner struct {
	*loot
	add func(sample)
}

func (g *gleaner) plain(structure string, encoded []byte) {
	g.add(sample{structure, encoded, codecs[structure]})
}

func (g *gleaner) login(t testing.TB, r *recording, s *session) {
	t.Helper()
	requests, replies, _ := s.login(t)
	if len(requests) == 0 {
		return
	}
	initial, err := auth.DecodeInitialRequest(requests[0].Payload)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := r.keyring.Lookup(initial.Name)
	if err != nil {
		t.Fatal(err)
	}
	var oldKey cephx.CryptoKey // of the login that goes on
	if old := g.clients[initial.GlobalID]; old != nil {
		ticket, _ := old.login.Tickets().Ticket(wire.EntityAuth)
		oldKey = ticket.SessionKey
	}
	g.replayLogin(t, r, s)
	g.plain("InitialRequest", requests[0].Payload)
	g.plain("EntityName", initial.Name.Append(nil))
	g.plain("CryptoKey", entry.Key.Append(nil))
	for i, request := range requests[1:] {
		body := request.Payload[cephx.RequestSize:]
		g.plain("RequestType", request.Payload[:cephx.RequestSize])
		switch requestType, _ := cephx.DecodeRequestType(request.Payload); requestType {
		case cephx.GetAuthSessionKey:
			g.plain("Authenticate", body)
		case cephx.GetPrincipalSessionKey:
			g.plain("TicketRequest", body)
		}
		if i+1 < len(replies) {
			g.reply(t, replies[i+1].Payload, entry.Key, oldKey, g.clients[replies[i+1].GlobalID])
		}
	}
	g.plain("ServerChallenge", replies[0].Payload)
}

func (g *gleaner) reply(t testing.TB, payload []byte, key, oldKey cephx.CryptoKey, c *client) {
	t.Helper()
	g.plain("ReplyHeader", payload[:cephx.ReplyHeaderSize])
	body := payload[cephx.ReplyHeaderSize:]
	header, err := cephx.DecodeReplyHeader(payload)
	if err != nil {
		t.Fatal(err)
	}
	authTicket, _ := c.login.Tickets().Ticket(wire.EntityAuth)
	switch header.Type {
	case cephx.GetAuthSessionKey:
		structure := "AuthenticateReply"
		if !oldKey.IsZero() {
			structure += " with sealed ticket"
		}
		g.add(sample{structure, body, func(b []byte) ([]byte, error) {
			r, err := cephx.DecodeAuthenticateReply(b, key, oldKey)
			if err != nil {
				return nil, err
			}
			return r.Append(nil, key, oldKey, true), nil
		}})
		r, err := cephx.DecodeAuthenticateReply(body, key, oldKey)
		if err != nil {
			t.Fatal(err)
		}
		g.plain("ServiceTicket", r.Auth.ServiceTicket.Append(nil))
		g.plain("TicketBlob", r.Auth.Blob.Append(nil))
	case cephx.GetPrincipalSessionKey:
		g.add(sample{"TicketReply", body, func(b []byte) ([]byte, error) {
			r, err := cephx.DecodeTicketReply(b, authTicket.SessionKey, cephx.CryptoKey{})
			if err != nil {
				return nil, err
			}
			return r.Append(nil, authTicket.SessionKey, cephx.CryptoKey{}), nil
		}})
	case cephx.GetRotatingKey:
		g.add(sample{"RotatingReply", body, func(b []byte) ([]byte, error) {
			r, err := cephx.DecodeRotatingReply(b, key)
			if err != nil {
				return nil, err
			}
			return cephx.AppendRotatingReply(nil, r, key), nil
		}})
		plain, err := key.Open(body[4:])
		if err != nil {
			t.Fatal(err)
		}
		g.plain("RotatingSecrets", plain)
	}
}

func (g *gleaner) handshake(t testing.TB, r *recording, s *session) {
	t.Helper()
	for _, round := range s.rounds {
		if round.connect.AuthorizerProtocol != wire.AuthCephx {
			continue
		}
		g.plain("Authorizer", round.authorizer)
		a, err := cephx.DecodeAuthorizer(round.authorizer)
		if err != nil {
			t.Fatal(err)
		}
		ticket, ok := g.tickets[string(a.Ticket.Blob)]
		if secret, err := g.secrets(r, a.Service).ServiceSecret(a.Service,
			a.Ticket.SecretID); err == nil {
			info, err := a.Ticket.Open(secret)
			if err != nil {
				t.Fatal(err)
			}
			ticket.SessionKey, ok = info.SessionKey, true
			plain, _ := secret.Open(a.Ticket.Blob)
			g.plain("ServiceTicketInfo", plain)
			g.plain("AuthTicket", plain[1:len(plain)-28])
		}
		if !ok {
			continue
		}
		if plain, err := ticket.SessionKey.Open(a.Authorize); err == nil {
			g.plain("Authorize", plain)
		}
		switch {
		case len(round.replyAuthorizer) == 0:
		case round.reply.Tag == wire.TagChallengeAuthorizer:
			if plain, err := ticket.SessionKey.Open(round.replyAuthorizer); err == nil {
				g.plain("AuthorizeChallenge", plain)
			}
		default:
			if plain, err := ticket.SessionKey.Open(round.replyAuthorizer[4:]); err == nil {
				g.plain("AuthorizeReply", plain)
			}
		}
	}
}
