package handshake

import (
	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// DecodeConnect reads a connect message of wire.ConnectSize bytes. Behind it follow AuthorizerLen
// bytes.
func DecodeConnect(b []byte) (wire.Connect, error) {
	c, err := wire.DecodeConnect(b)
	c.Features = c.Features.Sanitize()
	return c, err
}

// Server is what the accepting side of one handshake knows. It belongs to who carries the handshake
// out.
type Server struct {
	Connect    wire.Connect  // the latest
	Authorizer []byte        // that came with it
	Offered    wire.Features // by our policy towards its host_type
	Lossy      bool          // of that policy
	Exchange   auth.Exchange // nil if everybody is accepted

	AuthReply []byte // travels with the next reply
	Security  auth.Security
	Identity  auth.Identity
}

// Agreed returns what both sides offer.
func (s *Server) Agreed() wire.Features { return s.Connect.Features & s.Offered }

// Verify has the credentials looked at. A decision with CaseNone lets the peer pass; with any other
// the error says why, for logs.
func (s *Server) Verify() (protocol.Decision, error) {
	if s.Exchange == nil {
		return protocol.Decision{}, nil
	}
	result := s.Exchange.Verify(auth.Request{Connect: s.Connect, Authorizer: s.Authorizer,
		Features: s.Agreed()})
	s.AuthReply = result.Reply
	switch result.Outcome {
	case auth.Accepted:
		s.Security, s.Identity = result.Security, result.Identity
		return protocol.Decision{}, nil
	case auth.Challenged:
		return protocol.Decision{Case: protocol.CaseChallenge, Tag: wire.TagChallengeAuthorizer},
			nil
	case auth.Refused:
	}
	return protocol.Decision{Case: protocol.CaseBadAuthorizer, Tag: wire.TagBadAuthorizer},
		result.Err
}

// Reply puts the answer together. globalSeq is called for an answer that opens the session.
func (s *Server) Reply(d protocol.Decision, a protocol.Arrival,
	globalSeq func() uint32) wire.ConnectReply {
	r := wire.ConnectReply{
		Tag:             d.Tag,
		Features:        s.Agreed() | a.Required,
		GlobalSeq:       d.GlobalSeq,
		ConnectSeq:      d.ConnectSeq,
		ProtocolVersion: a.ProtocolVersion,
		AuthorizerLen:   uint32(len(s.AuthReply)),
	}
	if d.Opens() {
		r.Features = s.Offered
		r.GlobalSeq = globalSeq()
		r.ConnectSeq = s.Connect.ConnectSeq + 1
		if d.Seq(s.Agreed()) {
			r.Tag = wire.TagSeq
		}
		if s.Lossy {
			r.Flags |= wire.FlagLossy
		}
	}
	return r
}

// Reason says why a decision refuses a peer, for logs; "" if its tag says it all.
func Reason(d protocol.Decision, a protocol.Arrival, refusal error) string {
	switch d.Case {
	case protocol.CaseProtocolVersion:
		return (&protocol.ProtocolVersionError{Ours: a.ProtocolVersion,
			Theirs: a.Connect.ProtocolVersion}).Error()
	case protocol.CaseFeatures:
		return (&protocol.FeatureError{Offered: a.Connect.Features, Required: a.Required}).Error()
	case protocol.CaseFalseType:
		return (&protocol.TypeError{Principal: a.Principal, Type: a.Connect.HostType}).Error()
	case protocol.CaseBadAuthorizer:
		if refusal != nil {
			return refusal.Error()
		}
	default:
	}
	return ""
}
