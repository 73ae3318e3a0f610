package cephx

import (
	"encoding/binary"
	"fmt"

	"simplemessenger/auth/internal/denc"
)

// SharedSecretID is the TicketBlob.SecretID of tickets that are not sealed with a rotating secret
// but with a key of the keyring that all daemons of the service share. Only monitors use it, with
// the key of "mon.".
const SharedSecretID = ^uint64(0)

// TicketBlob is a ticket as its holder sees it: closed. It may be seen by everybody; without the
// session key that came with it, it is of no use.
//
//	size field
//	   1 version, 1
//	   8 secret_id: which of the service's secrets opens it
//	   4 length of the blob
//	     enc(ServiceTicketInfo) under that secret; nothing in the empty ticket
type TicketBlob struct {
	SecretID uint64
	Blob     []byte
}

// IsEmpty reports whether there is no ticket inside.
func (t TicketBlob) IsEmpty() bool { return len(t.Blob) == 0 }

// String tells with which secret the ticket is sealed.
func (t TicketBlob) String() string {
	if t.IsEmpty() {
		return "no ticket"
	}
	if t.SecretID == SharedSecretID {
		return fmt.Sprintf("ticket of %d bytes, sealed with the service's shared key", len(t.Blob))
	}
	return fmt.Sprintf("ticket of %d bytes, sealed with secret %d", len(t.Blob), t.SecretID)
}

// Append appends the encoding of t to b.
func (t TicketBlob) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, 1), t.SecretID)
	return denc.AppendBlob(b, t.Blob)
}

// DecodeTicketBlob reads a TicketBlob, which is all of b. The ticket does not alias b.
func DecodeTicketBlob(b []byte) (TicketBlob, error) {
	return decodeWhole(denc.NewDecoder("cephx_ticket_blob", b), decodeTicketBlob)
}

func decodeTicketBlob(d *denc.Decoder) TicketBlob {
	defer d.Enter("cephx_ticket_blob")()
	d.Version(1)
	id := d.U64("secret_id")
	return TicketBlob{id, append([]byte(nil), d.Blob("blob")...)}
}
