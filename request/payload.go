package request

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// ErrWrongType: a message is of another type than that of the payload that it was to have.
var ErrWrongType = errors.New("request: message of another type")

// Encode returns a message with a payload: its type, its versions and its front part. What else
// there is to a message, such as its data part or priority, the caller adds.
func Encode(p messages.Payload) *simplemsgr.Message {
	h := p.Header()
	return &simplemsgr.Message{Type: uint16(h.Type), Version: h.Version,
		CompatVersion: h.CompatVersion, Front: p.Append(nil)}
}

// Decode reads the payload of a message into p, which has no part of the message afterwards. If the
// message is of another type it fails with ErrWrongType.
func Decode(m *simplemsgr.Message, p messages.Payload) error {
	if got, want := messages.Type(m.Type), p.Header().Type; got != want {
		return errors.WithMessagef(ErrWrongType, "%v from %v, want %v", got, m.Source, want)
	}
	return errors.WithMessagef(p.Decode(m.Version, m.Front), "request: from %v", m.Source)
}

// CallPayload is Call for messages that are nothing but payloads: it sends question, and reads the
// reply into answer. For messages with a data part there are Encode, Call and Decode.
func (c *Client) CallPayload(ctx context.Context, peer wire.EntityInst,
	question, answer messages.Payload) error {
	reply, err := c.Call(ctx, peer, Encode(question))
	if err != nil {
		return err
	}
	defer reply.Release()
	return Decode(reply, answer)
}

// HandlePayload has messages with a payload answered by h, which gets it decoded, with the message
// that it came in; nil and no error answer nothing. What cannot be decoded is an error of the
// handler: see ServerOptions.Failed. Q is the payload's structure, such as messages.MonCommand.
func HandlePayload[Q any, P interface {
	*Q
	messages.Payload
}](s *Server, h func(ctx context.Context, question P,
	m *simplemsgr.Message) (messages.Payload, error)) {
	s.Handle(uint16(P(new(Q)).Header().Type), func(ctx context.Context,
		m *simplemsgr.Message) (*simplemsgr.Message, error) {
		question := P(new(Q))
		if err := Decode(m, question); err != nil {
			return nil, err
		}
		answer, err := h(ctx, question, m)
		if err != nil || answer == nil {
			return nil, err
		}
		return Encode(answer), nil
	})
}
