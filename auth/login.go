package auth

import (
	"encoding/binary"
	"slices"

	"simplemessenger/auth/internal/denc"
)

// LoginRequest is what goes to a monitor in a message MAuth.
type LoginRequest struct {
	Protocol uint32 // wire.AuthUnknown in the first one, which leaves the choice to the monitor
	Payload  []byte
}

// LoginReply is what a monitor answers in a message MAuthReply.
type LoginReply struct {
	Protocol uint32 // the method that the monitor chose
	Result   int32  // 0, or a negative errno
	GlobalID uint64 // the number of the client in the whole cluster
	Payload  []byte
	Message  string
}

// Login is one side of the conversation by which somebody authenticates to a monitor. It does no
// I/O: the caller carries requests and replies. It is used by one goroutine.
type Login interface {
	// Begin starts the login on a new connection and returns its first request.
	Begin() (LoginRequest, error)
	// Handle takes the reply to the last request. Unless done is set there is a next request to
	// send. An error ends the login; it wraps ErrRefused if the monitor or its proof was at fault.
	Handle(LoginReply) (next LoginRequest, done bool, err error)
}

// InitialRequest is the payload of the first MAuth of a login.
//
//	size field
//	   1 version, 1
//	   4 number of protocols
//	     protocols, 4 each, ascending
//	     name, an EntityName
//	   8 global_id: 0, or that of an earlier login that is to go on
type InitialRequest struct {
	Protocols []uint32
	Name      EntityName
	GlobalID  uint64
}

// Append appends the encoding of r to b.
func (r InitialRequest) Append(b []byte) []byte {
	b = append(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Protocols)))
	protocols := slices.Clone(r.Protocols)
	slices.Sort(protocols)
	for _, p := range protocols {
		b = binary.LittleEndian.AppendUint32(b, p)
	}
	b = r.Name.Append(b)
	return binary.LittleEndian.AppendUint64(b, r.GlobalID)
}

// DecodeInitialRequest reads an InitialRequest, which is all of b.
func DecodeInitialRequest(b []byte) (InitialRequest, error) {
	var r InitialRequest
	d := denc.NewDecoder("auth_initial_request", b)
	d.Version(1)
	n := d.U32("number of protocols")
	list := d.Bytes("protocols", int(min(4*uint64(n), uint64(d.Len())+1)))
	for ; len(list) >= 4; list = list[4:] {
		r.Protocols = append(r.Protocols, binary.LittleEndian.Uint32(list))
	}
	r.Name = EntityName{Type: d.EntityType("name"), ID: string(d.Blob("name"))}
	r.GlobalID = d.U64("global_id")
	d.End()
	if d.Err() != nil {
		return InitialRequest{}, d.Err()
	}
	return r, nil
}
