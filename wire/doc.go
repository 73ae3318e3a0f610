// Package wire turns the structures of Ceph's messenger protocol v1 into bytes and back.
//
// It holds nothing but the format: no sockets, no goroutines, no policy. One structure stands in
// one file, and the file is named as the protocol names the structure. All integers are little
// endian and every structure is packed, except for a socket address, whose family, port and IPv4
// address are big endian where noted.
//
// # How a conversation is laid out
//
//	server → client   Banner (9) · EntityAddr of the server (136) · EntityAddr of the client as the server sees it (136)
//	client → server   Banner (9) · EntityAddr of the client (136)
//	client → server   Connect (33) [+ authorizer bytes]
//	server → client   ConnectReply (26) [+ authorizer reply bytes]
//	... Connect and ConnectReply again, until the reply's tag is READY or SEQ ...
//	after SEQ         u64 in_seq of the server, then u64 in_seq of the client
//	both              tagged frames: MSG, ACK, KEEPALIVE, KEEPALIVE2, KEEPALIVE2_ACK, CLOSE
//
// A MSG frame is a MessageHeader (53), the front, middle and data parts with the lengths that the
// header names, and a Footer (21, or 13 without the feature MSG_AUTH).
//
// # Conventions
//
// A structure X of fixed size has a constant XSize, a method Append that appends its encoding to a
// slice and returns the longer slice (it never fails), and a function DecodeX that reads it from
// the front of a slice. A structure of variable size has a DecodeX that returns the number of bytes
// used as well. No decoder panics, keeps a reference to its input, or allocates more than it has
// seen bytes for: claimed lengths are checked first.
//
// A decoder that fails returns a *DecodeError, which names structure, field and offset, and wraps
// ErrShort (more bytes may help), ErrInvalid or ErrTooLarge.
//
// The format was collected from Ceph's public headers and checked against captures of Ceph 14.2 and
// 16.2.
package wire
