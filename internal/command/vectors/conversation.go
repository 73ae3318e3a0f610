package vectors

import (
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// listener follows a conversation piece by piece and finds what does not fit together.
type listener struct {
	key     cephx.CryptoKey
	offsets map[string]int64 // of what comes next, by side
	// due is what has to come next of a side before anything else, by side: the authorizer that its
	// last piece has announced the size of.
	due     map[string]uint32
	asked   bool          // a connect waits for its reply
	connect wire.Features // of the latest connect
	reply   wire.Features // of the latest reply
	sent    map[string]uint64
	// What the latest authorizer has said, and the challenge that the next one has to answer.
	nonce     uint64
	challenge *uint64
	// open says whether a reply has opened the session.
	open bool
}

// checkConversation checks each piece by itself and what follows from one to another: offsets,
// lengths that are announced, sequence numbers, acknowledgements, the kind of footer, signatures.
func (v *Vector) checkConversation(key cephx.CryptoKey) error {
	if len(v.Hex) > 0 || len(v.Fields) > 0 || len(v.Pieces) == 0 {
		return errors.New("a conversation has pieces, and no bytes or fields of its own")
	}
	for _, side := range v.Handmade {
		if side != fromClient && side != fromServer {
			return errors.Errorf("side %q", side)
		}
	}
	l := listener{key: key, offsets: map[string]int64{}, due: map[string]uint32{},
		sent: map[string]uint64{}}
	for i := range v.Pieces {
		p := &v.Pieces[i]
		fields, err := check(p.Structure, p.Hex, p.Fields, key)
		if err == nil {
			err = l.hear(p, fields, slices.Contains(v.Handmade, p.From))
		}
		if err != nil {
			return errors.Wrapf(err, "piece %d, %s from %s", i, p.Structure, p.From)
		}
	}
	if v.Structure == session && !l.open {
		return errors.New("the session does not open")
	}
	return nil
}

func (l *listener) hear(p *Piece, fields any, handmade bool) error {
	if p.From != fromClient && p.From != fromServer {
		return errors.Errorf("side %q", p.From)
	}
	if p.Offset != l.offsets[p.From] {
		return errors.Errorf("offset %d, want %d", p.Offset, l.offsets[p.From])
	}
	l.offsets[p.From] += int64(len(p.Hex))
	if size := l.due[p.From]; size > 0 {
		delete(l.due, p.From)
		if int(size) != len(p.Hex) {
			return errors.Errorf("%d bytes, where %d were announced", len(p.Hex), size)
		}
		return l.proof(fields)
	}
	switch f := fields.(type) {
	case *connectFields:
		l.asked = true
		l.connect, l.due[p.From] = wire.Features(f.Features), f.AuthorizerLen
	case *connectReplyFields:
		if !l.asked {
			return errors.New("a reply without a connect")
		}
		l.asked = false
		l.reply, l.due[p.From] = wire.Features(f.Features), f.AuthorizerLen
		tag := wire.Tag(f.Tag)
		l.open = l.open || tag == wire.TagReady || tag == wire.TagSeq
	case *taggedFields:
		return l.ack(p.From, f, handmade)
	case *messageFields:
		if !l.shared().Has(wire.FeatureMsgAuth) {
			return errors.New("a footer of 21 bytes without the feature MSG_AUTH")
		}
		return errors.WithMessage(l.message(p.From, f.Header, &f.Footer), "message")
	case *messageOldFields:
		if l.shared().Has(wire.FeatureMsgAuth) {
			return errors.New("a footer of 13 bytes with the feature MSG_AUTH")
		}
		return errors.WithMessage(l.message(p.From, f.Header, nil), "message")
	}
	return nil
}

// proof checks that credentials answer each other: the client proves that it could open the
// challenge, and the server that it could open the authorizer.
func (l *listener) proof(fields any) error {
	switch f := fields.(type) {
	case *authorizerFields:
		if l.key.IsZero() {
			return errors.Wrap(errNoKey, "authorizer")
		}
		body, err := l.key.Open(f.Authorize)
		if err != nil {
			return err
		}
		a, err := cephx.DecodeAuthorize(body)
		if err != nil {
			return err
		}
		l.nonce = a.Nonce
		if c := l.challenge; c != nil && (!a.HaveChallenge || a.ServerChallengePlusOne != *c+1) {
			return errors.Errorf("answers %#x to the challenge %#x", a.ServerChallengePlusOne, *c)
		}
		l.challenge = nil
	case *authorizeChallengeFields:
		l.challenge = (*uint64)(&f.ServerChallenge)
	case *authorizeReplyFields:
		if uint64(f.NoncePlusOne) != l.nonce+1 {
			return errors.Errorf("answers %#x to the nonce %#x", f.NoncePlusOne, l.nonce)
		}
	}
	return nil
}

// shared are the features that both sides have offered.
func (l *listener) shared() wire.Features { return l.connect & l.reply }

// ack checks that nobody acknowledges what was not sent. What a hand-made side says is not judged.
func (l *listener) ack(from string, f *taggedFields, handmade bool) error {
	if !l.open {
		return errors.New("before the session is open")
	}
	other := map[string]string{fromClient: fromServer, fromServer: fromClient}[from]
	if f.Seq == nil || handmade || l.sent[other] == 0 || uint64(*f.Seq) <= l.sent[other] {
		return nil
	}
	return errors.Errorf("acknowledges %d, where %d is the last", *f.Seq, l.sent[other])
}

// message checks the number of a message, which is one more than the former's, and its signature.
// Footers of 13 bytes, nil here, hold none.
func (l *listener) message(from string, header headerFields, f *footerFields) error {
	if !l.open {
		return errors.New("before the session is open")
	}
	h := header.header()
	if last := l.sent[from]; last != 0 && h.Seq != last+1 {
		return errors.Errorf("seq %d behind %d", h.Seq, last)
	}
	l.sent[from] = h.Seq
	if f == nil {
		return nil
	}
	footer := f.footer()
	signed := footer.Flags&wire.FooterSigned != 0
	if l.key.IsZero() {
		if signed {
			return errors.New("signed, but there is no key")
		}
		return nil
	}
	return cephx.NewSecurity(l.key, l.shared()).Check(&h, &footer)
}
