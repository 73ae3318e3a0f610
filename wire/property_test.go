package wire_test

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"simplemessenger/wire"
)

// Generators of every structure, with all values that its fields can have on the wire.
var (
	nameGen = rapid.Custom(func(t *rapid.T) wire.EntityName {
		return wire.EntityName{Type: wire.EntityType(rapid.Byte().Draw(t, "type")),
			Num: rapid.Int64().Draw(t, "num")}
	})
	addrGen = rapid.Custom(func(t *rapid.T) wire.EntityAddr {
		// AddrLegacy and AddrNone go with an address and without one: what the legacy encoding can
		// tell apart.
		a := wire.EntityAddr{Nonce: rapid.Uint32().Draw(t, "nonce")}
		switch rapid.SampledFrom([]string{"blank", "IPv4", "IPv6"}).Draw(t, "family") {
		case "IPv4":
			a.Type = wire.AddrLegacy
			a.IP = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip")))
			a.Port = rapid.Uint16().Draw(t, "port")
		case "IPv6":
			a.Type = wire.AddrLegacy
			a.IP = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip")))
			a.Port = rapid.Uint16().Draw(t, "port")
			a.FlowInfo = rapid.Uint32().Draw(t, "flow")
			a.ScopeID = rapid.Uint32().Draw(t, "scope")
		}
		return a
	})
	addr2Gen = rapid.Custom(func(t *rapid.T) wire.EntityAddr {
		a := addrGen.Draw(t, "addr")
		a.Type = wire.AddrType(rapid.Uint32().Draw(t, "type"))
		return a
	})
	instGen = rapid.Custom(func(t *rapid.T) wire.EntityInst {
		return wire.EntityInst{Name: nameGen.Draw(t, "name"), Addr: addrGen.Draw(t, "addr")}
	})
	headerGen = rapid.Custom(func(t *rapid.T) wire.MessageHeader {
		return wire.MessageHeader{
			Seq: rapid.Uint64().Draw(t, "seq"), TID: rapid.Uint64().Draw(t, "tid"),
			Type: rapid.Uint16().Draw(t, "type"), Priority: rapid.Uint16().Draw(t, "priority"),
			Version:   rapid.Uint16().Draw(t, "version"),
			FrontLen:  rapid.Uint32().Draw(t, "front_len"),
			MiddleLen: rapid.Uint32().Draw(t, "middle_len"),
			DataLen:   rapid.Uint32().Draw(t, "data_len"),
			DataOff:   rapid.Uint16().Draw(t, "data_off"), Source: nameGen.Draw(t, "src"),
			CompatVersion: rapid.Uint16().Draw(t, "compat_version"),
			Reserved:      rapid.Uint16().Draw(t, "reserved"), CRC: rapid.Uint32().Draw(t, "crc"),
		}
	})
	footerGen = rapid.Custom(func(t *rapid.T) wire.Footer {
		return wire.Footer{
			FrontCRC: rapid.Uint32().Draw(t, "front"), MiddleCRC: rapid.Uint32().Draw(t, "middle"),
			DataCRC:   rapid.Uint32().Draw(t, "data"),
			Signature: rapid.Uint64().Draw(t, "sig"),
			Flags:     wire.FooterFlags(rapid.Byte().Draw(t, "flags")),
		}
	})
)

// roundTrip encodes v and decodes it again, with something behind it.
func (c codec) roundTrip(t *rapid.T, v any) {
	b := c.encode(v)
	got, used, err := c.decode(append(b[:len(b):len(b)], 0xab))
	if err != nil || used != len(b) {
		t.Fatalf("%s: decode %x: used %d of %d, %v", c.name, b, used, len(b), err)
	}
	if got, want := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", v); got != want {
		t.Fatalf("%s:\n got %s\nwant %s", c.name, got, want)
	}
	c.check(t, b)
}

func TestRoundTrip(t *testing.T) {
	for _, test := range []struct {
		codec codec
		draw  func(*rapid.T) any
	}{
		{entityNameCodec, func(t *rapid.T) any { return nameGen.Draw(t, "v") }},
		{entityAddrCodec, func(t *rapid.T) any { return addrGen.Draw(t, "v") }},
		{entityInstCodec, func(t *rapid.T) any { return instGen.Draw(t, "v") }},
		{anyAddrCodec, func(t *rapid.T) any { return anyAddr{addrGen.Draw(t, "v"), true} }},
		{anyAddrCodec, func(t *rapid.T) any { return anyAddr{addr2Gen.Draw(t, "v"), false} }},
		{addrVecCodec, func(t *rapid.T) any {
			return wire.AddrVec(rapid.SliceOfN(addr2Gen, 1, wire.MaxAddrVec).Draw(t, "v"))
		}},
		{connectCodec, func(t *rapid.T) any {
			return wire.Connect{
				Features:           wire.Features(rapid.Uint64().Draw(t, "features")),
				HostType:           wire.EntityType(rapid.Byte().Draw(t, "host_type")),
				GlobalSeq:          rapid.Uint32().Draw(t, "gseq"),
				ConnectSeq:         rapid.Uint32().Draw(t, "cseq"),
				ProtocolVersion:    rapid.Uint32().Draw(t, "proto"),
				AuthorizerProtocol: rapid.Uint32().Draw(t, "auth"),
				AuthorizerLen:      rapid.Uint32().Draw(t, "len"),
				Flags:              rapid.Byte().Draw(t, "flags"),
			}
		}},
		{connectReplyCodec, func(t *rapid.T) any {
			return wire.ConnectReply{
				Tag:             wire.Tag(rapid.Byte().Draw(t, "tag")),
				Features:        wire.Features(rapid.Uint64().Draw(t, "features")),
				GlobalSeq:       rapid.Uint32().Draw(t, "gseq"),
				ConnectSeq:      rapid.Uint32().Draw(t, "cseq"),
				ProtocolVersion: rapid.Uint32().Draw(t, "proto"),
				AuthorizerLen:   rapid.Uint32().Draw(t, "len"),
				Flags:           rapid.Byte().Draw(t, "flags"),
			}
		}},
		{seqCodec, func(t *rapid.T) any { return rapid.Uint64().Draw(t, "v") }},
		{timespecCodec, func(t *rapid.T) any {
			return wire.Timespec{Sec: rapid.Uint32().Draw(t, "sec"),
				Nsec: rapid.Uint32().Draw(t, "nsec")}
		}},
		{headerCodec, func(t *rapid.T) any { return headerGen.Draw(t, "v") }},
		{headerOldCodec, func(t *rapid.T) any {
			h := wire.MessageHeaderOld{
				MessageHeader: headerGen.Draw(t, "v"), Src: instGen.Draw(t, "src"),
				OrigSrc:     instGen.Draw(t, "orig_src"),
				ReservedOld: rapid.Uint32().Draw(t, "reserved"),
			}
			h.Source, h.CompatVersion, h.Reserved = h.Src.Name, 0, 0 // not part of this form
			return h
		}},
		{footerCodec, func(t *rapid.T) any { return footerGen.Draw(t, "v") }},
		{footerOldCodec, func(t *rapid.T) any {
			f := footerGen.Draw(t, "v")
			f.Signature = 0 // not part of this form
			return f
		}},
	} {
		t.Run(test.codec.name, rapid.MakeCheck(func(t *rapid.T) {
			test.codec.roundTrip(t, test.draw(t))
		}))
	}
}

// Any bytes at all, and valid encodings with one byte changed.
func TestDecodersOnDamage(t *testing.T) {
	for _, c := range codecs {
		t.Run(c.name, rapid.MakeCheck(func(t *rapid.T) {
			b := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "bytes")
			c.check(t, b)
		}))
	}
	t.Run("one byte of an address vector", rapid.MakeCheck(func(t *rapid.T) {
		b := wire.AddrVec(rapid.SliceOfN(addr2Gen, 1, 4).Draw(t, "v")).Append(nil)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		addrVecCodec.check(t, b)
		if b[0] == 2 {
			anyAddrCodec.check(t, b[5:])
		}
	}))
}

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := addrGen.Draw(t, "addr")
		a.FlowInfo = 0 // has no text form
		if a.IP.IsValid() {
			a.Type = rapid.SampledFrom([]wire.AddrType{wire.AddrLegacy, wire.AddrMsgr2,
				wire.AddrAny, wire.AddrCIDR}).Draw(t, "type")
		}
		if got, err := wire.ParseEntityAddr(a.String()); err != nil || got != a {
			t.Fatalf("%q: got %#v, %v, want %#v", a.String(), got, err, a)
		}
		n := wire.EntityName{
			Type: rapid.SampledFrom([]wire.EntityType{wire.EntityMon, wire.EntityMDS,
				wire.EntityOSD, wire.EntityClient, wire.EntityMgr, wire.EntityAuth}).Draw(t,
				"entity type"),
			Num: rapid.Int64().Draw(t, "num"),
		}
		if got, err := wire.ParseEntityName(n.String()); err != nil || got != n {
			t.Fatalf("%q: got %#v, %v", n.String(), got, err)
		}
	})
}
