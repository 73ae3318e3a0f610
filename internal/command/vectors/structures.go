package vectors

import (
	"maps"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// structure turns one structure into the fields of a vector and back.
type structure struct {
	// empty returns a pointer to the fields with nothing in them.
	empty func() any
	// decode reads one from the front of b, and tells the number of bytes used. The key is zero
	// where there is none.
	decode func(b []byte, key cephx.CryptoKey) (fields any, used int, err error)
	// encode is given the vector's bytes too, which only a checksum needs: it is about bytes, not
	// of them. The fields are a pointer, as of empty.
	encode func(fields any, b []byte, key cephx.CryptoKey) ([]byte, error)
	// inOrder says that the fields are the bytes, one behind the other, without anything between
	// them. So their offsets are known.
	inOrder bool
}

// plain makes a structure that needs no key.
func plain[F any](decode func([]byte) (F, int, error), encode func(F) ([]byte, error)) structure {
	return keyed(func(b []byte, _ cephx.CryptoKey) (F, int, error) { return decode(b) },
		func(f F, _ cephx.CryptoKey) ([]byte, error) { return encode(f) })
}

// keyed makes a structure of which a part is sealed.
func keyed[F any](decode func([]byte, cephx.CryptoKey) (F, int, error),
	encode func(F, cephx.CryptoKey) ([]byte, error)) structure {
	return structure{
		empty: func() any { return new(F) },
		decode: func(b []byte, key cephx.CryptoKey) (any, int, error) {
			f, used, err := decode(b, key)
			return &f, used, err
		},
		encode: func(f any, _ []byte, key cephx.CryptoKey) ([]byte, error) {
			return encode(*f.(*F), key)
		},
	}
}

func inOrder(s structure) structure {
	s.inOrder = true
	return s
}

// need makes an error of too few bytes.
func need(b []byte, size int) error {
	if len(b) < size {
		return errors.WithMessagef(wire.ErrShort, "need %d bytes, have %d", size, len(b))
	}
	return nil
}

// structures are all structures that have vectors, but conversations.
var structures = func() map[string]structure {
	all := maps.Clone(frames)
	maps.Copy(all, credentials)
	return all
}()

// frames are the structures of the protocol itself.
var frames = map[string]structure{
	"banner": inOrder(plain(
		func(b []byte) (bannerFields, int, error) {
			return bannerFields{wire.Banner}, wire.BannerSize, wire.DecodeBanner(b)
		},
		func(bannerFields) ([]byte, error) { return wire.AppendBanner(nil), nil })),
	"client_banner": inOrder(plain(
		func(b []byte) (f clientBannerFields, used int, err error) {
			if err = errors.Wrap(need(b, 9+136), "banner"); err != nil {
				return f, 0, err
			}
			if err = wire.DecodeBanner(b); err != nil {
				return f, 0, err
			}
			a, err := wire.DecodeEntityAddr(b[9:])
			return clientBannerFields{wire.Banner, fromAddr(a)}, 9 + 136, err
		},
		func(f clientBannerFields) ([]byte, error) {
			a, err := f.Addr.addr()
			return a.Append([]byte(f.Banner)), err
		})),
	"server_banner": inOrder(plain(
		func(b []byte) (f serverBannerFields, used int, err error) {
			if err = errors.Wrap(need(b, 281), "banner"); err != nil {
				return f, 0, err
			}
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
		})),
	"entity_name": inOrder(plain(
		func(b []byte) (nameFields, int, error) {
			n, err := wire.DecodeEntityName(b)
			return nameFields{uint8(n.Type), num64(n.Num)}, 9, err
		},
		func(f nameFields) ([]byte, error) { return f.name().Append(nil), nil })),
	"entity_addr": plain(
		func(b []byte) (addrFields, int, error) {
			a, err := wire.DecodeEntityAddr(b)
			return fromAddr(a), 136, err
		},
		func(f addrFields) ([]byte, error) {
			a, err := f.addr()
			return a.Append(nil), err
		}),
	"entity_addr2": plain(
		func(b []byte) (addrFields, int, error) {
			a, used, err := wire.DecodeEntityAddrAny(b)
			return fromAddr(a), used, err
		},
		func(f addrFields) ([]byte, error) {
			a, err := f.addr()
			return a.AppendAddr2(nil), err
		}),
	"entity_addrvec": plain(
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
	"entity_inst": inOrder(plain(
		func(b []byte) (instFields, int, error) {
			i, err := wire.DecodeEntityInst(b)
			return fromInst(i), 145, err
		},
		func(f instFields) ([]byte, error) {
			i, err := f.inst()
			return i.Append(nil), err
		})),
	"connect": inOrder(plain(
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
		})),
	"connect_reply": inOrder(plain(
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
		})),
	"seq": inOrder(plain(
		func(b []byte) (seqFields, int, error) {
			n, err := wire.DecodeSeq(b)
			return seqFields{dec64(n)}, 8, err
		},
		func(f seqFields) ([]byte, error) { return wire.AppendSeq(nil, uint64(f.Seq)), nil })),
	"timespec": inOrder(plain(
		func(b []byte) (timespecFields, int, error) {
			t, err := wire.DecodeTimespec(b)
			return timespecFields{t.Sec, t.Nsec}, 8, err
		},
		func(f timespecFields) ([]byte, error) {
			return wire.Timespec{Sec: f.Sec, Nsec: f.Nsec}.Append(nil), nil
		})),
	"tagged": inOrder(plain(decodeTagged, taggedFields.encode)),
	"message_header": inOrder(plain(
		func(b []byte) (headerFields, int, error) {
			var h wire.MessageHeader
			err := h.Decode(b)
			if err == nil {
				err = wire.CheckMessageHeaderCRC(b)
			}
			return fromHeader(h), 53, err
		},
		func(f headerFields) ([]byte, error) {
			h := f.header()
			return h.AppendWithCRC(nil), nil
		})),
	"message_header_old": inOrder(plain(
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
		})),
	"message_footer": inOrder(plain(
		func(b []byte) (footerFields, int, error) {
			var f wire.Footer
			err := f.Decode(b)
			return fromFooter(f), 21, err
		},
		func(f footerFields) ([]byte, error) { w := f.footer(); return w.Append(nil), nil })),
	"message_footer_old": inOrder(plain(
		func(b []byte) (footerOldFields, int, error) {
			var f wire.Footer
			err := f.DecodeOld(b)
			return fromFooterOld(f), 13, err
		},
		func(f footerOldFields) ([]byte, error) {
			w := f.footer()
			return w.AppendOld(nil), nil
		})),
	"message":     inOrder(plain(decodeMessage, messageFields.encode)),
	"message_old": inOrder(plain(decodeMessageOld, messageOldFields.encode)),
	"crc": {
		empty: func() any { return new(crcFields) },
		decode: func(b []byte, _ cephx.CryptoKey) (any, int, error) {
			return &crcFields{hex32(wire.CRC(0, b))}, len(b), nil
		},
		encode: func(f any, b []byte, _ cephx.CryptoKey) ([]byte, error) {
			if want := uint32(f.(*crcFields).CRC); wire.CRC(0, b) != want {
				return nil, errors.Errorf("checksum %#08x, want %#08x", wire.CRC(0, b), want)
			}
			return b, nil
		},
	},
}
