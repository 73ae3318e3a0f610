package ping

import (
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/pkg/errors"

	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Explain says in words what a fault means. stage is where it happened. The result wraps err.
func Explain(err error, stage string, options Options) error {
	addr := options.Peer.Addr
	explain := func(format string, args ...any) error {
		return &explained{text: errors.Errorf(addr.String()+": "+format, args...).Error(), err: err}
	}
	var feature *protocol.FeatureError
	var version *protocol.ProtocolVersionError
	var decode *wire.DecodeError
	switch {
	case errors.As(err, &feature):
		if feature.ByPeer {
			return explain("feature mismatch: the peer requires %s, which was not offered (ours "+
				"%v, theirs %v)", feature.Missing(), feature.Offered, feature.Required)
		}
		return explain("feature mismatch: the peer lacks %s (required %v, theirs %v)",
			feature.Missing(), feature.Required, feature.Offered)
	case errors.As(err, &version):
		return explain("protocol mismatch: we speak version %d to a %v, the peer speaks %d: is it "+
			"of another type? (--peer)",
			version.Ours, options.Peer.Name.Type, version.Theirs)
	case errors.Is(err, protocol.ErrBadAuthorizer):
		return explain("the peer wants credentials, or better ones (BADAUTHORIZER): a daemon with " +
			"" +
			"" +
			"cephx is pinged by name, with --keyring")
	case errors.Is(err, pipe.ErrWrongPeer):
		return explain("somebody else answers: %v", err)
	case errors.As(err, &decode) && decode.Structure == "banner":
		if decode.Field == "version" {
			return explain("the peer speaks msgr2 on this port (banner %q), not protocol v1 (%q); "+
				"a monitor's v1 port is 6789, other daemons show theirs as v1: in \"ceph osd "+
				"dump\"",
				strings.TrimSpace(wire.BannerV2Prefix), wire.Banner)
		}
		return explain("not a Ceph daemon: %v", decode.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return explain("connection refused: nobody listens there")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, pipe.ErrTimeout), isTimeout(err):
		return explain("no answer within %v (at step %q)", options.Timeout, stage)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return explain("the peer closed the connection (at step %q): %v", stage, err)
	}
	return explain("%v (at step %q)", err, stage)
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

type explained struct {
	text string
	err  error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.err }
