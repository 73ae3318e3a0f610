package auth

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// The errors that methods wrap, to be tested with errors.Is.
var (
	// ErrRefused says that credentials were looked at and found wrong.
	ErrRefused = errors.New("auth: refused")
	// ErrBadSignature says that a message's signature is wrong, or missing where one is required.
	ErrBadSignature = errors.New("auth: bad signature")
)

// Client gives the credentials with which a messenger opens connections. Its methods are called
// without locks, once at a time for each session. Authorizer may block, to renew a ticket; what
// does so should be a ContextClient too.
type Client interface {
	// Authorizer returns the credentials for one connection attempt to a peer of type peer, or nil
	// to go without. With fresh set the peer refused the last ones: cached tickets are not to be
	// used again.
	Authorizer(peer wire.EntityType, fresh bool) (Authorizer, error)
	// RequiredFeatures returns what a peer of this type must offer in addition to what the policy
	// requires.
	RequiredFeatures(peer wire.EntityType) wire.Features
}

// ContextClient is a Client whose wait for credentials can be cut short. The messenger calls
// AuthorizerContext where there is one, instead of Authorizer: otherwise a shutdown waits for
// Authorizer to return.
type ContextClient interface {
	Client
	// AuthorizerContext is Authorizer that fails soon with the cause of ctx's end when that comes
	// first. The messenger's ctx ends with the attempt: when it shuts down, and when the connection
	// is marked down, or the peer's own takes its place.
	AuthorizerContext(ctx context.Context, peer wire.EntityType, fresh bool) (Authorizer, error)
}

// AuthorizerOf returns the credentials that c gives for one attempt, until ctx ends if c is a
// ContextClient.
func AuthorizerOf(ctx context.Context, c Client, peer wire.EntityType,
	fresh bool) (Authorizer, error) {
	if c, ok := c.(ContextClient); ok {
		return c.AuthorizerContext(ctx, peer, fresh)
	}
	return c.Authorizer(peer, fresh)
}

// Authorizer is the credentials of one connection attempt. It is used by one goroutine at a time.
// AnswerChallenge and VerifyReply may take their time; the others must not wait.
type Authorizer interface {
	// Protocol returns what stands in Connect.AuthorizerProtocol.
	Protocol() uint32
	// Bytes returns what follows the connect message. The caller does not change it.
	Bytes() []byte
	// AnswerChallenge takes the bytes that came with CHALLENGE_AUTHORIZER; Bytes holds the answer
	// afterwards. A peer may challenge again on the same socket: 16.2 does after RETRY_GLOBAL.
	AnswerChallenge(challenge []byte) error
	// VerifyReply takes the bytes that came with READY or SEQ and the features of the session. It
	// returns the session's Security, nil if messages are not signed, or an error if the peer did
	// not prove itself.
	VerifyReply(reply []byte, features wire.Features) (Security, error)
}

// Server judges the credentials of those who connect. Its methods may be called by many goroutines
// at once, without locks. They must not wait; what takes its time is for Exchange.Verify.
type Server interface {
	// NewExchange begins the judging of one accepted socket.
	NewExchange(peer wire.EntityAddr) Exchange
	// RequiredFeatures returns what a peer of this type must offer in addition to what the policy
	// requires.
	RequiredFeatures(peer wire.EntityType) wire.Features
	// MustProve reports whether nobody comes as a peer of this type who has not proved to be one:
	// such a session is never given to whoever merely claims its address.
	MustProve(peer wire.EntityType) bool
}

// Exchange judges the connect messages of one accepted socket, one after the other: a challenged
// peer asks twice. It is used by one goroutine.
type Exchange interface {
	Verify(Request) Result
}

// Request is what a peer brought.
type Request struct {
	Connect    wire.Connect
	Authorizer []byte        // valid until Verify returns
	Features   wire.Features // of the session: what both sides offer
}

// Outcome is the verdict over a Request.
type Outcome int

// The verdicts.
const (
	Refused    Outcome = iota // answer BADAUTHORIZER
	Challenged                // answer CHALLENGE_AUTHORIZER with Result.Reply
	Accepted                  // go on; READY or SEQ carry Result.Reply
)

// Result is the verdict over a Request and what follows from it.
type Result struct {
	Outcome  Outcome
	Reply    []byte   // travels behind the connect reply
	Security Security // with Accepted; nil if messages are not signed
	Identity Identity // with Accepted
	Err      error    // with Refused: why, for logs; wraps ErrRefused
}

// Identity is what the credentials say of the peer.
type Identity struct {
	Name     string // such as "client.admin"; empty if the method does not tell
	GlobalID uint64
	// Proven: a key has proved the name. Otherwise it is but what the peer says of itself, and
	// decides nothing.
	Proven bool
	// Capabilities is the opaque blob of the ticket that the layer above interprets; nil without
	// one. Package auth/caps reads those of Ceph.
	Capabilities []byte
}

// Security signs and checks the messages of one session. Sign is called by the pipe's writer and
// Check by its reader, so one call of each may run at the same time.
type Security interface {
	// Sign sets the footer's signature and FooterSigned. Header and footer have their checksums.
	Sign(h *wire.MessageHeader, f *wire.Footer)
	// Check verifies a received message; its error wraps ErrBadSignature.
	Check(h *wire.MessageHeader, f *wire.Footer) error
}
