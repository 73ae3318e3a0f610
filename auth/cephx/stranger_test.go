package cephx_test

import (
	"io"
	"net"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// TestStrangerWithATicket: somebody with a ticket of its own claims the address of osd.1, as often
// as not in the middle of its session. It gets a session of its own at most, and that of osd.1 goes
// on.
func TestStrangerWithATicket(t *testing.T) {
	for _, test := range []struct {
		name       string
		principal  string
		as         wire.EntityType
		connectSeq uint32
		want       []wire.Tag
	}{
		{"takes the session over", "client.x", wire.EntityClient, 5,
			[]wire.Tag{wire.TagChallengeAuthorizer, wire.TagResetSession, wire.TagReady}},
		{"ends the session", "client.x", wire.EntityClient, 0,
			[]wire.Tag{wire.TagChallengeAuthorizer, wire.TagReady}},
		{"comes as an osd", "client.x", wire.EntityOSD, 5,
			[]wire.Tag{wire.TagChallengeAuthorizer, wire.TagBadAuthorizer}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			osd, _, deliveries := startOSD(t, w, cephx.Requirements{RequireSignatures: true,
				RequireVersion: 2})
			replies := make(chan string, 10)
			victim := startMessenger(t, wire.OSD(1),
				simplemsgr.Config{AuthClient: w.login("osd.1").Tickets()},
				func(m *simplemsgr.Message) bool {
					replies <- string(m.Front)
					return true
				})
			exchange := func(text string) {
				t.Helper()
				if err := victim.Send(osd.Inst(), &simplemsgr.Message{Type: 100,
					Front: []byte(text)}); err != nil {
					t.Fatal(err)
				}
				if d := receive(t, deliveries); d.text != text || d.from.Name != "osd.1" {
					t.Errorf("delivered %q from %v", d.text, d.from.Name)
				}
				if r := receive(t, replies); r != "re: "+text {
					t.Errorf("answered %q", r)
				}
			}
			exchange("before")
			c := osd.Lookup(victim.Addr())
			c.SetPriv("osd.1's")

			got := claimAddress(t, osd, victim.Addr(), w, test.principal, test.as, test.connectSeq)
			if len(got) != len(test.want) {
				t.Fatalf("answers %v, want %v", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Fatalf("answers %v, want %v", got, test.want)
				}
			}
			exchange("after")
			if again, err := osd.Connect(victim.Inst()); again != c || err != nil ||
				c.Priv() != "osd.1's" || c.Identity().Name != "osd.1" {
				t.Errorf("osd.1's handle: %v, %v, %v, %+v", again == c, err, c.Priv(), c.Identity())
			}
			for other := range osd.Connections() {
				if other != c && (other.Identity().Name != test.principal || other.Priv() != nil) {
					t.Errorf("the stranger's handle: %+v with %v", other.Identity(), other.Priv())
				}
			}
		})
	}
}

// claimAddress dials to and says that it is at an address, with a ticket for a principal. It does
// what it is told, up to an open session or a refusal, and returns the answers.
func claimAddress(t *testing.T, to *simplemsgr.Messenger, addr wire.EntityAddr, w *world,
	principal string, as wire.EntityType, connectSeq uint32) (answers []wire.Tag) {
	t.Helper()
	conn, err := net.Dial("tcp", to.Addr().AddrPort().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(waitAtMost)); err != nil {
		t.Fatal(err)
	}
	read := func(n int) []byte {
		t.Helper()
		b := make([]byte, n)
		if _, err := io.ReadFull(conn, b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	read(wire.BannerSize + 2*wire.EntityAddrSize)
	var a auth.Authorizer
	if a, err = w.login(principal).Tickets().Authorizer(wire.EntityOSD, false); err != nil {
		t.Fatal(err)
	}
	out := addr.Append(wire.AppendBanner(nil))
	for {
		c := wire.Connect{Features: wire.FeaturesSupported, HostType: as, GlobalSeq: 1000,
			ConnectSeq:         connectSeq,
			ProtocolVersion:    wire.ProtocolVersion(wire.EntityOSD, as),
			AuthorizerProtocol: a.Protocol(), AuthorizerLen: uint32(len(a.Bytes()))}
		if _, err := conn.Write(append(c.Append(out), a.Bytes()...)); err != nil {
			t.Fatal(err)
		}
		out = nil
		reply, err := wire.DecodeConnectReply(read(wire.ConnectReplySize))
		if err != nil {
			t.Fatal(err)
		}
		body := read(int(reply.AuthorizerLen))
		answers = append(answers, reply.Tag)
		switch reply.Tag {
		case wire.TagChallengeAuthorizer:
			if err := a.AnswerChallenge(body); err != nil {
				t.Fatal(err)
			}
		case wire.TagResetSession:
			connectSeq = 0
		default:
			return answers
		}
	}
}
