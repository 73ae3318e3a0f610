package cephx

import (
	"github.com/pkg/errors"

	"simplemessenger/auth/internal/denc"
)

// ServiceTicketInfo is the service's half of a ticket: what is inside a TicketBlob.
//
//	size field
//	   1 version, 1
//	     ticket, an AuthTicket
//	  28 session_key, a CryptoKey
type ServiceTicketInfo struct {
	Ticket     AuthTicket
	SessionKey CryptoKey
}

// Append appends the encoding of i to b.
func (i ServiceTicketInfo) Append(b []byte) []byte {
	return i.SessionKey.Append(i.Ticket.Append(append(b, 1)))
}

// DecodeServiceTicketInfo reads a ServiceTicketInfo, which is all of b, and does not alias it.
func DecodeServiceTicketInfo(b []byte) (ServiceTicketInfo, error) {
	return decodeWhole(denc.NewDecoder("cephx_service_ticket_info", b),
		func(d *denc.Decoder) ServiceTicketInfo {
			d.Version(1)
			return ServiceTicketInfo{decodeAuthTicket(d), decodeCryptoKey(d)}
		})
}

// Seal returns the ticket closed with the secret of that id.
func (i ServiceTicketInfo) Seal(secret CryptoKey, id uint64) TicketBlob {
	return TicketBlob{id, secret.Seal(i.Append(nil))}
}

// Open opens a ticket with the secret that its SecretID names. Its error wraps ErrWrongKey if the
// secret is not the right one.
func (t TicketBlob) Open(secret CryptoKey) (ServiceTicketInfo, error) {
	body, err := secret.Open(t.Blob)
	if err != nil {
		return ServiceTicketInfo{}, errors.WithMessage(err, "open ticket")
	}
	return DecodeServiceTicketInfo(body)
}
