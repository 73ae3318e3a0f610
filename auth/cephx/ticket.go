package cephx

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Ticket is a ticket in the hands of its principal.
type Ticket struct {
	Service    wire.EntityType
	GlobalID   uint64 // of the principal
	SessionKey CryptoKey
	Blob       TicketBlob
	// RenewAfter is when it should be renewed, a quarter of its validity before it Expires. Both
	// are zero in a ticket that is valid for ever.
	RenewAfter, Expires time.Time
}

// newTicket returns the Ticket that was issued just now. The monitor tells for how long it is
// valid, not until when, so its clock does not matter.
func newTicket(issued IssuedTicket, globalID uint64, now time.Time) Ticket {
	t := Ticket{Service: issued.Service, GlobalID: globalID,
		SessionKey: issued.ServiceTicket.SessionKey, Blob: issued.Blob}
	if validity := issued.ServiceTicket.Validity; validity > 0 {
		t.Expires = now.Add(validity)
		t.RenewAfter = t.Expires.Add(-validity / 4)
	}
	return t
}

// Expired reports whether the ticket is past its time.
func (t Ticket) Expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// NeedRenewal reports whether the ticket should be renewed.
func (t Ticket) NeedRenewal(now time.Time) bool {
	return !t.Expires.IsZero() && !now.Before(t.RenewAfter)
}

// authorizer returns an Authorizer made with the ticket.
func (t Ticket) authorizer(a Authorize) Authorizer {
	return Authorizer{t.GlobalID, t.Service, t.Blob, t.SessionKey.Seal(a.Append(nil))}
}

// randomUint64 takes a number from random, or from crypto/rand.Reader if that is nil.
func randomUint64(random io.Reader) (uint64, error) {
	if random == nil {
		random = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return 0, errors.Wrap(err, "cephx: random number")
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}
