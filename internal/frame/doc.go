// Package frame turns the frames of an open session into bytes and back: no socket, no lock, no
// wait. What is written is gathered in a [Batch]; what was read is checked by the [Format] of the
// session. Both engines of the messenger call these.
//
// A frame is a tag of one byte and what belongs to it:
//
//	KEEPALIVE                      nothing
//	KEEPALIVE2, KEEPALIVE2_ACK     time stamp, 8 bytes
//	ACK                            seq, 8 bytes
//	MSG                            header, 53 bytes; front, middle, data; footer, 21 bytes (13 without MSG_AUTH)
//	CLOSE                          nothing
package frame
