package decode

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// Hex is an integer that is a set of bits or a checksum rather than a number. It is printed in
// hexadecimal.
type Hex uint64

// String returns the value with 0x before it.
func (h Hex) String() string { return "0x" + strconv.FormatUint(uint64(h), 16) }

// MarshalJSON writes the value as a string.
func (h Hex) MarshalJSON() ([]byte, error) { return json.Marshal(h.String()) }

// Big is a number of 64 bits. In JSON it is a string, since many readers of JSON have only floating
// point numbers.
type Big uint64

// MarshalJSON writes the value as a string of decimal digits.
func (b Big) MarshalJSON() ([]byte, error) {
	return json.Marshal(strconv.FormatUint(uint64(b), 10))
}

// SignedBig is Big for numbers with a sign.
type SignedBig int64

// MarshalJSON writes the value as a string of decimal digits.
func (b SignedBig) MarshalJSON() ([]byte, error) {
	return json.Marshal(strconv.FormatInt(int64(b), 10))
}

// structure lists the fields of the structure that starts at base in a frame.
type structure struct {
	frame  *Frame
	base   int
	prefix string
}

func (s structure) add(name string, offset, size int, value any, text string) {
	s.frame.Fields = append(s.frame.Fields, Field{s.prefix + name, s.base + offset, size, value,
		text})
}

func le32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }

// entityAddr lists the legacy encoding of an address as it stands, whether it makes sense or not.
func (s structure) entityAddr(b []byte) {
	s.add("type", 0, 4, le32(b, 0), "")
	s.add("nonce", 4, 4, le32(b, 4), "")
	family := binary.BigEndian.Uint16(b[8:])
	port := binary.BigEndian.Uint16(b[10:])
	switch family {
	case 2:
		s.add("family", 8, 2, family, "IPv4")
		s.add("port", 10, 2, port, "")
		s.add("ip", 12, 4, netip.AddrFrom4([4]byte(b[12:16])).String(), "")
	case 10:
		s.add("family", 8, 2, family, "IPv6")
		s.add("port", 10, 2, port, "")
		s.add("flowinfo", 12, 4, le32(b, 12), "")
		s.add("ip", 16, 16, netip.AddrFrom16([16]byte(b[16:32])).String(), "")
		s.add("scope_id", 32, 4, le32(b, 32), "")
	case 0:
		s.add("family", 8, 2, family, "blank")
	default:
		s.add("family", 8, 2, family, "unknown")
	}
}

func (s structure) connect(c wire.Connect) {
	s.add("features", 0, 8, Hex(c.Features), "")
	s.add("host_type", 8, 4, uint32(c.HostType), c.HostType.String())
	s.add("global_seq", 12, 4, c.GlobalSeq, "")
	s.add("connect_seq", 16, 4, c.ConnectSeq, "")
	s.add("protocol_version", 20, 4, c.ProtocolVersion, "")
	s.add("authorizer_protocol", 24, 4, c.AuthorizerProtocol,
		authorizerProtocol(c.AuthorizerProtocol))
	s.add("authorizer_len", 28, 4, c.AuthorizerLen, "")
	s.add("flags", 32, 1, c.Flags, lossyText(c.Lossy()))
}

func authorizerProtocol(p uint32) string {
	switch p {
	case wire.AuthUnknown:
		return "unknown"
	case wire.AuthNone:
		return "none"
	case wire.AuthCephx:
		return "cephx"
	}
	return "?"
}

func lossyText(lossy bool) string {
	if lossy {
		return "lossy"
	}
	return ""
}

func (s structure) connectReply(r wire.ConnectReply) {
	s.add("tag", 0, 1, uint8(r.Tag), r.Tag.String())
	s.add("features", 1, 8, Hex(r.Features), "")
	s.add("global_seq", 9, 4, r.GlobalSeq, "")
	s.add("connect_seq", 13, 4, r.ConnectSeq, "")
	s.add("protocol_version", 17, 4, r.ProtocolVersion, "")
	s.add("authorizer_len", 21, 4, r.AuthorizerLen, "")
	s.add("flags", 25, 1, r.Flags, lossyText(r.Lossy()))
}

func (s structure) timespec(t wire.Timespec) {
	s.add("sec", 0, 4, t.Sec, t.Time().UTC().Format(time.RFC3339))
	s.add("nsec", 4, 4, t.Nsec, "")
}

// headerStart lists the 36 bytes that both forms of the message header begin with.
func (s structure) headerStart(h *wire.MessageHeader) {
	s.add("seq", 0, 8, Big(h.Seq), "")
	s.add("tid", 8, 8, Big(h.TID), "")
	s.add("type", 16, 2, h.Type, messages.Type(h.Type).String())
	s.add("priority", 18, 2, h.Priority, "")
	s.add("version", 20, 2, h.Version, "")
	s.add("front_len", 22, 4, h.FrontLen, "")
	s.add("middle_len", 26, 4, h.MiddleLen, "")
	s.add("data_len", 30, 4, h.DataLen, "")
	s.add("data_off", 34, 2, h.DataOff, "")
}

func (s structure) messageHeader(h *wire.MessageHeader) {
	s.headerStart(h)
	s.add("src.type", 36, 1, uint8(h.Source.Type), h.Source.Type.String())
	s.add("src.num", 37, 8, SignedBig(h.Source.Num), h.Source.String())
	s.add("compat_version", 45, 2, h.CompatVersion, "")
	s.add("reserved", 47, 2, h.Reserved, "")
	s.add("crc", 49, 4, Hex(h.CRC), "")
}

func (s structure) messageHeaderOld(h *wire.MessageHeaderOld, b []byte) {
	s.headerStart(&h.MessageHeader)
	for _, inst := range []struct {
		name string
		at   int
		who  wire.EntityName
	}{{"src.", 36, h.Src.Name}, {"orig_src.", 36 + wire.EntityInstSize, h.OrigSrc.Name}} {
		inner := structure{s.frame, s.base + inst.at, s.prefix + inst.name}
		inner.add("type", 0, 1, uint8(inst.who.Type), inst.who.Type.String())
		inner.add("num", 1, 8, SignedBig(inst.who.Num), inst.who.String())
		inner = structure{s.frame, inner.base + wire.EntityNameSize, inner.prefix + "addr."}
		inner.entityAddr(b[inner.base-s.base:])
	}
	s.add("reserved", 326, 4, h.ReservedOld, "")
	s.add("crc", 330, 4, Hex(h.CRC), "")
}

func (s structure) footer(f wire.Footer, old bool) {
	s.add("front_crc", 0, 4, Hex(f.FrontCRC), "")
	s.add("middle_crc", 4, 4, Hex(f.MiddleCRC), "")
	s.add("data_crc", 8, 4, Hex(f.DataCRC), "")
	flagsAt := 12
	if !old {
		s.add("sig", 12, 8, Hex(f.Signature), "")
		flagsAt = 20
	}
	s.add("flags", flagsAt, 1, uint8(f.Flags), f.Flags.String())
}

// opaque lists bytes that are not looked into, unless there are none.
func (s structure) opaque(name string, offset, size int) {
	if size > 0 {
		s.add(name, offset, size, fmt.Sprintf("%d bytes", size), "")
	}
}
