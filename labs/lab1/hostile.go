package lab1

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

// MaxParts is how many bytes of parts a student's decoder of messages takes; the starter has the
// same number.
const MaxParts = 16 << 20

var messageCodec = codec[structures.Message]{question: "message", name: "message",
	layout: structures.Message.Layout, encode: structures.Message.Bytes,
	decode: func(b []byte) (structures.Message, error) {
		return structures.DecodeMessage(b, MaxParts)
	},
	unsaid: func(m structures.Message) structures.Message {
		m.Header.FrontLen, m.Header.MiddleLen, m.Header.DataLen, m.Header.CRC = 0, 0, 0, 0
		m.Footer = structures.Footer{}
		return m
	},
	why: "Tag, header, front, middle, data, footer. The header has the lengths of the parts and " +
		"then its own checksum, the footer theirs, and the flag COMPLETE."}

// messages asks for whole messages: from captures, and made up.
func messages(s *grade.Session) error {
	if err := messageCodec.both(s, "all three parts", sample()); err != nil {
		return err
	}
	empty := structures.Message{Header: structures.Header{Seq: 1, Type: 2, Priority: 127,
		Version: 1, CompatVersion: 1, Source: structures.Name{Type: 8, Num: -1}}}.Complete()
	if err := messageCodec.both(s, "a ping without any part", empty); err != nil {
		return err
	}
	for _, v := range structures.Vectors("message") {
		m, err := messageCodec.decode(v.Hex.Bytes())
		if err != nil {
			return err
		}
		what := fmt.Sprintf("%q (%s)", v.Name, v.Source)
		if err := messageCodec.checkDecode(s, what, v.Hex.Bytes(), m); err != nil {
			return err
		}
		if m.Complete() != m { // signed, or without a checksum of its data
			continue
		}
		if err := messageCodec.checkEncode(s, what, m); err != nil {
			return err
		}
	}
	return damaged(s)
}

func sample() structures.Message {
	return structures.Message{Header: structures.Header{Seq: 3, TID: 4, Type: 1000, Priority: 127,
		Version: 1, CompatVersion: 1, Source: structures.Name{Type: 4, Num: 7}},
		Front: structures.HexOf([]byte("front")), Middle: structures.HexOf([]byte("mid")),
		Data: structures.HexOf([]byte("data, data"))}.Complete()
}

// damaged flips a bit of each part.
func damaged(s *grade.Session) error {
	m := sample()
	at := 1 + wire.MessageHeaderSize
	for _, part := range []struct {
		name string
		size int
	}{{"front", m.Front.Size()}, {"middle", m.Middle.Size()}, {"data", m.Data.Size()}} {
		b := m.Bytes()
		b[at+s.Random.IntN(part.size)] ^= 1 << s.Random.IntN(8)
		if err := messageCodec.refused(s, "a bit of "+part.name+" was flipped on the way", b,
			"The footer has a checksum of each part, to be compared with what came."); err != nil {
			return err
		}
		at += part.size
	}
	b := m.Bytes()
	b[at+8] ^= 0x10 // in the checksum of the data
	b[len(b)-1] |= byte(wire.FooterNoCRC)
	want, err := structures.DecodeMessage(b, MaxParts)
	if err != nil {
		return err
	}
	return messageCodec.checkDecode(s, "a sender that has not computed the checksum of its data, "+
		"and says so with the flag NOCRC", b, want)
}

// hostile asks for what no honest peer says.
func hostile(s *grade.Session) error {
	four := structures.Addr{Nonce: 1, Port: 6789, IP: netip.MustParseAddr("10.1.2.3")}
	six := structures.Addr{Nonce: 1, Port: 6789, IP: netip.MustParseAddr("2001:db8::1")}
	for _, short := range []func() error{
		func() error { return nameCodec.short(s, structures.Name{Type: 1}) },
		func() error { return addrCodec.short(s, four) },
		func() error { return addrCodec.short(s, six) },
		func() error { return clientBannerCodec.short(s, structures.ClientBanner{Addr: four}) },
		func() error { return serverBannerCodec.short(s, structures.ServerBanner{Addr: six}) },
		func() error { return connectCodec.short(s, structures.Connect{Features: 1}) },
		func() error { return replyCodec.short(s, structures.Reply{Tag: 1}) },
		func() error { return headerCodec.short(s, structures.Header{Seq: 1}.Sealed()) },
		func() error { return footerCodec.short(s, structures.Footer{Flags: 1}) },
		func() error { return oldFooterCodec.short(s, structures.Footer{Flags: 1}) },
		func() error { return frameCodec.short(s, structures.Frame{Tag: uint8(wire.TagAck)}) },
		func() error {
			return frameCodec.short(s, structures.Frame{Tag: uint8(wire.TagKeepalive2)})
		},
		func() error { return messageCodec.short(s, sample()) },
	} {
		if err := short(); err != nil {
			return err
		}
	}
	for _, family := range []uint16{1, 7, 0x0200, math.MaxUint16} {
		b := four.Bytes()
		binary.BigEndian.PutUint16(b[8:], family)
		if err := addrCodec.refused(s, fmt.Sprintf("family %d", family), b,
			"Families are 0, 2 and 10. Of another one nobody knows where the port is."); err != nil {
			return err
		}
	}
	b := four.Bytes()
	b[0] = 1
	if err := addrCodec.refused(s, "type 1", b, "The first four bytes are 0 in this encoding: "+
		"another value marks another one."); err != nil {
		return err
	}
	return lies(s)
}

// lies asks for messages whose headers claim what is not there, with checksums that are right.
func lies(s *grade.Session) error {
	for _, lie := range []struct {
		what                string
		front, middle, data uint32
	}{
		{"front_len claims one byte more than there is", 27, 3, 10},
		{"front_len claims 16 MiB, and that is the limit", MaxParts, 0, 0},
		{"front_len claims 4 GiB", math.MaxUint32, 0, 0},
		{"data_len claims 4 GiB", 5, 3, math.MaxUint32},
		{"the three lengths claim 12 GiB", math.MaxUint32, math.MaxUint32, math.MaxUint32},
		{"the sum of the lengths is 18 if it is computed in 32 bits", math.MaxUint32, 9, 10},
	} {
		m := sample()
		m.Header.FrontLen, m.Header.MiddleLen = lie.front, lie.middle
		m.Header.DataLen = lie.data
		m.Header = m.Header.Sealed()
		if err := messageCodec.refused(s, lie.what, m.Bytes(), "The lengths are to be summed in "+
			"64 bits, and compared with what is there."); err != nil {
			return err
		}
	}
	return nil
}
