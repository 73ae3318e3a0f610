package cephx

import (
	"time"

	"simplemessenger/auth/internal/denc"
)

// ServiceTicket is the principal's half of a ticket. It travels as enc(ServiceTicket) under a key
// of the principal.
//
//	size field
//	   1 version, 1
//	  28 session_key, a CryptoKey
//	   8 validity, seconds and nanoseconds from now on; 0 means for ever
type ServiceTicket struct {
	SessionKey CryptoKey
	Validity   time.Duration
}

// Append appends the encoding of t to b.
func (t ServiceTicket) Append(b []byte) []byte {
	b = t.SessionKey.Append(append(b, 1))
	return denc.AppendDuration(b, t.Validity)
}

// DecodeServiceTicket reads a ServiceTicket, which is all of b.
func DecodeServiceTicket(b []byte) (ServiceTicket, error) {
	return decodeServiceTicket(denc.NewDecoder("cephx_service_ticket", b))
}

func decodeServiceTicket(d *denc.Decoder) (ServiceTicket, error) {
	return decodeWhole(d, func(d *denc.Decoder) ServiceTicket {
		d.Version(1)
		return ServiceTicket{decodeCryptoKey(d), d.Duration("validity")}
	})
}
