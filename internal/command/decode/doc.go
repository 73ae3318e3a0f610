// Package decode takes recorded conversations of messenger protocol v1 apart, frame by frame and
// field by field.
//
// A [Decoder] follows one connection. It is fed the bytes of both directions as they come and calls
// back with every [Frame] as soon as it is complete, so it serves for captures and for live
// traffic. It knows the negotiation: which structure comes next depends on what the other side has
// answered, and the size of a message's footer on the features that both have offered.
//
// [File] does this for a whole file, a packet capture or hexadecimal text, and prints the frames as
// text or as JSON lines.
//
// # Malformed and incomplete
//
// A frame is malformed if a peer must not have sent it: a wrong checksum, a tag that is unknown or
// has no place here, an address that cannot be read. Decoding goes on behind it where the lengths
// still make sense, and otherwise at the next place that looks like a message: the tag MSG and a
// header whose checksum is right. What was skipped is reported as a frame of its own.
//
// A frame is incomplete if the recording lacks a part of it. That is nobody's fault and is not
// counted as malformed.
package decode
