package cephx

import (
	"simplemessenger/auth/internal/denc"
)

// AuthenticateReply is what follows the ReplyHeader to GetAuthSessionKey.
//
//	size field
//	     a TicketReply with one ticket for AUTH, under the principal's long-lived key
//	   4 length of what follows                       } missing if the request
//	     a blob for protocol v2, empty in v1          } did not ask for other
//	   4 length of what follows                       } keys, or the monitor is
//	     a TicketReply under the new session key      } older than release 14
type AuthenticateReply struct {
	Auth  IssuedTicket
	Other TicketReply
}

// Append appends the encoding of r to b. The halves for the principal are sealed with key, the
// ticket for AUTH once more with oldKey unless that is zero. Without withOther the second half is
// left out.
func (r AuthenticateReply) Append(b []byte, key, oldKey CryptoKey, withOther bool) []byte {
	b = TicketReply{r.Auth}.Append(b, key, oldKey)
	if !withOther {
		return b
	}
	b = denc.AppendBlob(b, "")
	if len(r.Other) == 0 {
		return denc.AppendBlob(b, "")
	}
	return denc.AppendBlob(b, r.Other.Append(nil, r.Auth.ServiceTicket.SessionKey, CryptoKey{}))
}

// DecodeAuthenticateReply reads an AuthenticateReply from the front of b with the keys as in
// Append, and does not alias it. Its error wraps ErrWrongKey if a key is not the right one.
func DecodeAuthenticateReply(b []byte, key, oldKey CryptoKey) (AuthenticateReply, error) {
	d := denc.NewDecoder("cephx_authenticate_reply", b)
	tickets, err := decodeTicketReply(d, key, oldKey)
	if err != nil {
		return AuthenticateReply{}, err
	}
	if len(tickets) != 1 {
		d.Invalid("tickets", "%d, want 1", len(tickets))
		return AuthenticateReply{}, d.Err()
	}
	r := AuthenticateReply{Auth: tickets[0]}
	if d.Len() == 0 {
		return r, nil
	}
	d.Blob("connection secret")
	other := d.Blob("other tickets")
	if d.Err() != nil || len(other) == 0 {
		return r, d.Err()
	}
	if r.Other, err = DecodeTicketReply(other, r.Auth.ServiceTicket.SessionKey,
		CryptoKey{}); err != nil {
		return AuthenticateReply{}, err
	}
	return r, nil
}
