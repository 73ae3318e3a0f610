package none_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/none"
	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// recorded returns the connect messages with an authorizer of method none in all captures.
func recorded(t testing.TB) (connects []wire.Connect, authorizers [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/captures/*-none-*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal("no captures", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		connections, err := capture.Read(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range connections {
			b := c.Stream(capture.FromClient).Bytes()
			const connectAt = 9 + 136
			if c.Midway || len(b) < connectAt+wire.ConnectSize {
				continue
			}
			connect, err := wire.DecodeConnect(b[connectAt:])
			if err != nil {
				t.Fatal(err)
			}
			b = b[connectAt+wire.ConnectSize:]
			if connect.AuthorizerProtocol == wire.AuthNone && len(b) >= int(connect.AuthorizerLen) {
				connects, authorizers = append(connects, connect),
					append(authorizers, b[:connect.AuthorizerLen])
			}
		}
	}
	return connects, authorizers
}

// TestCaptures takes what Ceph sent, and makes the same bytes.
func TestCaptures(t *testing.T) {
	connects, authorizers := recorded(t)
	if len(connects) < 50 {
		t.Errorf("only %d authorizers in the captures", len(connects))
	}
	for i, b := range authorizers {
		result := none.Server{}.NewExchange(wire.EntityAddr{}).Verify(auth.Request{
			Connect: connects[i], Authorizer: b})
		if result.Outcome != auth.Accepted {
			t.Fatal(result.Err)
		}
		name, err := auth.ParseEntityName(result.Identity.Name)
		if err != nil {
			t.Fatal(err)
		}
		if name.Type != connects[i].HostType {
			t.Errorf("%v from a peer of type %v", name, connects[i].HostType)
		}
		a, err := none.Client{Name: name,
			GlobalID: result.Identity.GlobalID}.Authorizer(wire.EntityOSD, false)
		if err != nil {
			t.Fatal(err)
		}
		if a.Protocol() != wire.AuthNone || !bytes.Equal(a.Bytes(), b) {
			t.Errorf("%v\nrecorded %x\nours     %x", name, b, a.Bytes())
		}
	}
}

func TestServer(t *testing.T) {
	osd := none.Authorizer{Name: auth.EntityName{Type: wire.EntityOSD, ID: "3"},
		GlobalID: 7}.Append(nil)
	for _, c := range []struct {
		name       string
		server     none.Server
		peer       wire.EntityType
		protocol   uint32
		authorizer []byte
		want       auth.Result
		err        string
	}{
		{"osd", none.Server{}, wire.EntityOSD, 1, osd, auth.Result{Outcome: auth.Accepted,
			Identity: auth.Identity{Name: "osd.3", GlobalID: 7}}, ""},
		{"nothing", none.Server{}, wire.EntityClient, 0, nil, auth.Result{},
			"auth/none: peer of type client came without an authorizer: auth: refused"},
		{"client of a monitor", none.Server{AcceptUnknown: none.ExceptMonitors}, wire.EntityClient,
			0, nil, auth.Result{Outcome: auth.Accepted}, ""},
		{"monitor of a monitor", none.Server{AcceptUnknown: none.ExceptMonitors}, wire.EntityMon, 0,
			nil, auth.Result{}, "auth/none: peer of type mon came without an authorizer: auth: " +
				"refused"},
		{"bytes without a protocol", none.Server{AcceptUnknown: none.ExceptMonitors},
			wire.EntityClient, 0, osd, auth.Result{},
			"auth/none: peer of type client came without an authorizer: auth: refused"},
		{"cephx", none.Server{AcceptUnknown: none.ExceptMonitors}, wire.EntityClient, 2, osd,
			auth.Result{}, "auth/none: peer offers authorizer protocol 2, want 1 (none): auth: " +
				"refused"},
		{"empty", none.Server{}, wire.EntityOSD, 1, nil, auth.Result{},
			"auth/none: malformed authorizer: wire: decode auth_none_authorizer: struct_v at " +
				"offset 0: need 1 bytes, have 0: short input: auth: refused"},
		{"too long", none.Server{}, wire.EntityOSD, 1, append(bytes.Clone(osd), 0), auth.Result{},
			"auth/none: malformed authorizer: wire: decode auth_none_authorizer: end at offset " +
				"18: 1 bytes too many: invalid value: auth: refused"},
	} {
		got := c.server.NewExchange(wire.EntityAddr{}).Verify(auth.Request{
			Connect:    wire.Connect{HostType: c.peer, AuthorizerProtocol: c.protocol},
			Authorizer: c.authorizer,
		})
		err := got.Err
		got.Err = nil
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if c.err == "" && err == nil {
			continue
		}
		if err == nil || err.Error() != c.err || !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.err)
		}
	}
	if got := (none.Server{}).RequiredFeatures(wire.EntityOSD) |
		(none.Client{}).RequiredFeatures(wire.EntityOSD); got != 0 {
		t.Errorf("requires %v", got)
	}
}

func TestClient(t *testing.T) {
	a, err := none.Client{}.Authorizer(wire.EntityOSD, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.AnswerChallenge([]byte("challenge")); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("challenge: %v", err)
	}
	if security, err := a.VerifyReply([]byte("anything"),
		wire.FeaturesSupported); security != nil || err != nil {
		t.Errorf("%v, %v", security, err)
	}
}

func TestLogin(t *testing.T) {
	l := none.NewLogin(auth.EntityName{Type: wire.EntityClient, ID: "admin"})
	if _, _, err := l.Handle(auth.LoginReply{}); err == nil {
		t.Error("Handle before Begin")
	}
	request, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	initial, err := auth.DecodeInitialRequest(request.Payload)
	want := auth.InitialRequest{Protocols: []uint32{wire.AuthNone},
		Name: auth.EntityName{Type: wire.EntityClient, ID: "admin"}}
	if diff := cmp.Diff(want,
		initial); request.Protocol != wire.AuthUnknown || err != nil || diff != "" {
		t.Errorf("protocol %d, %v (-want +got):\n%s", request.Protocol, err, diff)
	}
	for _, reply := range []auth.LoginReply{{Protocol: wire.AuthCephx},
		{Protocol: wire.AuthNone, Result: -13, Message: "no"}} {
		if _, err := l.Begin(); err != nil {
			t.Fatal(err)
		}
		if _, done, err := l.Handle(reply); done || !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%+v: %v, %v", reply, done, err)
		}
	}
	if _, err := l.Begin(); err != nil {
		t.Fatal(err)
	}
	if _, done, err := l.Handle(auth.LoginReply{Protocol: wire.AuthNone,
		GlobalID: 4113}); !done || err != nil {
		t.Fatal(done, err)
	}
	if got, want := l.Client(), (none.Client{Name: auth.EntityName{Type: wire.EntityClient,
		ID: "admin"}, GlobalID: 4113}); got != want {
		t.Errorf("client %+v", got)
	}
	request, _ = l.Begin()
	if initial, _ = auth.DecodeInitialRequest(request.Payload); initial.GlobalID != 4113 {
		t.Errorf("asks for global id %d the second time", initial.GlobalID)
	}
}

func FuzzAuthorizer(f *testing.F) {
	_, authorizers := recorded(f)
	for _, b := range authorizers[:10] {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := none.DecodeAuthorizer(b)
		if err == nil && !bytes.Equal(a.Append(nil), b) {
			t.Fatalf("%x becomes %x", b, a.Append(nil))
		}
	})
}

func Example() {
	client := none.Client{Name: auth.EntityName{Type: wire.EntityOSD, ID: "0"}, GlobalID: 4113}
	authorizer, _ := client.Authorizer(wire.EntityOSD, false)
	fmt.Printf("% x\n", authorizer.Bytes())

	result := none.Server{}.NewExchange(wire.EntityAddr{}).Verify(auth.Request{
		Connect: wire.Connect{HostType: wire.EntityOSD,
			AuthorizerProtocol: authorizer.Protocol()},
		Authorizer: authorizer.Bytes(),
	})
	fmt.Println(result.Outcome == auth.Accepted, result.Identity.Name)
	// Output:
	// 01 04 00 00 00 01 00 00 00 30 11 10 00 00 00 00 00 00
	// true osd.0
}
