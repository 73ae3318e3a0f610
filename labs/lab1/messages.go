package lab1

import (
	"fmt"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

// checksums asks for checksums, also of bytes that come in two pieces.
func checksums(s *grade.Session) error {
	ask := func(what string, seed uint32, b []byte) error {
		var got uint32
		digits := structures.HexOf(b)
		question := map[string]any{"seed": seed, "bytes": digits}
		if err := s.Ask("compute_checksum", question, &got); err != nil {
			return err
		}
		if want := wire.CRC(seed, b); got != want {
			return &grade.Story{Asked: fmt.Sprintf("the checksum of %s, from seed %#x", what, seed),
				Expected: fmt.Sprintf("%#08x", want), Got: fmt.Sprintf("%#08x", got),
				Why: checksumWhy(seed, b, got)}
		}
		return nil
	}
	for _, v := range structures.Vectors("crc") {
		if err := ask(fmt.Sprintf("%q, %d bytes", v.Name, v.Hex.Size()), 0,
			v.Hex.Bytes()); err != nil {
			return err
		}
	}
	all := make([]byte, 1+s.Random.IntN(300))
	for i := range all {
		all[i] = byte(s.Random.Uint32())
	}
	cut := s.Random.IntN(len(all))
	what := fmt.Sprintf("the first %d of %d bytes", cut, len(all))
	if err := ask(what, 0, all[:cut]); err != nil {
		return err
	}
	return ask("the rest of them, to go on", wire.CRC(0, all[:cut]), all[cut:])
}

// checksumWhy recognises the usual mistakes.
func checksumWhy(seed uint32, b []byte, got uint32) string {
	switch got {
	case ^wire.CRC(^seed, b):
		return "This is the usual crc32c, which inverts the seed and the result. Ceph inverts " +
			"neither."
	case wire.CRC(0, b):
		return "The seed was not looked at: with it one goes on where another piece has ended."
	case ^wire.CRC(seed, b), wire.CRC(^seed, b):
		return "One of the two inversions is still there: before, or behind."
	}
	return "It is the crc with the polynomial of Castagnoli, without inversion before and behind."
}

var headerCodec = codec[structures.Header]{question: "message_header", name: "message_header",
	layout: always[structures.Header](structures.HeaderLayout),
	encode: structures.Header.Bytes, decode: structures.DecodeHeader,
	unsaid: func(h structures.Header) structures.Header { h.CRC = 0; return h },
	why: "The last four bytes are the checksum of the 49 before them, computed when these are " +
		"all there; types, versions and data_off have 16 bits, lengths 32."}

// headers asks for message headers, the checksum in them too.
func headers(s *grade.Session) error {
	h := structures.Header{Seq: 1, TID: 2, Type: 3, Priority: 4, Version: 5, FrontLen: 6,
		MiddleLen: 7, DataLen: 8, DataOff: 9, Source: structures.Name{Type: 4, Num: 11},
		CompatVersion: 12, Reserved: 13}.Sealed()
	if err := headerCodec.both(s, "numbers that count up", h); err != nil {
		return err
	}
	if err := headerCodec.vectors(s, "message_header"); err != nil {
		return err
	}
	b := h.Bytes()
	at := s.Random.IntN(len(b))
	b[at] ^= 1 << s.Random.IntN(8)
	return headerCodec.refused(s, fmt.Sprintf("a bit of byte %d was flipped on the way", at), b,
		"The checksum in the header is to be compared with that of its first 49 bytes: else a "+
			"damaged length is believed.")
}

const footerWhy = "Both forms begin with three checksums and end with the flags. What differs " +
	"is the signature of eight bytes in between, which the old form does not have."

var (
	footerCodec = codec[structures.Footer]{question: "message_footer", name: "message_footer",
		layout: always[structures.Footer](structures.FooterLayout), why: footerWhy,
		encode: structures.Footer.Bytes, decode: structures.DecodeFooter}
	oldFooterCodec = codec[structures.Footer]{question: "message_footer_old",
		name: "message_footer_old", layout: always[structures.Footer](structures.OldFooterLayout),
		why: footerWhy, encode: structures.Footer.OldBytes, decode: structures.DecodeOldFooter}
)

// footers asks for both forms.
func footers(s *grade.Session) error {
	if err := footerCodec.both(s, "numbers that count up", structures.Footer{FrontCRC: 1,
		MiddleCRC: 2, DataCRC: 3, Signature: 4, Flags: 5}); err != nil {
		return err
	}
	if err := footerCodec.vectors(s, "message_footer"); err != nil {
		return err
	}
	return oldFooterCodec.vectors(s, "message_footer_old")
}

var frameCodec = codec[structures.Frame]{question: "frame", name: "frame",
	layout: structures.Frame.Layout, encode: structures.Frame.Bytes, decode: structures.DecodeFrame,
	why: "A tag, and behind it only what belongs to that tag: a u64 behind ACK, two u32 behind " +
		"KEEPALIVE2 and its answer, nothing behind CLOSE and KEEPALIVE."}

// frames asks for the frames that are not messages.
func frames(s *grade.Session) error {
	if err := frameCodec.vectors(s, "tagged"); err != nil {
		return err
	}
	if err := frameCodec.both(s, "a high number", structures.Frame{Tag: uint8(wire.TagAck),
		Seq: s.Random.Uint64()}); err != nil {
		return err
	}
	for _, tag := range []byte{0, byte(wire.TagReady), 17, 255} {
		if err := frameCodec.refused(s, "one with the tag "+fmt.Sprint(tag), []byte{tag, 0, 0, 0,
			0, 0, 0, 0, 0}, "In an open session any tag that is not of a frame ends the "+
			"connection: who went on would read garbage."); err != nil {
			return err
		}
	}
	return nil
}
