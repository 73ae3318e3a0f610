package cephx

import (
	"encoding/binary"
	"math/bits"

	"github.com/pkg/errors"

	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// IssuedTicket is one ticket on its way from the monitor to the principal.
//
//	size field
//	   4 service: the entity type for which the ticket is
//	   1 version, 1
//	   4 length of what follows
//	     enc(ServiceTicket) under a key of the principal
//	   1 whether the ticket is sealed once more
//	   4 length of what follows
//	     a TicketBlob; if sealed enc(length 4, TicketBlob) under the session key of the principal's old ticket
type IssuedTicket struct {
	Service       wire.EntityType
	ServiceTicket ServiceTicket
	Blob          TicketBlob
}

// TicketReply is what follows the ReplyHeader to GetPrincipalSessionKey.
//
//	size field
//	   1 version, 1
//	   4 number of tickets
//	     tickets, each an IssuedTicket
type TicketReply []IssuedTicket

// Append appends the encoding of r to b. The principal's halves are sealed with key, and unless
// oldKey is zero the services' halves once more with oldKey.
func (r TicketReply) Append(b []byte, key, oldKey CryptoKey) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, 1), uint32(len(r)))
	for _, t := range r {
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Service))
		b = key.appendSealed(append(b, 1), t.ServiceTicket.Append(nil))
		b = denc.AppendBool(b, !oldKey.IsZero())
		if oldKey.IsZero() {
			b = denc.AppendBlob(b, t.Blob.Append(nil))
		} else {
			b = oldKey.appendSealed(b, denc.AppendBlob(nil, t.Blob.Append(nil)))
		}
	}
	return b
}

// DecodeTicketReply reads a TicketReply, which is all of b, with the keys as in Append, and does
// not alias it. Its error wraps ErrWrongKey if a key is not the right one.
func DecodeTicketReply(b []byte, key, oldKey CryptoKey) (TicketReply, error) {
	d := denc.NewDecoder("cephx_service_ticket_reply", b)
	r, err := decodeTicketReply(d, key, oldKey)
	if err != nil {
		return nil, err
	}
	d.End()
	return r, d.Err()
}

func decodeTicketReply(d *denc.Decoder, key, oldKey CryptoKey) (TicketReply, error) {
	defer d.Enter("cephx_service_ticket_reply")()
	d.Version(1)
	var r TicketReply
	for n := d.U32("number of tickets"); n > 0 && d.Err() == nil; n-- {
		t, err := decodeIssuedTicket(d, key, oldKey)
		if err != nil {
			return nil, err
		}
		r = append(r, t)
	}
	return r, d.Err()
}

func decodeIssuedTicket(d *denc.Decoder, key, oldKey CryptoKey) (IssuedTicket, error) {
	defer d.Enter("cephx_issued_ticket")()
	t := IssuedTicket{Service: d.EntityType("service")}
	if d.Err() == nil && bits.OnesCount8(uint8(t.Service)) != 1 {
		d.Invalid("service", "%#x is not one service", uint8(t.Service))
	}
	d.Version(1)
	inner, err := openSealed(d, "service ticket", "cephx_service_ticket", key)
	if err != nil {
		return IssuedTicket{}, err
	}
	if t.ServiceTicket, err = decodeServiceTicket(inner); err != nil {
		return IssuedTicket{}, err
	}
	var blob []byte
	if sealed := d.Bool("ticket is sealed"); !sealed {
		blob = d.Blob("ticket")
	} else {
		if oldKey.IsZero() {
			return IssuedTicket{}, errors.WithMessagef(ErrWrongKey,
				"ticket for %v is sealed with the key of an old ticket, but there was none",
				t.Service)
		}
		inner, err := openSealed(d, "ticket", "cephx_sealed_ticket", oldKey)
		if err != nil {
			return IssuedTicket{}, err
		}
		blob = inner.Blob("ticket")
		inner.End()
		if inner.Err() != nil {
			return IssuedTicket{}, inner.Err()
		}
	}
	if d.Err() != nil {
		return IssuedTicket{}, d.Err()
	}
	t.Blob, err = DecodeTicketBlob(blob)
	return t, err
}
