package cephx

import (
	"encoding/binary"

	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// TicketRequest is the request GetPrincipalSessionKey. The Authorizer is one for AUTH.
//
//	size field
//	     an Authorizer
//	   1 version, 1
//	   4 keys: services for which tickets are wanted, a set of entity types
type TicketRequest struct {
	Authorizer Authorizer
	Keys       wire.EntityType
}

// Append appends the encoding of r to b.
func (r TicketRequest) Append(b []byte) []byte {
	b = append(r.Authorizer.Append(b), 1)
	return binary.LittleEndian.AppendUint32(b, uint32(r.Keys))
}

// DecodeTicketRequest reads a TicketRequest, which is all of b, and does not alias it.
func DecodeTicketRequest(b []byte) (TicketRequest, error) {
	return decodeWhole(denc.NewDecoder("cephx_service_ticket_request", b),
		func(d *denc.Decoder) TicketRequest {
			a := decodeAuthorizer(d)
			d.Version(1)
			return TicketRequest{a, d.EntityType("keys")}
		})
}
