package cephx

import (
	"encoding/binary"
	"fmt"

	"simplemessenger/auth/internal/denc"
)

// RequestType is what stands first in a request to a monitor and in its reply.
type RequestType uint16

// The requests of a login.
const (
	// Authenticate: a ticket for AUTH, by the long-lived key
	GetAuthSessionKey RequestType = 0x0100
	// TicketRequest: tickets for services, by the ticket for AUTH
	GetPrincipalSessionKey RequestType = 0x0200
	GetRotatingKey         RequestType = 0x0400 // the secrets of the daemon's own service
)

// String returns what the request asks for.
func (t RequestType) String() string {
	switch t {
	case GetAuthSessionKey:
		return "get auth session key"
	case GetPrincipalSessionKey:
		return "get principal session key"
	case GetRotatingKey:
		return "get rotating key"
	}
	return fmt.Sprintf("request %#04x", uint16(t))
}

// RequestSize is the encoded size of a RequestType in bytes.
const RequestSize = 2

// Append appends the encoding of t to b.
func (t RequestType) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint16(b, uint16(t))
}

// DecodeRequestType reads the RequestType at the front of b; what it asks for follows.
func DecodeRequestType(b []byte) (RequestType, error) {
	d := denc.NewDecoder("cephx_request_header", b)
	t := RequestType(d.U16("request_type"))
	return t, d.Err()
}

// ReplyHeader is what stands first in the reply to a request.
//
//	offset size field
//	     0    2 request_type
//	     2    4 status, 0 or a negative errno
type ReplyHeader struct {
	Type   RequestType
	Status int32
}

// ReplyHeaderSize is the encoded size of a ReplyHeader in bytes.
const ReplyHeaderSize = 6

// Append appends the encoding of h to b.
func (h ReplyHeader) Append(b []byte) []byte {
	b = h.Type.Append(b)
	return binary.LittleEndian.AppendUint32(b, uint32(h.Status))
}

// DecodeReplyHeader reads the ReplyHeader at the front of b.
func DecodeReplyHeader(b []byte) (ReplyHeader, error) {
	d := denc.NewDecoder("cephx_reply_header", b)
	h := ReplyHeader{Type: RequestType(d.U16("request_type")), Status: int32(d.U32("status"))}
	if d.Err() != nil {
		return ReplyHeader{}, d.Err()
	}
	return h, nil
}
