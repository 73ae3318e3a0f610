package conformance

import (
	"context"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// proof is what the kit has shown on one socket to prove who it is.
type proof struct {
	auth.Authorizer
	// unanswered is what it was before the first challenge.
	unanswered []byte
	// automatic: the step did not name it, and therefore challenges are answered by the kit.
	automatic bool
}

// brings tells whether the kit has to prove who it is on the current socket, by itself.
func (k *self) brings() bool { return k.credentials != nil && k.credentials.Client != nil }

// credentialsOf returns the authorizer that a connect message brings if its step says nothing or
// one of the words about credentials; known is false for all other words.
func (p *play) credentialsOf(step *script.Step) (b []byte, known bool, err error) {
	text, found := step.Arg("authorizer")
	if !found && p.self.brings() {
		text = authorizerGood
		if p.self.other {
			text = authorizerOther
		}
	}
	word, size, cut := strings.Cut(text, ":")
	switch word {
	case authorizerReplayed:
		return p.replayed, true, nil
	case authorizerGood, authorizerOther, authorizerWrongKey, authorizerForged, authorizerExpired,
		authorizerNewKey, authorizerService, authorizerUnanswered:
	default:
		return nil, false, nil
	}
	if p.target.Credentials == nil {
		return nil, true, errNotHere
	}
	if err := p.prove(word, !found); err != nil {
		return nil, true, err
	}
	b = p.current.proof.Bytes()
	if word == authorizerUnanswered {
		b = p.current.proof.unanswered
	}
	if cut {
		n, err := strconv.ParseUint(size, 0, 16)
		if err != nil {
			return nil, true, errors.Errorf("%s:N takes the first N bytes, not %s", word, size)
		}
		b = append([]byte(nil), b...)
		b = append(b, make([]byte, max(int(n)-len(b), 0))...)[:n]
	}
	return b, true, nil
}

// prove gets the credentials of a word for the current socket. Those that are there stay if the
// word is the same: they may have answered a challenge.
func (p *play) prove(word string, automatic bool) error {
	s := p.current
	if word == authorizerUnanswered && s.proof == nil {
		word = authorizerGood
	}
	if s.proof != nil && (word == s.proofWord || word == authorizerUnanswered) {
		s.proof.automatic = automatic
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.patience)
	defer cancel()
	a, err := p.target.Credentials.authorizer(ctx, word)
	if err != nil {
		return err
	}
	s.proof = &proof{Authorizer: a, unanswered: a.Bytes(), automatic: automatic}
	s.proofWord = word
	name := p.target.Credentials.Name
	if word == authorizerOther {
		name.ID = ""
	}
	if n, found := numberOf(name, a); found {
		p.self.name.Num = n
	}
	return nil
}

// judgeAnswer looks at what stands behind a reply: the challenge is answered, and proofs of the
// messenger under test are checked.
func (s *socket) judgeAnswer(authorizer []byte) error {
	if s.proof == nil || !provable(s.proofWord) {
		return nil // that it was taken at all is what the case is about
	}
	switch s.reply.Tag {
	case wire.TagChallengeAuthorizer:
		if err := s.proof.AnswerChallenge(authorizer); err != nil {
			return cite("V1-AUTH-4", "the challenge cannot be read: %v", err)
		}
	case wire.TagReady, wire.TagSeq, wire.TagRetrySession, wire.TagRetryGlobal,
		wire.TagResetSession:
		if s.connect.AuthorizerProtocol != wire.AuthCephx || s.connect.AuthorizerLen == 0 {
			return nil
		}
		security, err := s.proof.VerifyReply(authorizer, s.features)
		if err != nil {
			return cite("V1-REPLY-10", "the answer does not prove that it is of who has the"+
				" service's secret: %v", err)
		}
		if s.reply.Tag != wire.TagReady && s.reply.Tag != wire.TagSeq {
			return nil
		}
		s.security = security
		s.older, err = s.proof.VerifyReply(authorizer, s.features&^wire.FeatureCephxV2)
		return err
	default:
	}
	return nil
}

// provable tells whether a messenger may take credentials of that word.
func provable(word string) bool {
	switch word {
	case authorizerGood, authorizerOther, authorizerNewKey, authorizerExpired:
		return true
	}
	return false
}

// answersChallenge tells whether the last reply is a challenge that the kit answers by itself,
// since the step did not say which authorizer to bring.
func (s *socket) answersChallenge() bool {
	return s.reply.Tag == wire.TagChallengeAuthorizer && s.proof != nil && s.proof.automatic
}

// answerChallenge sends the last connect message again, with the answer in its authorizer.
func (p *play) answerChallenge() error {
	s := p.current
	s.authorizer = s.proof.Bytes()
	s.connect.AuthorizerLen = uint32(len(s.authorizer))
	return p.write(append(s.connect.Append(nil), s.authorizer...))
}

// The words of sig=….
const (
	signWrong = "wrong"
	signNone  = "none"
	signOlder = "older"
	signBare  = "bare"
)

// signs are all of them.
var signs = []string{signWrong, signNone, signOlder, signBare}

// sign signs a message as the session has it, or wrongly.
func (s *socket) sign(h *wire.MessageHeader, f *wire.Footer, word string) error {
	security := s.security
	switch word {
	case "", signWrong:
	case signNone:
		return nil
	case signOlder:
		security = s.older
	case signBare:
		if security == nil {
			return errUnsigned
		}
		bare, header := wire.Footer{}, *h
		header.FrontLen, header.MiddleLen, header.DataLen = 0, 0, 0
		security.Sign(&header, &bare)
		f.Signature = bare.Signature
		f.Flags |= wire.FooterSigned
		return nil
	default:
		return errors.Errorf("there is no signature %s", word)
	}
	if security == nil {
		if word != "" {
			return errUnsigned
		}
		return nil
	}
	security.Sign(h, f)
	if word == signWrong {
		f.Signature ^= 1
	}
	return nil
}

var errUnsigned = errors.New("the session has no signatures")

// checkSignature checks the signature of a message that was read.
func (s *socket) checkSignature(m *message) error {
	if s.security == nil {
		return nil
	}
	if m.footer.Flags&wire.FooterSigned == 0 {
		return cite("V1-SIGN-1", "message %d is not signed: its flags are %#x", m.header.Seq,
			uint8(m.footer.Flags))
	}
	if err := s.security.Check(&m.header, &m.footer); err != nil {
		if s.older != nil && s.features.Has(wire.FeatureCephxV2) &&
			s.older.Check(&m.header, &m.footer) == nil {
			return cite("V1-SIGN-3", "the signature of message %d is that without CEPHX_V2",
				m.header.Seq)
		}
		return cite("V1-SIGN-2", "the signature of message %d is wrong", m.header.Seq)
	}
	return nil
}

// newSecurity returns who signs the messages of a session, nil if they are not signed.
func newSecurity(key cephx.CryptoKey, features wire.Features) auth.Security {
	if !features.Has(wire.FeatureMsgAuth) {
		return nil
	}
	return cephx.NewSecurity(key, features)
}
