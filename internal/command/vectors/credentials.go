package vectors

import (
	"encoding/binary"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/wire"
)

// The fields of credentials and signatures. Where bytes are sealed, the fields are what is inside.
type (
	noneAuthorizerFields struct {
		Name     principalFields `json:"name"`
		GlobalID dec64           `json:"global_id"`
	}
	principalFields struct {
		Type uint32 `json:"type"`
		ID   string `json:"id"`
	}
	authorizerFields struct {
		GlobalID  dec64            `json:"global_id"`
		Service   uint32           `json:"service"`
		Ticket    ticketBlobFields `json:"ticket"`
		Authorize octet            `json:"authorize"`
	}
	ticketBlobFields struct {
		SecretID dec64 `json:"secret_id"`
		Blob     octet `json:"blob"`
	}
	authorizeFields struct {
		Nonce                  hex64 `json:"nonce"`
		HaveChallenge          bool  `json:"have_challenge"`
		ServerChallengePlusOne hex64 `json:"server_challenge_plus_one"`
	}
	authorizeChallengeFields struct {
		ServerChallenge hex64 `json:"server_challenge"`
	}
	authorizeReplyFields struct {
		NoncePlusOne hex64 `json:"nonce_plus_one"`
	}
	serviceTicketInfoFields struct {
		Name       principalFields `json:"name"`
		GlobalID   dec64           `json:"global_id"`
		Created    timespecFields  `json:"created"`
		Expires    timespecFields  `json:"expires"`
		AllowAll   bool            `json:"allow_all"`
		Caps       octet           `json:"caps"`
		Flags      uint32          `json:"flags"`
		SessionKey keyFields       `json:"session_key"`
	}
	keyFields struct {
		Created timespecFields `json:"created"`
		Secret  octet          `json:"secret"`
	}
	proofFields struct {
		ServerChallenge hex64 `json:"server_challenge"`
		ClientChallenge hex64 `json:"client_challenge"`
		Proof           hex64 `json:"proof"`
	}
	signatureFields struct {
		Header headerFields `json:"header"`
		Footer footerFields `json:"footer"`
	}
)

// credentials are the structures of authentication.
var credentials = map[string]structure{
	"authorizer_none": plain(func(b []byte) (noneAuthorizerFields, int, error) {
		a, err := none.DecodeAuthorizer(b)
		return noneAuthorizerFields{fromPrincipal(a.Name), dec64(a.GlobalID)}, len(b), err
	}, func(f noneAuthorizerFields) ([]byte, error) {
		return none.Authorizer{Name: f.Name.principal(), GlobalID: uint64(f.GlobalID)}.Append(nil),
			nil
	}),
	"authorizer": plain(func(b []byte) (authorizerFields, int, error) {
		a, err := cephx.DecodeAuthorizer(b)
		return authorizerFields{dec64(a.GlobalID), uint32(a.Service),
			ticketBlobFields{dec64(a.Ticket.SecretID), a.Ticket.Blob}, a.Authorize}, len(b), err
	}, func(f authorizerFields) ([]byte, error) {
		return cephx.Authorizer{
			GlobalID: uint64(f.GlobalID), Service: wire.EntityType(f.Service),
			Ticket:    cephx.TicketBlob{SecretID: uint64(f.Ticket.SecretID), Blob: f.Ticket.Blob},
			Authorize: f.Authorize,
		}.Append(nil), nil
	}),
	"authorize": sealed(func(b []byte) (authorizeFields, error) {
		a, err := cephx.DecodeAuthorize(b)
		return authorizeFields{hex64(a.Nonce), a.HaveChallenge,
			hex64(a.ServerChallengePlusOne)}, err
	}, func(f authorizeFields) ([]byte, error) {
		return cephx.Authorize{Nonce: uint64(f.Nonce), HaveChallenge: f.HaveChallenge,
			ServerChallengePlusOne: uint64(f.ServerChallengePlusOne)}.Append(nil), nil
	}, false),
	"authorize_challenge": sealed(func(b []byte) (authorizeChallengeFields, error) {
		c, err := cephx.DecodeAuthorizeChallenge(b)
		return authorizeChallengeFields{hex64(c.ServerChallenge)}, err
	}, func(f authorizeChallengeFields) ([]byte, error) {
		return cephx.AuthorizeChallenge{ServerChallenge: uint64(f.ServerChallenge)}.Append(nil), nil
	}, false),
	"authorize_reply": sealed(func(b []byte) (authorizeReplyFields, error) {
		r, err := cephx.DecodeAuthorizeReply(b)
		return authorizeReplyFields{hex64(r.NoncePlusOne)}, err
	}, func(f authorizeReplyFields) ([]byte, error) {
		return cephx.AuthorizeReply{NoncePlusOne: uint64(f.NoncePlusOne)}.Append(nil), nil
	}, true),
	"service_ticket_info": sealed(decodeTicketInfo, serviceTicketInfoFields.encode, false),
	"proof":               proof,
	"signature_v1":        signature(0),
	"signature_v2":        signature(wire.FeatureCephxV2),
}

// errNoKey says that a vector lacks what opens it.
var errNoKey = errors.New("there is no key")

// sealed makes a structure that is enc(body), with its length before it or not.
func sealed[F any](decode func([]byte) (F, error), encode func(F) ([]byte, error),
	withLength bool) structure {
	return keyed(func(b []byte, key cephx.CryptoKey) (f F, used int, err error) {
		if key.IsZero() {
			return f, 0, errNoKey
		}
		at := 0
		if withLength {
			if err := need(b, 4); err != nil {
				return f, 0, err
			}
			if n := binary.LittleEndian.Uint32(b); int64(n) != int64(len(b)-4) {
				return f, 0, errors.Errorf("length %d before %d bytes", n, len(b)-4)
			}
			at = 4
		}
		body, err := key.Open(b[at:])
		if err != nil {
			return f, 0, err
		}
		f, err = decode(body)
		return f, len(b), err
	}, func(f F, key cephx.CryptoKey) ([]byte, error) {
		body, err := encode(f)
		if err != nil || key.IsZero() {
			return nil, errors.WithMessage(errNoKey, "seal")
		}
		b := key.Seal(body)
		if withLength {
			b = append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
		}
		return b, nil
	})
}

func fromPrincipal(n auth.EntityName) principalFields {
	return principalFields{uint32(n.Type), n.ID}
}

func (f principalFields) principal() auth.EntityName {
	return auth.EntityName{Type: wire.EntityType(f.Type), ID: f.ID}
}

func fromTime(t time.Time) timespecFields {
	if t.IsZero() {
		return timespecFields{}
	}
	s := wire.NewTimespec(t)
	return timespecFields{s.Sec, s.Nsec}
}

func (f timespecFields) time() time.Time {
	return wire.Timespec{Sec: f.Sec, Nsec: f.Nsec}.Time()
}

func decodeTicketInfo(b []byte) (f serviceTicketInfoFields, err error) {
	i, err := cephx.DecodeServiceTicketInfo(b)
	if err != nil {
		return f, err
	}
	t := i.Ticket
	return serviceTicketInfoFields{
		fromPrincipal(t.Name), dec64(t.GlobalID), fromTime(t.Created), fromTime(t.Expires),
		t.Caps.AllowAll, t.Caps.Caps, t.Flags,
		keyFields{fromTime(i.SessionKey.Created()), secretOf(i.SessionKey)},
	}, nil
}

// secretOf returns the bytes of a key: the last of its encoding.
func secretOf(key cephx.CryptoKey) []byte {
	b := key.Append(nil)
	return b[max(0, len(b)-cephx.KeySize):]
}

func (f serviceTicketInfoFields) encode() ([]byte, error) {
	key, err := cephx.NewCryptoKey(f.SessionKey.Secret, f.SessionKey.Created.time())
	return cephx.ServiceTicketInfo{
		Ticket: cephx.AuthTicket{
			Name: f.Name.principal(), GlobalID: uint64(f.GlobalID),
			Created: f.Created.time(), Expires: f.Expires.time(),
			Caps: cephx.CapsInfo{AllowAll: f.AllowAll, Caps: f.Caps}, Flags: f.Flags,
		},
		SessionKey: key,
	}.Append(nil), err
}

// A proof stands behind the two challenges that it is computed of, so that all of it are bytes.
const proofSize = 3 * 8

var proof = structure{empty: func() any { return new(proofFields) }, decode: decodeProof,
	encode: encodeProof, inOrder: true}

func decodeProof(b []byte, key cephx.CryptoKey) (any, int, error) {
	if err := need(b, proofSize); err != nil || key.IsZero() {
		return nil, 0, errors.WithMessage(errNoKey, "proof")
	}
	word := func(i int) hex64 { return hex64(binary.LittleEndian.Uint64(b[8*i:])) }
	return &proofFields{word(0), word(1), word(2)}, proofSize, nil
}

func encodeProof(fields any, _ []byte, key cephx.CryptoKey) ([]byte, error) {
	f := fields.(*proofFields)
	le := binary.LittleEndian
	b := le.AppendUint64(le.AppendUint64(nil, uint64(f.ServerChallenge)), uint64(f.ClientChallenge))
	return le.AppendUint64(b, cephx.Proof(key, uint64(f.ServerChallenge),
		uint64(f.ClientChallenge))), nil
}

// signature is a header and a footer, one behind the other, whose signature is right. The features
// tell which of the two formulas it is.
func signature(features wire.Features) structure {
	s := keyed(func(b []byte, key cephx.CryptoKey) (f signatureFields, used int, err error) {
		var h wire.MessageHeader
		var footer wire.Footer
		if key.IsZero() {
			return f, 0, errNoKey
		}
		if err := wire.CheckMessageHeaderCRC(b); err != nil {
			return f, 0, err
		}
		if err := h.Decode(b); err != nil {
			return f, 0, err
		}
		if err := footer.Decode(b[wire.MessageHeaderSize:]); err != nil {
			return f, 0, err
		}
		return signatureFields{fromHeader(h), fromFooter(footer)},
			wire.MessageHeaderSize + wire.FooterSize,
			cephx.NewSecurity(key, features).Check(&h, &footer)
	}, func(f signatureFields, key cephx.CryptoKey) ([]byte, error) {
		h, footer := f.Header.header(), f.Footer.footer()
		footer.Signature = 0
		if key.IsZero() {
			return nil, errNoKey
		}
		cephx.NewSecurity(key, features).Sign(&h, &footer)
		return footer.Append(h.AppendWithCRC(nil)), nil
	})
	return inOrder(s)
}
