package handshake_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/internal/handshake"
	"simplemessenger/internal/test/badge"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

func parse(t testing.TB, text string) wire.EntityAddr {
	t.Helper()
	a, err := wire.ParseEntityAddr(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestBanners(t *testing.T) {
	local, seen := parse(t, "10.0.0.1:6800/7"), parse(t, "10.0.0.2:50000/0")
	b := handshake.AppendServerBanner(nil, local, seen)
	if len(b) != handshake.ServerBannerSize {
		t.Errorf("%d bytes of a server", len(b))
	}
	if err := handshake.DecodeBanner(b[:wire.BannerSize]); err != nil {
		t.Error(err)
	}
	if c := handshake.AppendClientBanner(nil,
		local); len(c) != handshake.ClientBannerSize || !bytes.HasPrefix(b, c) {
		t.Errorf("a client says % x", c)
	}
	if err := handshake.DecodeBanner([]byte("ceph v2\n0")); !errors.Is(err, handshake.ErrNotCeph) {
		t.Errorf("msgr2: %v", err)
	}
}

func TestRegisteredAddress(t *testing.T) {
	socket := parse(t, "10.0.0.2:50000/0")
	for announced, want := range map[string]string{
		"10.0.0.1:6800/7": "10.0.0.1:6800/7",
		"-:0/9":           "10.0.0.2:0/9",
	} {
		a := wire.EntityAddr{Nonce: 9}
		if announced[0] != '-' {
			a = parse(t, announced)
		}
		if diff := cmp.Diff(parse(t, want).Untyped().String(),
			handshake.Registered(a, socket).Untyped().String()); diff != "" {
			t.Errorf("%s: %s", announced, diff)
		}
	}
}

// sides carry out a handshake over bytes; decide is the accepting side's decision over the session.
type sides struct {
	client handshake.Client
	server handshake.Server
}

// round is one connect message and its reply.
func (s *sides) round(t *testing.T,
	decide func() protocol.Decision) (protocol.Reaction, wire.ConnectReply, error) {
	t.Helper()
	b, err := s.client.AppendConnect(nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.server.Connect, err = handshake.DecodeConnect(b[:wire.ConnectSize]); err != nil {
		t.Fatal(err)
	}
	s.server.Authorizer = b[wire.ConnectSize:]
	if len(s.server.Authorizer) != int(s.server.Connect.AuthorizerLen) {
		t.Fatalf("%d bytes of an authorizer of %d", len(s.server.Authorizer),
			s.server.Connect.AuthorizerLen)
	}
	s.server.AuthReply = nil
	d, _ := s.server.Verify()
	if d.Case == protocol.CaseNone {
		d = decide()
	}
	reply := s.server.Reply(d, protocol.Arrival{ProtocolVersion: 24}, func() uint32 { return 55 })
	decoded, err := handshake.DecodeReply(reply.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	s.client.AuthReply = s.server.AuthReply
	r, err := s.client.React(decoded)
	return r, decoded, err
}

func newSides() *sides {
	s := new(sides)
	s.client.Connect = wire.Connect{Features: wire.FeaturesSupported, ConnectSeq: 4, GlobalSeq: 9,
		ProtocolVersion: 24, HostType: wire.EntityOSD}
	s.server.Offered = wire.FeaturesSupported
	return s
}

// Each answer, and what the connecting side makes of it.
func TestConversations(t *testing.T) {
	for _, test := range []struct {
		what     string
		decision protocol.Decision
		action   protocol.Action
		tag      wire.Tag
	}{
		{"opens", protocol.Decision{Case: protocol.CaseNew, Tag: wire.TagReady},
			protocol.ActionOpen, wire.TagReady},
		{"goes on", protocol.Decision{Case: protocol.CaseReconnect, Tag: wire.TagReady,
			Replace: true}, protocol.ActionOpenSeq, wire.TagSeq},
		{"wait", protocol.Decision{Case: protocol.CaseRaceExistingWins, Tag: wire.TagWait},
			protocol.ActionWait, wire.TagWait},
		{"lost", protocol.Decision{Case: protocol.CaseUnknownSession, Tag: wire.TagResetSession},
			protocol.ActionRetry, wire.TagResetSession},
		{"stale", protocol.Decision{Case: protocol.CaseStaleSession, Tag: wire.TagRetrySession,
			ConnectSeq: 12}, protocol.ActionRetry, wire.TagRetrySession},
		{"old", protocol.Decision{Case: protocol.CaseStaleGlobal, Tag: wire.TagRetryGlobal,
			GlobalSeq: 99}, protocol.ActionRetry, wire.TagRetryGlobal},
	} {
		s := newSides()
		r, reply, err := s.round(t, func() protocol.Decision { return test.decision })
		if err != nil || r.Action != test.action || reply.Tag != test.tag {
			t.Errorf("%s: reply %v, action %v, %v", test.what, reply.Tag, r.Action, err)
		}
		if test.decision.Opens() && (reply.ConnectSeq != 5 || reply.GlobalSeq != 55) {
			t.Errorf("%s: opens with connect_seq %d, global_seq %d", test.what, reply.ConnectSeq,
				reply.GlobalSeq)
		}
		if r.Action == protocol.ActionRetry {
			s.client.Retry(r.ConnectSeq, r.GlobalSeq+1)
			if r, _, err := s.round(t, func() protocol.Decision {
				return protocol.Decision{Case: protocol.CaseNew, Tag: wire.TagReady}
			}); err != nil || r.Action != protocol.ActionOpen {
				t.Errorf("%s, then open: %v, %v", test.what, r.Action, err)
			}
		}
	}
}

// A lossy policy of the server is told; the session is lossy for both.
func TestLossyIsTold(t *testing.T) {
	s := newSides()
	s.server.Lossy = true
	r, _, err := s.round(t, func() protocol.Decision {
		return protocol.Decision{Case: protocol.CaseNew, Tag: wire.TagReady}
	})
	if err != nil || !r.Lossy {
		t.Errorf("%+v, %v", r, err)
	}
}

// Credentials come with the connect message, and are judged before the session.
func TestCredentials(t *testing.T) {
	s := newSides()
	door := badge.Door{}
	s.server.Exchange = door.NewExchange(wire.EntityAddr{})
	authorizer, err := badge.Badge{Name: "osd.3"}.Authorizer(wire.EntityOSD, false)
	if err != nil {
		t.Fatal(err)
	}
	s.client.Use(authorizer)
	opened := false
	r, reply, err := s.round(t, func() protocol.Decision {
		opened = true
		return protocol.Decision{Case: protocol.CaseNew, Tag: wire.TagReady}
	})
	if err != nil || r.Action != protocol.ActionOpen || !opened {
		t.Fatalf("%v, %v, %v", r.Action, err, opened)
	}
	if agreed, _, err := s.client.Agree(reply); err != nil || agreed != wire.FeaturesSupported {
		t.Errorf("agreed on %v, %v", agreed, err)
	}
	if s.server.Identity.Name != "osd.3" {
		t.Errorf("is taken for %+v", s.server.Identity)
	}
}

// refusing refuses everybody.
type refusing struct{}

func (refusing) Verify(auth.Request) auth.Result { return auth.Result{Err: auth.ErrRefused} }

// Fresh credentials are tried once on a socket.
func TestRefusedTwice(t *testing.T) {
	s := newSides()
	s.server.Exchange = refusing{}
	authorizer, _ := badge.Badge{Name: "osd.3"}.Authorizer(wire.EntityOSD, false)
	s.client.Use(authorizer)
	never := func() protocol.Decision {
		t.Error("the session is looked at before the credentials")
		return protocol.Decision{}
	}
	if r, _, err := s.round(t, never); err != nil || r.Action != protocol.ActionFreshAuthorizer {
		t.Errorf("first: %v, %v", r.Action, err)
	}
	s.client.Use(authorizer)
	if _, _, err := s.round(t, never); !errors.Is(err, protocol.ErrBadAuthorizer) {
		t.Errorf("second: %v", err)
	}
}

// FuzzReply: whatever a peer answers, the connecting side faults, waits, tries again or opens; it
// opens only with its own number plus one.
func FuzzReply(f *testing.F) {
	for _, tag := range []wire.Tag{wire.TagReady, wire.TagSeq, wire.TagWait, wire.TagRetryGlobal,
		wire.TagRetrySession, wire.TagResetSession,
		wire.TagFeatures, wire.TagBadProtoVer, wire.TagBadAuthorizer, wire.TagChallengeAuthorizer,
		wire.TagMsg} {
		f.Add(wire.ConnectReply{Tag: tag, Features: wire.FeaturesSupported, ConnectSeq: 5,
			GlobalSeq: 10}.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < wire.ConnectReplySize {
			return
		}
		s := newSides()
		reply, err := handshake.DecodeReply(b[:wire.ConnectReplySize])
		if err != nil {
			return
		}
		r, err := s.client.React(reply)
		switch {
		case (err != nil) != (r.Action == protocol.ActionFault):
			t.Errorf("%v: action %v, error %v", reply.Tag, r.Action, err)
		case (r.Action == protocol.ActionOpen || r.Action == protocol.ActionOpenSeq) &&
			reply.ConnectSeq != 5:
			t.Errorf("opens with connect_seq %d", reply.ConnectSeq)
		case r.Action == protocol.ActionAnswerChallenge ||
			r.Action == protocol.ActionFreshAuthorizer:
			t.Errorf("%v without credentials", r.Action)
		}
	})
}

// FuzzConnect: whatever comes as a connect message is read or refused, and the answer to it can be
// read.
func FuzzConnect(f *testing.F) {
	f.Add(wire.Connect{Features: wire.FeaturesSupported, ProtocolVersion: 24,
		HostType: wire.EntityOSD, ConnectSeq: 3}.Append(nil))
	f.Add(wire.Connect{HostType: wire.EntityClient, AuthorizerLen: 1 << 31,
		ConnectSeq: 1<<32 - 1}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < wire.ConnectSize {
			return
		}
		var s handshake.Server
		var err error
		if s.Connect, err = handshake.DecodeConnect(b[:wire.ConnectSize]); err != nil {
			return
		}
		s.Offered = wire.FeaturesSupported
		a := protocol.Arrival{Connect: s.Connect, ProtocolVersion: 24}
		d := protocol.DecidePeer(a)
		if d.Case == protocol.CaseNone {
			d = protocol.DecideSession(a, nil)
		}
		reply := s.Reply(d, a, func() uint32 { return 1 })
		if _, err := handshake.DecodeReply(reply.Append(nil)); err != nil {
			t.Errorf("%v: %v", d.Case, err)
		}
	})
}

func BenchmarkRound(b *testing.B) {
	s := newSides()
	b.ReportAllocs()
	for b.Loop() {
		c, _ := s.client.AppendConnect(nil)
		s.server.Connect, _ = handshake.DecodeConnect(c)
		a := protocol.Arrival{Connect: s.server.Connect, ProtocolVersion: 24}
		reply := s.server.Reply(protocol.DecideSession(a, nil), a, func() uint32 { return 1 })
		_, _ = s.client.React(reply)
	}
}
