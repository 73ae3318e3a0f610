package handshake

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// ErrUnproven: the peer accepted our credentials, but did not prove that it has the key to them.
var ErrUnproven = errors.New("peer has not proved who it is")

// Client is what the connecting side of one handshake knows. It belongs to who carries the
// handshake out.
type Client struct {
	Connect    wire.Connect    // the latest, or the next
	Required   wire.Features   // that the peer must have
	Authorizer auth.Authorizer // nil without credentials; see Use
	AuthReply  []byte          // what came with the latest reply

	refused  bool // BADAUTHORIZER came on this socket
	answered bool // the challenge was answered with these credentials
}

// Use takes credentials for the next connect message; nil to go without.
func (c *Client) Use(a auth.Authorizer) { c.Authorizer, c.answered = a, false }

// AppendConnect appends the connect message, with the credentials that there are, whose length and
// protocol it notes in Connect.
func (c *Client) AppendConnect(b []byte) ([]byte, error) {
	if c.Authorizer == nil {
		return c.Connect.Append(b), nil
	}
	authorizer := c.Authorizer.Bytes()
	if len(authorizer) > math.MaxInt32 {
		return b, errors.Errorf("our authorizer has %d bytes", len(authorizer))
	}
	c.Connect.AuthorizerProtocol, c.Connect.AuthorizerLen = c.Authorizer.Protocol(),
		uint32(len(authorizer))
	return append(c.Connect.Append(b), authorizer...), nil
}

// DecodeReply reads a connect reply of wire.ConnectReplySize bytes. Behind it follow AuthorizerLen
// bytes.
func DecodeReply(b []byte) (wire.ConnectReply, error) {
	reply, err := wire.DecodeConnectReply(b)
	reply.Features = reply.Features.Sanitize()
	return reply, err
}

// React says what is to be done with a reply, and notes it. With ActionFreshAuthorizer the caller
// gets fresh credentials, and uses them; with ActionAnswerChallenge the answer is part of the next
// connect message; with ActionRetry the caller fills in the numbers of the next one and calls
// Retry.
func (c *Client) React(reply wire.ConnectReply) (protocol.Reaction, error) {
	r := protocol.React(reply, protocol.Attempt{Connect: c.Connect, Required: c.Required,
		BadAuthorizer: c.refused,
		HasAuthorizer: c.Authorizer != nil, AlreadyAnswered: c.answered})
	switch r.Action {
	case protocol.ActionFault:
		return r, r.Err
	case protocol.ActionFreshAuthorizer:
		c.refused = true
	case protocol.ActionAnswerChallenge:
		c.answered = true
		return r, errors.WithMessage(c.Authorizer.AnswerChallenge(c.AuthReply), "answer challenge")
	case protocol.ActionRetry, protocol.ActionWait, protocol.ActionOpen, protocol.ActionOpenSeq:
	}
	return r, nil
}

// Retry sets the numbers of the next connect message. A peer may challenge each one anew; 16.2 does
// so after RETRY_GLOBAL.
func (c *Client) Retry(connectSeq, globalSeq uint32) {
	c.answered = false
	c.Connect.ConnectSeq, c.Connect.GlobalSeq = connectSeq, globalSeq
}

// Agree returns what both sides of the session have, once a reply opens it, and how its messages
// are signed.
func (c *Client) Agree(reply wire.ConnectReply) (wire.Features, auth.Security, error) {
	agreed := c.Connect.Features & reply.Features
	if c.Authorizer == nil {
		return agreed, nil, nil
	}
	security, err := c.Authorizer.VerifyReply(c.AuthReply, agreed)
	if err != nil {
		err = fmt.Errorf("verify authorizer reply: %w: %w", ErrUnproven, err)
	}
	return agreed, security, err
}
