// Package hint knows the usual causes of errors, for the person who reads one on a terminal.
package hint

import (
	"os"
	"syscall"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/monclient"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Hint is a row of docs/errors.md: a kind of error that has one usual cause.
type Hint struct {
	Error string // what it says
	Cause string
	Try   string

	is func(error) bool
}

// String returns cause and remedy in one line.
func (h Hint) String() string { return h.Cause + "; " + h.Try }

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// hints are tried from the top.
var hints = []Hint{
	{"banner: msgr2", "this is the port of protocol v2",
		"call the v1 port: 6789 of a monitor, that behind v1: in \"ceph osd dump\" of others",
		isMsgr2},
	{"not a Ceph daemon of protocol v1", "something else listens there",
		"check host and port, and whether a proxy or TLS stands between", is(pipe.ErrNotCeph)},
	{"wrong peer", "the daemon was started again since and has another nonce, or another daemon " +
		"has the port now", "look the address up anew (\"ceph osd dump\", \"ceph mon dump\"), or " +
		"leave the nonce out", is(pipe.ErrWrongPeer)},
	{"protocol versions differ (BADPROTOVER)", "the peer is of another type than it was called by",
		"name its type (ping --peer osd.0)", is(protocol.ErrProtocolVersion)},
	{"required features are missing (FEATURES)",
		"the peer is much older or newer, or a policy requires more than it should",
		"compare the releases; see FeaturesSupported and FeaturesRequired of the policy",
		is(protocol.ErrFeatures)},
	{"clock skew", "the clock of one of the two is wrong",
		"compare both with \"date -u\"; time servers set clocks", is(cephx.ErrClockSkew)},
	{"ticket has expired", "the clock of one of the two is wrong, or a ticket was kept for too " +
		"long", "compare both with \"date -u\", then log in again", is(cephx.ErrTicketExpired)},
	{"wrong key or damaged bytes", "the keyring has another key for this name than the monitors",
		"compare it with \"ceph auth get NAME\"", is(cephx.ErrWrongKey)},
	{"unknown secret", "the daemon was out of reach of the monitors for hours, or is of another " +
		"cluster", "compare the fsid of both", is(cephx.ErrUnknownSecret)},
	{"peer refused the authorizer (BADAUTHORIZER)",
		"the peer wants cephx and got no ticket, or one for another type of service",
		"log in: ping a daemon by its name, with --conf and --keyring",
		is(protocol.ErrBadAuthorizer)},
	{"peer has not proved who it is",
		"the peer does not have the secret of its service: it is of another cluster, or an " +
			"impostor", "compare the fsid of both", is(pipe.ErrUnproven)},
	{"auth: bad signature", "one side signs and the other does not (cephx_sign_messages), or " +
		"something changes bytes on the way", "compare the cephx_ options of both",
		is(auth.ErrBadSignature)},
	{"checksum mismatch with sent 0x00000000", "the peer runs with ms_crc_header = false",
		"set ms_crc_header alike on both sides (Config.Pipe.DisableCRCHeader)", is(pipe.ErrCRCOff)},
	{"no address for protocol v1", "the daemon is down, or is bound to the v2 port alone",
		"look at \"ceph osd dump\"; ms_bind_msgr1 = true opens the v1 port",
		is(monclient.ErrNoAddress)},
	{"the reader of a subscription is too slow", "the loop over the log does more than it should",
		"raise Config.SubscriptionLimit, or hand the lines on", is(monclient.ErrBehind)},
	{"message above the size limit", "the peer sends more than we take",
		"raise Config.Pipe.MaxMessageSize, or have the peer split it",
		is(protocol.ErrMessageTooLarge)},
	{"connection refused", "nobody listens there: the daemon is down, or has another port",
		"look the address up anew", is(syscall.ECONNREFUSED)},
	{"no answer", "a firewall drops the packets, or the daemon hangs",
		"try \"nc -vz HOST PORT\"; look at the daemon's log", isTimeout},
}

// All returns the table.
func All() []Hint { return append([]Hint(nil), hints...) }

// Of returns the hint for an error, and whether there is one.
func Of(err error) (Hint, bool) {
	for _, h := range hints {
		if err != nil && h.is(err) {
			return h, true
		}
	}
	return Hint{}, false
}

func isMsgr2(err error) bool {
	var decode *wire.DecodeError
	return errors.As(err, &decode) && decode.Structure == "banner" && decode.Field == "version"
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, pipe.ErrTimeout) ||
		errors.As(err, &timeout) && timeout.Timeout()
}
