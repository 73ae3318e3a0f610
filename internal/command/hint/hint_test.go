package hint_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/hint"
	"simplemessenger/monclient"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

func TestEachHintHasItsError(t *testing.T) {
	bannerV2 := wire.DecodeBanner([]byte("ceph v2\nx"))
	want := map[string]error{
		"banner: msgr2":                    bannerV2,
		"not a Ceph daemon of protocol v1": pipe.ErrNotCeph,
		"wrong peer":                       pipe.ErrWrongPeer,
		"protocol versions differ (BADPROTOVER)": &protocol.ProtocolVersionError{Ours: 1,
			Theirs: 2},
		"required features are missing (FEATURES)": &protocol.FeatureError{},
		"clock skew":                                  cephx.ErrClockSkew,
		"ticket has expired":                          cephx.ErrTicketExpired,
		"wrong key or damaged bytes":                  cephx.ErrWrongKey,
		"unknown secret":                              cephx.ErrUnknownSecret,
		"peer refused the authorizer (BADAUTHORIZER)": protocol.ErrBadAuthorizer,
		"peer has not proved who it is":               pipe.ErrUnproven,
		"auth: bad signature":                         auth.ErrBadSignature,
		"checksum mismatch with sent 0x00000000":      pipe.ErrCRCOff,
		"no address for protocol v1":                  monclient.ErrNoAddress,
		"the reader of a subscription is too slow":    monclient.ErrBehind,
		"message above the size limit":                protocol.ErrMessageTooLarge,
		"connection refused":                          syscall.ECONNREFUSED,
		"no answer":                                   os.ErrDeadlineExceeded,
	}
	for _, h := range hint.All() {
		err, ok := want[h.Error]
		if !ok {
			t.Errorf("no error for the hint %q", h.Error)
			continue
		}
		got, ok := hint.Of(errors.WithMessage(err, "read connect reply"))
		if !ok || got.Error != h.Error {
			t.Errorf("%v has the hint %q, want %q", err, got.Error, h.Error)
		}
	}
	if _, ok := hint.Of(errors.New("something")); ok {
		t.Error("a hint for anything")
	}
	if _, ok := hint.Of(nil); ok {
		t.Error("a hint for no error")
	}
}

// docs/errors.md has the same table.
func TestErrorsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows, want []string
	usual, _, _ := strings.Cut(string(b), "\n## For programs")
	for line := range strings.SplitSeq(usual, "\n") {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| ---") &&
			!strings.HasPrefix(line, "| it says") {
			rows = append(rows, line)
		}
	}
	for _, h := range hint.All() {
		want = append(want, "| "+h.Error+" | "+h.Cause+" | "+h.Try+" |")
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-table +document):\n%s", diff)
	}
}
