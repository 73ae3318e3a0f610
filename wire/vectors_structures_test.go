package wire_test

import (
	"fmt"

	"simplemessenger/wire"
)

// vectorStructure turns one structure into the fields of a vector and back.
type vectorStructure struct {
	decode func([]byte) (fields any, used int, err error)
	// encode is given the vector's bytes too, which only a checksum needs: it is about bytes, not
	// of them.
	encode func(fields any, b []byte) ([]byte, error)
}

func vectorOf[F any](decode func([]byte) (F, int, error),
	encode func(F) ([]byte, error)) vectorStructure {
	return vectorStructure{
		func(b []byte) (any, int, error) { return decode3(decode(b)) },
		func(f any, _ []byte) ([]byte, error) { return encode(f.(F)) },
	}
}

func decode3[F any](f F, used int, err error) (any, int, error) { return f, used, err }

// structures are all structures that have vectors.
var structures = map[string]vectorStructure{
	"banner": vectorOf(
		func(b []byte) (bannerFields, int, error) {
			return bannerFields{wire.Banner}, wire.BannerSize, wire.DecodeBanner(b)
		},
		func(bannerFields) ([]byte, error) { return wire.AppendBanner(nil), nil }),
	"client_banner": vectorOf(
		func(b []byte) (f clientBannerFields, used int, err error) {
			if err = wire.DecodeBanner(b); err != nil {
				return f, 0, err
			}
			a, err := wire.DecodeEntityAddr(b[9:])
			return clientBannerFields{wire.Banner, fromAddr(a)}, 9 + 136, err
		},
		func(f clientBannerFields) ([]byte, error) {
			a, err := f.Addr.addr()
			return a.Append([]byte(f.Banner)), err
		}),
	"server_banner": vectorOf(
		func(b []byte) (f serverBannerFields, used int, err error) {
			if err = wire.DecodeBanner(b); err != nil {
				return f, 0, err
			}
			own, err := wire.DecodeEntityAddr(b[9:])
			if err != nil {
				return f, 0, err
			}
			peer, err := wire.DecodeEntityAddr(b[145:])
			return serverBannerFields{wire.Banner, fromAddr(own), fromAddr(peer)}, 281, err
		},
		func(f serverBannerFields) ([]byte, error) {
			own, err := f.Addr.addr()
			if err != nil {
				return nil, err
			}
			peer, err := f.PeerAddr.addr()
			return peer.Append(own.Append([]byte(f.Banner))), err
		}),
	"entity_name": vectorOf(
		func(b []byte) (nameFields, int, error) {
			n, err := wire.DecodeEntityName(b)
			return nameFields{uint8(n.Type), num64(n.Num)}, 9, err
		},
		func(f nameFields) ([]byte, error) { return f.name().Append(nil), nil }),
	"entity_addr": vectorOf(
		func(b []byte) (addrFields, int, error) {
			a, err := wire.DecodeEntityAddr(b)
			return fromAddr(a), 136, err
		},
		func(f addrFields) ([]byte, error) {
			a, err := f.addr()
			return a.Append(nil), err
		}),
	"entity_addr2": vectorOf(
		func(b []byte) (addrFields, int, error) {
			a, used, err := wire.DecodeEntityAddrAny(b)
			return fromAddr(a), used, err
		},
		func(f addrFields) ([]byte, error) {
			a, err := f.addr()
			return a.AppendAddr2(nil), err
		}),
	"entity_addrvec": vectorOf(
		func(b []byte) (f addrVecFields, used int, err error) {
			v, used, err := wire.DecodeAddrVec(b)
			f.Addrs = []addrFields{}
			for _, a := range v {
				f.Addrs = append(f.Addrs, fromAddr(a))
			}
			return f, used, err
		},
		func(f addrVecFields) ([]byte, error) {
			var v wire.AddrVec
			for _, fields := range f.Addrs {
				a, err := fields.addr()
				if err != nil {
					return nil, err
				}
				v = append(v, a)
			}
			return v.Append(nil), nil
		}),
	"entity_inst": vectorOf(
		func(b []byte) (instFields, int, error) {
			i, err := wire.DecodeEntityInst(b)
			return fromInst(i), 145, err
		},
		func(f instFields) ([]byte, error) {
			i, err := f.inst()
			return i.Append(nil), err
		}),
	"connect": vectorOf(
		func(b []byte) (connectFields, int, error) {
			c, err := wire.DecodeConnect(b)
			return connectFields{
				hex64(c.Features), uint32(c.HostType), c.GlobalSeq, c.ConnectSeq, c.ProtocolVersion,
				c.AuthorizerProtocol, c.AuthorizerLen, c.Flags,
			}, 33, err
		},
		func(f connectFields) ([]byte, error) {
			return wire.Connect{
				Features: wire.Features(f.Features), HostType: wire.EntityType(f.HostType),
				GlobalSeq: f.GlobalSeq, ConnectSeq: f.ConnectSeq,
				ProtocolVersion: f.ProtocolVersion, AuthorizerProtocol: f.AuthorizerProtocol,
				AuthorizerLen: f.AuthorizerLen, Flags: f.Flags,
			}.Append(nil), nil
		}),
	"connect_reply": vectorOf(
		func(b []byte) (connectReplyFields, int, error) {
			r, err := wire.DecodeConnectReply(b)
			return connectReplyFields{
				uint8(r.Tag), hex64(r.Features), r.GlobalSeq, r.ConnectSeq, r.ProtocolVersion,
				r.AuthorizerLen, r.Flags,
			}, 26, err
		},
		func(f connectReplyFields) ([]byte, error) {
			return wire.ConnectReply{
				Tag: wire.Tag(f.Tag), Features: wire.Features(f.Features), GlobalSeq: f.GlobalSeq,
				ConnectSeq:      f.ConnectSeq,
				ProtocolVersion: f.ProtocolVersion, AuthorizerLen: f.AuthorizerLen, Flags: f.Flags,
			}.Append(nil), nil
		}),
	"seq": vectorOf(
		func(b []byte) (seqFields, int, error) {
			n, err := wire.DecodeSeq(b)
			return seqFields{dec64(n)}, 8, err
		},
		func(f seqFields) ([]byte, error) { return wire.AppendSeq(nil, uint64(f.Seq)), nil }),
	"timespec": vectorOf(
		func(b []byte) (timespecFields, int, error) {
			t, err := wire.DecodeTimespec(b)
			return timespecFields{t.Sec, t.Nsec}, 8, err
		},
		func(f timespecFields) ([]byte, error) {
			return wire.Timespec{Sec: f.Sec, Nsec: f.Nsec}.Append(nil), nil
		}),
	"tagged": vectorOf(decodeTagged, taggedFields.encode),
	"message_header": vectorOf(
		func(b []byte) (headerFields, int, error) {
			var h wire.MessageHeader
			err := h.Decode(b)
			if err == nil {
				err = wire.CheckMessageHeaderCRC(b)
			}
			return fromHeader(h), 53, err
		},
		func(f headerFields) ([]byte, error) { h := f.header(); return h.AppendWithCRC(nil), nil }),
	"message_header_old": vectorOf(
		func(b []byte) (headerOldFields, int, error) {
			var h wire.MessageHeaderOld
			err := h.Decode(b)
			if err == nil {
				err = wire.CheckMessageHeaderOldCRC(b)
			}
			return headerOldFields{fromHeader(h.MessageHeader).headerStartFields, fromInst(h.Src),
				fromInst(h.OrigSrc), h.ReservedOld, hex32(h.CRC)}, 334, err
		},
		func(f headerOldFields) (b []byte, err error) {
			h := wire.MessageHeaderOld{MessageHeader: headerFields{
				headerStartFields: f.headerStartFields}.header(), ReservedOld: f.Reserved}
			if h.Src, err = f.Src.inst(); err != nil {
				return nil, err
			}
			h.OrigSrc, err = f.OrigSrc.inst()
			return h.AppendWithCRC(nil), err
		}),
	"message_footer": vectorOf(
		func(b []byte) (footerFields, int, error) {
			var f wire.Footer
			err := f.Decode(b)
			return fromFooter(f), 21, err
		},
		func(f footerFields) ([]byte, error) { w := f.footer(); return w.Append(nil), nil }),
	"message_footer_old": vectorOf(
		func(b []byte) (footerOldFields, int, error) {
			var f wire.Footer
			err := f.DecodeOld(b)
			return footerOldFields{hex32(f.FrontCRC), hex32(f.MiddleCRC), hex32(f.DataCRC),
				uint8(f.Flags)}, 13, err
		},
		func(f footerOldFields) ([]byte, error) {
			w := footerFields{FrontCRC: f.FrontCRC, MiddleCRC: f.MiddleCRC, DataCRC: f.DataCRC,
				Flags: f.Flags}.footer()
			return w.AppendOld(nil), nil
		}),
	"message": vectorOf(decodeMessage, messageFields.encode),
	"crc": {
		func(b []byte) (any, int, error) { return crcFields{hex32(wire.CRC(0, b))}, len(b), nil },
		func(f any, b []byte) ([]byte, error) {
			if want := uint32(f.(crcFields).CRC); wire.CRC(0, b) != want {
				return nil, fmt.Errorf("checksum %#08x, want %#08x", wire.CRC(0, b), want)
			}
			return b, nil
		},
	},
}

func (f nameFields) name() wire.EntityName {
	return wire.EntityName{Type: wire.EntityType(f.Type), Num: int64(f.Num)}
}

func fromInst(i wire.EntityInst) instFields {
	return instFields{nameFields{uint8(i.Name.Type), num64(i.Name.Num)}, fromAddr(i.Addr)}
}

func (f instFields) inst() (wire.EntityInst, error) {
	a, err := f.Addr.addr()
	return wire.EntityInst{Name: f.Name.name(), Addr: a}, err
}

func fromHeader(h wire.MessageHeader) headerFields {
	return headerFields{
		headerStartFields{dec64(h.Seq), dec64(h.TID), h.Type, h.Priority, h.Version, h.FrontLen,
			h.MiddleLen, h.DataLen, h.DataOff},
		nameFields{uint8(h.Source.Type), num64(h.Source.Num)}, h.CompatVersion, h.Reserved,
		hex32(h.CRC),
	}
}

func (f headerFields) header() wire.MessageHeader {
	return wire.MessageHeader{
		Seq: uint64(f.Seq), TID: uint64(f.TID), Type: f.Type, Priority: f.Priority,
		Version:  f.Version,
		FrontLen: f.FrontLen, MiddleLen: f.MiddleLen, DataLen: f.DataLen, DataOff: f.DataOff,
		Source: f.Src.name(), CompatVersion: f.CompatVersion, Reserved: f.Reserved,
		CRC: uint32(f.CRC),
	}
}

func fromFooter(f wire.Footer) footerFields {
	return footerFields{hex32(f.FrontCRC), hex32(f.MiddleCRC), hex32(f.DataCRC), hex64(f.Signature),
		uint8(f.Flags)}
}

func (f footerFields) footer() wire.Footer {
	return wire.Footer{
		FrontCRC: uint32(f.FrontCRC), MiddleCRC: uint32(f.MiddleCRC), DataCRC: uint32(f.DataCRC),
		Signature: uint64(f.Sig), Flags: wire.FooterFlags(f.Flags),
	}
}

func decodeTagged(b []byte) (f taggedFields, used int, err error) {
	if len(b) == 0 {
		return f, 0, fmt.Errorf("empty")
	}
	f.Tag = b[0]
	switch wire.Tag(b[0]) {
	case wire.TagClose, wire.TagKeepalive:
		return f, 1, nil
	case wire.TagAck:
		n, err := wire.DecodeSeq(b[1:])
		f.Seq = (*dec64)(&n)
		return f, 9, err
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		stamp, err := wire.DecodeTimespec(b[1:])
		f.Sec, f.Nsec = &stamp.Sec, &stamp.Nsec
		return f, 9, err
	default:
	}
	return f, 0, fmt.Errorf("tag %v", wire.Tag(b[0]))
}

func (f taggedFields) encode() ([]byte, error) {
	b := []byte{f.Tag}
	if f.Seq != nil {
		b = wire.AppendSeq(b, uint64(*f.Seq))
	}
	if f.Sec != nil {
		b = wire.Timespec{Sec: *f.Sec, Nsec: *f.Nsec}.Append(b)
	}
	return b, nil
}

// decodeMessage reads a whole MSG frame with a footer of 21 bytes, and checks everything that can
// be checked.
func decodeMessage(b []byte) (f messageFields, used int, err error) {
	var h wire.MessageHeader
	if len(b) == 0 {
		return f, 0, fmt.Errorf("empty")
	}
	if err := wire.CheckMessageHeaderCRC(b[1:]); err != nil {
		return f, 0, err
	}
	if err := h.Decode(b[1:]); err != nil {
		return f, 0, err
	}
	if uint64(len(b)) < 1+53+h.PayloadLen()+21 {
		return f, 0, fmt.Errorf("too short")
	}
	f.Tag, f.Header = b[0], fromHeader(h)
	rest := b[54:]
	cut := func(n uint32) (part []byte) { part, rest = rest[:n], rest[n:]; return part }
	f.Front, f.Middle, f.Data = cut(h.FrontLen), cut(h.MiddleLen), cut(h.DataLen)
	var footer wire.Footer
	if err := footer.Decode(rest); err != nil {
		return f, 0, err
	}
	f.Footer = fromFooter(footer)
	for _, part := range []struct {
		sent uint32
		b    []byte
	}{{footer.FrontCRC, f.Front}, {footer.MiddleCRC, f.Middle}, {footer.DataCRC, f.Data}} {
		if part.sent != wire.CRC(0, part.b) {
			return f, 0, fmt.Errorf("crc %#x", part.sent)
		}
	}
	return f, int(1 + 53 + h.PayloadLen() + 21), nil
}

func (f messageFields) encode() ([]byte, error) {
	h := f.Header.header()
	b := h.AppendWithCRC([]byte{f.Tag})
	b = append(append(append(b, f.Front...), f.Middle...), f.Data...)
	footer := f.Footer.footer()
	return footer.Append(b), nil
}
