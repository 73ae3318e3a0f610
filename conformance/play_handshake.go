package conformance

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// maxRounds bounds how many connect messages a handshake of the kit may take.
const maxRounds = 8

// open is the whole handshake of a well-behaved client: it dials if that is needed, and goes on
// when it is told to count from elsewhere. The fields are those of its first connect message.
func (p *play) open(ctx context.Context, step *script.Step) error {
	if p.current == nil || step.Socket != "" && p.sockets[step.Socket] == nil || p.current.open {
		if err := p.dial(ctx, step); err != nil {
			return err
		}
	}
	if err := p.deadline(step); err != nil {
		return err
	}
	if _, err := p.current.readGreeting(); err != nil {
		return err
	}
	greeting, err := p.makeGreeting(new(script.Step))
	if err != nil {
		return err
	}
	if err := p.write(greeting); err != nil {
		return err
	}
	for range maxRounds {
		connect, err := p.makeConnect(step)
		if err != nil {
			return err
		}
		if err := p.write(connect); err != nil {
			return err
		}
		got, _, err := p.current.readReply()
		if err != nil {
			return err
		}
		p.last = got
		switch r := p.current.reply; r.Tag {
		case wire.TagReady, wire.TagSeq:
			return p.opened(step, got)
		case wire.TagChallengeAuthorizer:
			if p.current.proof == nil {
				return errors.Errorf("expected READY or SEQ, got %v", got)
			}
		case wire.TagRetryGlobal:
			p.self.globalSeq = max(p.self.globalSeq, r.GlobalSeq)
			step = step.Without("global_seq")
		case wire.TagRetrySession:
			if sent := p.current.connect.ConnectSeq; r.ConnectSeq <= sent {
				return cite("V1-LIMIT-8", "RETRY_SESSION with connect_seq %d answers a connect_seq of"+
					" %d: it is to be above it", r.ConnectSeq, sent)
			}
			p.self.connectSeq = r.ConnectSeq - 1
			step = step.Without("connect_seq")
		case wire.TagResetSession:
			p.self.forget()
			step = step.Without("connect_seq")
		default:
			return errors.Errorf("expected READY or SEQ, got %v", got)
		}
	}
	return errors.Errorf("expected READY or SEQ after %d rounds, got %v", maxRounds, p.last)
}

// welcome is the whole handshake of a well-behaved server: it waits for a connection, has the peer
// begin anew if it goes on with a session that the kit does not have, and answers READY, or SEQ if
// there is one. The fields are those of its reply.
func (p *play) welcome(ctx context.Context, step *script.Step) error {
	if p.current == nil || p.current.open || step.Socket != "" && p.sockets[step.Socket] == nil {
		if err := p.accept(ctx, step); err != nil {
			return err
		}
	}
	if err := p.deadline(step); err != nil {
		return err
	}
	greeting, err := p.makeGreeting(new(script.Step))
	if err != nil {
		return err
	}
	if err := p.write(greeting); err != nil {
		return err
	}
	if _, err := p.current.readGreeting(); err != nil {
		return err
	}
	for range maxRounds {
		got, err := p.current.readConnect()
		if err != nil {
			return err
		}
		p.last = got
		if p.current.connect.ConnectSeq > 0 && !p.self.session {
			if err := p.say(wire.TagResetSession); err != nil {
				return err
			}
			continue
		}
		if j := p.current.judge; j.proven() && !j.answered() &&
			p.current.connect.Features.Has(wire.FeatureCephxV2) {
			if err := p.say(wire.TagChallengeAuthorizer); err != nil {
				return err
			}
			continue
		}
		return p.answer(step, got)
	}
	return errors.Errorf("expected connect_seq=0 after %d rounds", maxRounds)
}

// say writes a reply with that tag.
func (p *play) say(tag wire.Tag) error {
	b, err := p.makeReply(new(script.Step), tag)
	if err != nil {
		return err
	}
	return p.write(b)
}

// answer says READY, or SEQ if a session goes on and both know how.
func (p *play) answer(step *script.Step, got *piece) error {
	tag := wire.TagReady
	if p.self.session && p.current.connect.ConnectSeq > 0 &&
		p.current.connect.Features.Has(wire.FeatureReconnectSeq) {
		tag = wire.TagSeq
	}
	b, err := p.makeReply(step, tag)
	if err != nil {
		return err
	}
	if p.current.reply.Tag == wire.TagSeq {
		claim, err := p.claimed(step)
		if err != nil {
			return err
		}
		b = wire.AppendSeq(b, claim)
	}
	if err := p.write(b); err != nil {
		return err
	}
	if err := p.sent(&script.Step{Words: []string{"reply"}}); err != nil ||
		p.current.reply.Tag != wire.TagSeq {
		return err
	}
	seq, err := p.current.readSeq()
	if err != nil {
		return err
	}
	v, _ := seq.get("seq")
	got.number("in_seq", v.Number)
	return nil
}

// claimed is what the kit says after SEQ that it has: in_seq=… of the step, or the truth.
func (p *play) claimed(step *script.Step) (uint64, error) {
	text, found := step.Arg("in_seq")
	if !found {
		return p.self.inSeq, nil
	}
	v, err := script.Eval("in_seq", text, p.vars)
	return v.Number, err
}
