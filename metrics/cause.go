package metrics

import (
	"context"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/internal/frame"
	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// goodbye is the cause of a fault that is none: the peer has left.
const goodbye = "goodbye"

// causes names errors, for the label "cause": the first that is in the chain counts, so the more
// certain ones come first.
var causes = []struct {
	name string
	err  error
}{
	{"injected", session.ErrInjected},
	{"wrong_peer", session.ErrWrongPeer},
	{"not_ceph", handshake.ErrNotCeph},
	{"protocol_version", protocol.ErrProtocolVersion},
	{"features", protocol.ErrFeatures},
	{"bad_authorizer", protocol.ErrBadAuthorizer},
	{"unproven", handshake.ErrUnproven},
	{"bad_signature", auth.ErrBadSignature},
	{"auth_refused", auth.ErrRefused},
	{"too_many_sessions", session.ErrTooManySessions},
	{"message_too_large", protocol.ErrMessageTooLarge},
	{"numbers_used_up", protocol.ErrExhausted},
	{"crc_off", frame.ErrCRCOff},
	{"crc", wire.ErrCRC},
	{"too_large", wire.ErrTooLarge},
	{"invalid_value", wire.ErrInvalid},
	{"short_input", wire.ErrShort},
	{"protocol_violation", protocol.ErrProtocol},
	{"read_timeout", session.ErrTimeout},
	{"peer_closed", session.ErrPeerClosed},
	{"replaced", session.ErrReplaced},
	{"refused", syscall.ECONNREFUSED},
	{"connection_reset", syscall.ECONNRESET},
	{"connection_reset", syscall.EPIPE},
	{"unreachable", syscall.EHOSTUNREACH},
	{"unreachable", syscall.ENETUNREACH},
	{"timeout", syscall.ETIMEDOUT},
	{"timeout", os.ErrDeadlineExceeded},
	{"timeout", context.DeadlineExceeded},
	{"canceled", context.Canceled},
	{"descriptors", syscall.EMFILE},
	{"descriptors", syscall.ENFILE},
	{"closed", net.ErrClosed},
	{"eof", io.EOF},
	{"eof", io.ErrUnexpectedEOF},
	{"stuck", protocol.ErrStuck},
}

// Those that are told by their type.
const (
	causePanic      = "panic"
	causeHandshakes = "too_many_handshakes"
	causeName       = "unknown_host"
)

// causeOf returns one of causeNames.
func causeOf(err error) string {
	var panicked *session.PanicError
	var handshakes session.TooManyHandshakesError
	var name *net.DNSError
	switch {
	case errors.As(err, &panicked):
		return causePanic
	case errors.As(err, &handshakes):
		return causeHandshakes
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return c.name
		}
	}
	if errors.As(err, &name) {
		return causeName
	}
	return other
}

// causeNames are all causes but "other".
func causeNames() []string {
	names := []string{goodbye, causePanic, causeHandshakes, causeName}
	for i, c := range causes {
		if i == 0 || c.name != causes[i-1].name {
			names = append(names, c.name)
		}
	}
	return names
}
