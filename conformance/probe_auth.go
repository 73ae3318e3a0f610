package conformance

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// trust is what is known of how a target and the kit prove to each other who they are.
type trust struct {
	// cephx: sessions are opened with the kit's credentials, or the target brings those that the
	// kit can open.
	cephx bool
	// signed: their messages are signed. older: they are also opened without CEPHX_V2.
	signed, older bool
	// tickets: the kit can make tickets of any content. other: it has another principal.
	tickets, other bool
	// answers: a command without words (type 97) is answered, as an osd does, or sent back.
	answers bool
}

// needs are what a case may need of it, and what is said if it is missing.
func (t trust) needs() []need {
	return []need{
		{"cephx", t.cephx, "no credentials of cephx are shown"},
		{"open-to-all", !t.cephx, "it wants credentials"},
		{"signatures", t.signed, "messages are not signed"},
		{"older-cephx", t.older, "it has no sessions of cephx without CEPHX_V2"},
		{"tickets", t.tickets, "the kit has not the secrets of the service"},
		{"answers", t.answers, "it answers nothing that the kit knows"},
		{"principals", t.other, "the kit has no other principal's credentials"},
	}
}

// trust finds out how a server proves and signs, by the session that p has opened.
func (b *prober) trust(ctx context.Context, id Identity, p *play) trust {
	s := p.current
	if s.proof == nil {
		return trust{}
	}
	t := trustWith(id.credentials)
	t.signed = s.security != nil
	_, err := b.play(ctx, RoleServer, id, true, "open features=default,-CEPHX_V2")
	t.older = err == nil
	_, err = b.play(ctx, RoleServer, id, true, "open\nsend msg type=97 front=20\n"+
		"expect msg type=97|98 skip=msg,housekeeping")
	var cited *citedError
	t.answers = err == nil || errors.As(err, &cited) // what is wrong with it the cases tell
	return t
}

// trustWith is what can be known by the kit's credentials alone.
func trustWith(c *Credentials) trust {
	return trust{cephx: true, tickets: c.Secrets != nil,
		other: c.Secrets != nil || c.Other != nil}
}

// trustOfCaller is trust of a messenger that calls.
func (b *prober) trustOfCaller(ctx context.Context, role Role, id Identity, p *play) trust {
	s := p.current
	if !s.judge.proven() {
		return trust{}
	}
	t := trust{cephx: true, signed: s.security != nil, tickets: true}
	_, err := b.play(ctx, role, id, true, "welcome features=default,-CEPHX_V2\nexpect msg")
	t.older = err == nil
	return t
}

// identityWith returns the identity of a peer with these credentials.
func identityWith(c *Credentials) Identity {
	return Identity{Type: c.Name.Type, credentials: c}
}

// equal makes an identity one that may be called: of two connections its own stays.
func (id *Identity) equal(of wire.EntityType, nonce *uint32) {
	if id.Type == of {
		id.lowerThan = nonce
	}
}
