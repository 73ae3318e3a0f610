package metrics

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

func TestCauses(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tc := range []struct {
		err  error
		want string
	}{
		{nil, "other"},
		{errors.New("whatever"), "other"},
		{io.EOF, "eof"},
		{errors.WithMessage(io.ErrUnexpectedEOF, "read front"), "eof"},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "refused"},
		{dial(&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}), "unknown_host"},
		{dial(syscall.EHOSTUNREACH), "unreachable"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "connection_reset"},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, "timeout"},
		{errors.WithStack(context.DeadlineExceeded), "timeout"},
		{net.ErrClosed, "closed"},
		{session.ErrClosed, "closed"},
		{session.ErrTimeout, "read_timeout"},
		{session.TooManyHandshakesError(7), "too_many_handshakes"},
		{syscall.EMFILE, "descriptors"},
		{&session.PanicError{Entry: "x", Value: io.EOF}, "panic"},
		{&protocol.ProtocolVersionError{}, "protocol_version"},
		{&protocol.FeatureError{}, "features"},
		{protocol.Violation("tag %d", 7), "protocol_violation"},
		{fmt.Errorf("ticket: %w", auth.ErrRefused), "auth_refused"},
		{errors.WithMessage(wire.ErrCRC, "read footer"), "crc"},
		// Over what it is stuck says more than that it is.
		{&protocol.StuckError{Err: protocol.ErrMessageTooLarge}, "message_too_large"},
		{&protocol.StuckError{Err: errors.New("whatever")}, "stuck"},
	} {
		if got := causeOf(tc.err); got != tc.want {
			t.Errorf("%v is of the cause %s, want %s", tc.err, got, tc.want)
		}
	}
}

// Each cause that causeOf returns is a value of the label, once.
func TestCauseNames(t *testing.T) {
	names := causeNames()
	for _, c := range causes {
		if !slices.Contains(names, c.name) {
			t.Errorf("%s is no value of the label", c.name)
		}
	}
	sorted := slices.Sorted(slices.Values(names))
	if n := len(slices.Compact(sorted)); n != len(names) {
		t.Errorf("%d of %d names stand twice", len(names)-n, len(names))
	}
}
