package auth_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

func TestEntityName(t *testing.T) {
	for _, c := range []struct {
		text string
		want auth.EntityName
		size int
	}{
		{"client.admin", auth.EntityName{Type: wire.EntityClient, ID: "admin"}, 13},
		{"osd.3", auth.EntityName{Type: wire.EntityOSD, ID: "3"}, 9},
		{"mon.", auth.EntityName{Type: wire.EntityMon}, 8},
		{"client.a.b", auth.EntityName{Type: wire.EntityClient, ID: "a.b"}, 11},
	} {
		got, err := auth.ParseEntityName(c.text)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("ParseEntityName(%q) = %#v (%v), %v", c.text, got, got, err)
		}
		b := append(got.Append(nil), "rest"...)
		decoded, n, err := auth.DecodeEntityName(b)
		if err != nil || decoded != c.want || n != c.size {
			t.Errorf("DecodeEntityName(%x) = %v, %d, %v", b, decoded, n, err)
		}
		for cut := range n {
			if _, _, err := auth.DecodeEntityName(b[:cut]); !errors.Is(err, wire.ErrShort) {
				t.Errorf("DecodeEntityName(%x): %v", b[:cut], err)
			}
		}
		var text auth.EntityName
		marshalled, _ := c.want.MarshalText()
		if err := text.UnmarshalText(marshalled); err != nil || text != c.want {
			t.Errorf("UnmarshalText(%q) = %v, %v", marshalled, text, err)
		}
	}
	for _, bad := range []string{"", "client", "cow.1"} {
		if _, err := auth.ParseEntityName(bad); err == nil {
			t.Errorf("ParseEntityName(%q) succeeds", bad)
		}
	}
	if _, _, err := auth.DecodeEntityName([]byte{0, 1, 0, 0, 0, 0, 0,
		0}); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("type 0x100: %v", err)
	}
}

func TestInitialRequest(t *testing.T) {
	r := auth.InitialRequest{Protocols: []uint32{2, 1},
		Name: auth.EntityName{Type: wire.EntityClient, ID: "x"}, GlobalID: 9}
	b := r.Append(nil)
	got, err := auth.DecodeInitialRequest(b)
	want := r
	want.Protocols = []uint32{1, 2}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if r.Protocols[0] != 2 {
		t.Error("Append sorted the caller's slice")
	}
	for n := range b {
		if _, err := auth.DecodeInitialRequest(b[:n]); !errors.Is(err, wire.ErrShort) {
			t.Errorf("first %d bytes: %v", n, err)
		}
	}
	if _, err := auth.DecodeInitialRequest(append(b, 0)); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("a byte too many: %v", err)
	}
}

// patient is a Client, hasty a ContextClient.
type (
	patient struct{}
	hasty   struct{ patient }
)

func (patient) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) { return nil, nil }
func (patient) RequiredFeatures(wire.EntityType) wire.Features            { return 0 }
func (hasty) AuthorizerContext(ctx context.Context, _ wire.EntityType,
	_ bool) (auth.Authorizer, error) {
	return nil, context.Cause(ctx)
}

func TestAuthorizerOf(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		client auth.Client
		want   error
	}{{patient{}, nil}, {hasty{}, context.Canceled}} {
		if _, err := auth.AuthorizerOf(over, test.client, wire.EntityOSD, false); err != test.want {
			t.Errorf("%T: %v, want %v", test.client, err, test.want)
		}
	}
}
