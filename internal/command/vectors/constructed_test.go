package vectors

import (
	"bytes"
	"math"

	"simplemessenger/wire"
)

// The features of the two releases that most captures are of.
const (
	features14 wire.Features = 0x3ffddff8ffecffff
	features16 wire.Features = 0x3f01cfbdfffdffff
)

// sampleHeader has another value in every field.
var sampleHeader = wire.MessageHeader{
	Seq: 0x0102030405060708, TID: 0x1112131415161718, Type: 0x2122, Priority: wire.PriorityHigh,
	Version:  0x3132,
	FrontLen: 0x41424344, MiddleLen: 0x51525354, DataLen: 0x61626364, DataOff: 0x7172,
	Source:        wire.OSD(0x0807060504030201),
	CompatVersion: 0x8182, Reserved: 0x9192, CRC: 0xa1a2a3a4,
}

func addr(s string) wire.EntityAddr {
	a, err := wire.ParseEntityAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

// constructed adds what the captures do not have.
func (c *collector) constructed() {
	const source = "constructed"
	six := addr("[2001:db8::1:2]:6789/305419896")
	six.FlowInfo, six.ScopeID = 0x0a0b0c0d, 3
	mapped, blank := addr("[::ffff:10.1.2.3]:6789/1"), wire.EntityAddr{Nonce: 7}
	for name, a := range map[string]wire.EntityAddr{
		"IPv4, every field": addr("10.1.2.3:6789/305419896"), "IPv6, every field": six,
		"IPv6, an IPv4 address mapped": mapped, "no address, with a nonce": blank,
	} {
		c.add("entity_addr", name, source, a.Append(nil))
		c.add("entity_addr2", name, source, a.AppendAddr2(nil))
	}
	v2 := addr("v2:10.1.2.3:3300/0")
	c.add("entity_addr2", "IPv4, msgr2", source, v2.AppendAddr2(nil))
	c.add("entity_addrvec", "empty", source, wire.AddrVec{}.Append(nil))
	c.add("entity_addrvec", "msgr2 and legacy", source,
		wire.AddrVec{v2, addr("10.1.2.3:6789/0")}.Append(nil))
	c.add("entity_addrvec", "legacy IPv6", source, wire.AddrVec{six}.Append(nil))
	inst := wire.EntityInst{Name: wire.OSD(3), Addr: addr("10.1.2.3:6800/17")}
	orig := wire.EntityInst{Name: wire.Client(wire.NumUnknown), Addr: six}
	c.add("entity_inst", "osd", source, inst.Append(nil))
	c.add("entity_inst", "client, IPv6", source, orig.Append(nil))
	c.add("entity_name", "largest number", source, wire.OSD(math.MaxInt64).Append(nil))
	c.constructedFrames(source, inst, orig)
	c.constructedSums(source)
}

func (c *collector) constructedFrames(source string, inst, orig wire.EntityInst) {
	c.add("connect", "every field", source, wire.Connect{
		Features: 0x0102030405060708, HostType: wire.EntityMDS, GlobalSeq: 0x11121314,
		ConnectSeq: 0x21222324, ProtocolVersion: 0x31323334,
		AuthorizerProtocol: 0x41424344, AuthorizerLen: 0x51525354, Flags: 0x61,
	}.Append(nil))
	c.add("connect_reply", "every field", source, wire.ConnectReply{
		Tag: wire.TagReady, Features: 0x0102030405060708, GlobalSeq: 0x11121314,
		ConnectSeq: 0x21222324, ProtocolVersion: 0x31323334,
		AuthorizerLen: 0x51525354, Flags: 0x61,
	}.Append(nil))
	c.add("connect_reply", "BADAUTHORIZER", source, wire.ConnectReply{
		Tag: wire.TagBadAuthorizer, Features: features14,
		ProtocolVersion: wire.OSDServiceProtocolVersion,
	}.Append(nil))
	c.add("seq", "largest", source, wire.AppendSeq(nil, math.MaxUint64))
	c.add("seq", "every byte", source, wire.AppendSeq(nil, 0x0102030405060708))
	c.add("timespec", "largest", source, wire.Timespec{Sec: math.MaxUint32,
		Nsec: 999_999_999}.Append(nil))
	c.add("tagged", "KEEPALIVE", source, []byte{byte(wire.TagKeepalive)})
	h := sampleHeader
	c.add("message_header", "every field", source, h.AppendWithCRC(nil))
	old := wire.MessageHeaderOld{MessageHeader: sampleHeader, Src: inst, OrigSrc: orig,
		ReservedOld: 0x71727374}
	c.add("message_header_old", "every field", source, old.AppendWithCRC(nil))
	old = wire.MessageHeaderOld{}
	c.add("message_header_old", "all zero", source, old.AppendWithCRC(nil))
	f := wire.Footer{FrontCRC: 0x01020304, MiddleCRC: 0x11121314, DataCRC: 0x21222324,
		Signature: 0x3132333435363738, Flags: wire.FooterComplete | wire.FooterNoCRC}
	c.add("message_footer", "every field", source, f.Append(nil))
	c.add("message_footer_old", "every field", source, f.AppendOld(nil))
	f = wire.Footer{Flags: wire.FooterComplete}
	c.add("message_footer_old", "of a message without parts", source, f.AppendOld(nil))
}

func (c *collector) constructedSums(source string) {
	c.add("crc", "nothing", source, nil)
	c.add("crc", "zeros", source, make([]byte, 32))
	c.add("crc", "one", source, []byte{1})
	c.add("crc", "digits", source, []byte("123456789"))
	c.add("crc", "all ones", source, bytes.Repeat([]byte{0xff}, 32))
	ascending := make([]byte, 256)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	c.add("crc", "every byte", source, ascending)
}
