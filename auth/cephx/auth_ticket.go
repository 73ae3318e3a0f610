package cephx

import (
	"encoding/binary"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/internal/denc"
)

// AuthTicket is what the monitors vouch for.
//
//	size field
//	   1 version, 2
//	     name, an auth.EntityName: type 4, length of id 4, id
//	   8 global_id
//	   8 all ones (the auth uid of releases before 13, which wrote version 1)
//	   8 created, seconds and nanoseconds
//	   8 expires
//	     caps, a CapsInfo
//	   4 flags
type AuthTicket struct {
	Name     auth.EntityName
	GlobalID uint64
	Created  time.Time
	Expires  time.Time
	Caps     CapsInfo
	Flags    uint32
}

// CapsInfo is what the principal may do at the service.
//
//	size field
//	   1 version, 1
//	   1 allow_all, 0 or 1
//	   4 length of caps
//	     caps, which the service interprets: for Ceph's own a text with its length before it
type CapsInfo struct {
	AllowAll bool
	Caps     []byte
}

const noAuthUID = ^uint64(0)

// Append appends the encoding of t to b.
func (t AuthTicket) Append(b []byte) []byte {
	b = t.Name.Append(append(b, 2))
	b = binary.LittleEndian.AppendUint64(b, t.GlobalID)
	b = binary.LittleEndian.AppendUint64(b, noAuthUID)
	b = denc.AppendTime(b, t.Created)
	b = denc.AppendTime(b, t.Expires)
	b = t.Caps.Append(b)
	return binary.LittleEndian.AppendUint32(b, t.Flags)
}

// DecodeAuthTicket reads an AuthTicket, which is all of b, and does not alias it.
func DecodeAuthTicket(b []byte) (AuthTicket, error) {
	return decodeWhole(denc.NewDecoder("auth_ticket", b), decodeAuthTicket)
}

func decodeAuthTicket(d *denc.Decoder) AuthTicket {
	defer d.Enter("auth_ticket")()
	version := d.Version(2)
	t := AuthTicket{
		Name:     auth.EntityName{Type: d.EntityType("name type"), ID: string(d.Blob("name id"))},
		GlobalID: d.U64("global_id"),
	}
	if uid := d.U64("auth_uid"); version >= 2 && d.Err() == nil && uid != noAuthUID {
		d.Invalid("auth_uid", "%#x, want all ones", uid)
	}
	t.Created, t.Expires = d.Time("created"), d.Time("expires")
	if t.Expires.Before(t.Created) {
		d.Invalid("expires", "%v is before created %v", t.Expires, t.Created)
	}
	t.Caps = decodeCapsInfo(d)
	t.Flags = d.U32("flags")
	return t
}

// Append appends the encoding of c to b.
func (c CapsInfo) Append(b []byte) []byte {
	b = denc.AppendBool(append(b, 1), c.AllowAll)
	return denc.AppendBlob(b, c.Caps)
}

func decodeCapsInfo(d *denc.Decoder) CapsInfo {
	d.Version(1)
	allowAll := d.Bool("allow_all")
	return CapsInfo{allowAll, append([]byte(nil), d.Blob("caps")...)}
}
