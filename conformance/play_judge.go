package conformance

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// judge is the kit as a server that asks who calls: on one socket.
type judge struct {
	// opened tells whether the last authorizer could be opened; nothing can be answered before.
	opened bool
	// ticket and authorize are what was in the last one.
	ticket    cephx.ServiceTicketInfo
	authorize cephx.Authorize
	// challenge is what was asked last; challenged tells whether anything was.
	challenge  uint64
	challenged bool
}

// open opens the authorizer of a connect message.
func (j *judge) open(c *Credentials, connect wire.Connect, authorizer []byte) {
	j.opened = func() error {
		if connect.AuthorizerProtocol != wire.AuthCephx {
			return errNotCephx
		}
		a, err := cephx.DecodeAuthorizer(authorizer)
		if err != nil {
			return err
		}
		secret, err := c.Secrets.ServiceSecret(a.Service, a.Ticket.SecretID)
		if err != nil {
			return err
		}
		if j.ticket, err = a.Ticket.Open(secret); err != nil {
			return err
		}
		body, err := j.ticket.SessionKey.Open(a.Authorize)
		if err != nil {
			return err
		}
		j.authorize, err = cephx.DecodeAuthorize(body)
		return err
	}() == nil
}

var errNotCephx = errors.New("the connect message brings no authorizer of cephx")

// proven tells whether the caller has proved who it is, apart from a challenge.
func (j *judge) proven() bool { return j != nil && j.opened }

// answered tells whether the caller has answered the last challenge.
func (j *judge) answered() bool {
	return j.proven() && j.challenged && j.authorize.HaveChallenge &&
		j.authorize.ServerChallengePlusOne == j.challenge+1
}

// The words of authorizer=… in a reply.
const (
	replyWrongProof   = "wrong-proof"
	replyWrongKey     = "wrong-key"
	replyOldChallenge = "old-challenge"
)

// reply returns what stands behind a reply with that tag, as it must be or as word wants it. Behind
// refusals nothing stands.
func (j *judge) reply(tag wire.Tag, word string) ([]byte, error) {
	key := j.ticket.SessionKey
	if word == replyWrongKey {
		var err error
		if key, err = cephx.GenerateKey(nil, time.Now()); err != nil {
			return nil, err
		}
	}
	switch tag {
	case wire.TagChallengeAuthorizer:
		if word != replyOldChallenge || !j.challenged {
			j.challenge, j.challenged = rand.Uint64(), true
		}
		return key.Seal(cephx.AuthorizeChallenge{ServerChallenge: j.challenge}.Append(nil)), nil
	case wire.TagReady, wire.TagSeq, wire.TagRetrySession, wire.TagRetryGlobal,
		wire.TagResetSession, wire.TagWait:
		nonce := j.authorize.Nonce + 1
		if word == replyWrongProof {
			nonce++
		}
		sealed := key.Seal(cephx.AuthorizeReply{NoncePlusOne: nonce}.Append(nil))
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(sealed)))
		return append(b, sealed...), nil
	default:
		return nil, nil
	}
}

// replyAuthorizer returns what stands behind a reply: what its step says, or what a server with
// credentials has to say.
func (s *socket) replyAuthorizer(step *script.Step, tag wire.Tag) ([]byte, error) {
	text, found := step.Arg("authorizer")
	switch text {
	case "", replyWrongProof, replyWrongKey, replyOldChallenge:
		if s.judge.proven() {
			return s.judge.reply(tag, text)
		}
		if found {
			return nil, errors.New("nobody has brought an authorizer to which that is an answer")
		}
		return nil, nil
	}
	return makeAuthorizer(step, nil)
}
