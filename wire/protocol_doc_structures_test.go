package wire_test

import (
	"bytes"
	"math"
	"net/netip"

	"simplemessenger/wire"
)

// docField is what the test does with one field: two encodings that differ in it alone.
type docField struct {
	a, b []byte
	// part says that not all bytes of the field can be made to differ, zero that none can, and all
	// are 0.
	part, zero bool
	// complains is for a field that cannot be chosen: if its last byte is damaged, the decoder must
	// blame this field.
	complains string
}

// docStructure is a structure with a table of offsets in the document.
type docStructure struct {
	size   int
	fields map[string]docField
}

// differ encodes the zero value and one that set has changed.
func differ[T any](encode func(*T) []byte, set func(*T)) docField {
	a, b := new(T), new(T)
	set(b)
	return docField{a: encode(a), b: encode(b)}
}

func part(f docField) docField { f.part = true; return f }
func zero(f docField) docField { f.zero = true; return f }

const (
	all16 = math.MaxUint16
	all32 = math.MaxUint32
	all64 = math.MaxUint64
)

func addressFields(ip netip.Addr, encode func(wire.EntityAddr) []byte) map[string]docField {
	// Zero but for the family, so that one field at a time can be changed.
	base := wire.EntityAddr{Type: wire.AddrLegacy, IP: ip}
	with := func(set func(*wire.EntityAddr)) docField {
		a, b := base, base
		set(&b)
		return docField{a: encode(a), b: encode(b)}
	}
	fields := map[string]docField{
		"nonce": with(func(a *wire.EntityAddr) { a.Nonce = all32 }),
		"port":  with(func(a *wire.EntityAddr) { a.Port = all16 }),
	}
	other := netip.IPv6Unspecified()
	if ip.Is4() {
		fields["ip"] = with(func(a *wire.EntityAddr) {
			a.IP = netip.AddrFrom4([4]byte(bytes.Repeat([]byte{0xff}, 4)))
		})
	} else {
		fields["ip"] = with(func(a *wire.EntityAddr) {
			a.IP = netip.AddrFrom16([16]byte(bytes.Repeat([]byte{0xff}, 16)))
		})
		fields["flowinfo"] = with(func(a *wire.EntityAddr) { a.FlowInfo = all32 })
		fields["scope_id"] = with(func(a *wire.EntityAddr) { a.ScopeID = all32 })
		other = netip.IPv4Unspecified()
	}
	fields["family"] = part(with(func(a *wire.EntityAddr) { a.IP = other }))
	return fields
}

func docStructures() map[string]docStructure {
	name := func(n *wire.EntityName) []byte { return n.Append(nil) }
	connect := func(c *wire.Connect) []byte { return c.Append(nil) }
	reply := func(r *wire.ConnectReply) []byte { return r.Append(nil) }
	header := func(h *wire.MessageHeader) []byte { return h.Append(nil) }
	old := func(h *wire.MessageHeaderOld) []byte { return h.Append(nil) }
	footer := func(f *wire.Footer) []byte { return f.Append(nil) }
	footerOld := func(f *wire.Footer) []byte { return f.AppendOld(nil) }
	type banner struct{ text, addr, peer []byte }
	banners := func(size int) func(*banner) []byte {
		return func(b *banner) []byte {
			out := append(make([]byte, 0, size), make([]byte, size)...)
			copy(out, b.text)
			copy(out[wire.BannerSize:], b.addr)
			copy(out[min(size, wire.BannerSize+wire.EntityAddrSize):], b.peer)
			return out
		}
	}
	ones := func(n int) []byte { return bytes.Repeat([]byte{0xff}, n) }
	server, client := banners(281), banners(145)
	type stamped struct {
		tag wire.Tag
		t   wire.Timespec
	}
	keepalive := func(s *stamped) []byte { return s.t.Append([]byte{byte(s.tag)}) }
	type acked struct {
		tag wire.Tag
		seq uint64
	}
	ack := func(a *acked) []byte { return wire.AppendSeq([]byte{byte(a.tag)}, a.seq) }

	legacy := func(ip netip.Addr) map[string]docField {
		fields := addressFields(ip, func(a wire.EntityAddr) []byte { return a.Append(nil) })
		fields["zeros"] = zero(docField{a: wire.EntityAddr{IP: ip}.Append(nil),
			b: wire.EntityAddr{IP: ip}.Append(nil)})
		fields["type"] = zero(docField{a: wire.EntityAddr{Type: wire.AddrLegacy,
			IP: ip}.Append(nil), b: wire.EntityAddr{Type: all32, IP: ip}.Append(nil)})
		return fields
	}
	addr2 := func(ip netip.Addr) map[string]docField {
		fields := addressFields(ip, func(a wire.EntityAddr) []byte {
			b := a.AppendAddr2(nil)
			if a.IP.Is4() != ip.Is4() { // another family has another length: keep the family alone
				same := wire.EntityAddr{Type: a.Type, IP: ip}.AppendAddr2(nil)
				copy(same[19:21], b[19:21])
				return same
			}
			return b
		})
		base := wire.EntityAddr{IP: ip}.AppendAddr2(nil)
		if ip.Is4() {
			fields["zeros"] = zero(docField{a: base, b: base})
		}
		for _, name := range []string{"marker", "struct_compat", "struct_len", "elen"} {
			fields[name] = docField{a: base, complains: name}
		}
		// only written, never looked at
		fields["struct_v"] = docField{a: base, b: change(base, 1, 0)}
		fields["type"] = docField{a: base, b: wire.EntityAddr{Type: all32, IP: ip}.AppendAddr2(nil)}
		return fields
	}
	v4, v6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()

	return map[string]docStructure{
		"entity_name": {wire.EntityNameSize, map[string]docField{
			"type": differ(name, func(n *wire.EntityName) { n.Type = 0xff }),
			"num":  differ(name, func(n *wire.EntityName) { n.Num = -1 }),
		}},
		"entity_addr, IPv4":  {wire.EntityAddrSize, legacy(v4)},
		"entity_addr, IPv6":  {wire.EntityAddrSize, legacy(v6)},
		"entity_addr2, IPv4": {35, addr2(v4)},
		"entity_addr2, IPv6": {47, addr2(v6)},
		"server_banner": {wire.BannerSize + 2*wire.EntityAddrSize, map[string]docField{
			"banner":    differ(server, func(b *banner) { b.text = wire.AppendBanner(nil) }),
			"addr":      differ(server, func(b *banner) { b.addr = ones(wire.EntityAddrSize) }),
			"peer_addr": differ(server, func(b *banner) { b.peer = ones(wire.EntityAddrSize) }),
		}},
		"client_banner": {wire.BannerSize + wire.EntityAddrSize, map[string]docField{
			"banner": differ(client, func(b *banner) { b.text = wire.AppendBanner(nil) }),
			"addr":   differ(client, func(b *banner) { b.addr = ones(wire.EntityAddrSize) }),
		}},
		"connect": {wire.ConnectSize, map[string]docField{
			"features": differ(connect, func(c *wire.Connect) { c.Features = all64 }),
			"host_type": part(differ(connect, func(c *wire.Connect) {
				c.HostType = 0xff
			})),
			"global_seq":  differ(connect, func(c *wire.Connect) { c.GlobalSeq = all32 }),
			"connect_seq": differ(connect, func(c *wire.Connect) { c.ConnectSeq = all32 }),
			"protocol_version": differ(connect, func(c *wire.Connect) {
				c.ProtocolVersion = all32
			}),
			"authorizer_protocol": differ(connect, func(c *wire.Connect) {
				c.AuthorizerProtocol = all32
			}),
			"authorizer_len": differ(connect, func(c *wire.Connect) {
				c.AuthorizerLen = all32
			}),
			"flags": differ(connect, func(c *wire.Connect) { c.Flags = 0xff }),
		}},
		"connect_reply": {wire.ConnectReplySize, map[string]docField{
			"tag":         differ(reply, func(r *wire.ConnectReply) { r.Tag = 0xff }),
			"features":    differ(reply, func(r *wire.ConnectReply) { r.Features = all64 }),
			"global_seq":  differ(reply, func(r *wire.ConnectReply) { r.GlobalSeq = all32 }),
			"connect_seq": differ(reply, func(r *wire.ConnectReply) { r.ConnectSeq = all32 }),
			"protocol_version": differ(reply, func(r *wire.ConnectReply) {
				r.ProtocolVersion = all32
			}),
			"authorizer_len": differ(reply, func(r *wire.ConnectReply) {
				r.AuthorizerLen = all32
			}),
			"flags": differ(reply, func(r *wire.ConnectReply) { r.Flags = 0xff }),
		}},
		"ACK": {1 + wire.SeqSize, map[string]docField{
			"tag": differ(ack, func(a *acked) { a.tag = wire.TagAck }),
			"seq": differ(ack, func(a *acked) { a.seq = all64 }),
		}},
		"KEEPALIVE2": {1 + wire.TimespecSize, map[string]docField{
			"tag":  differ(keepalive, func(s *stamped) { s.tag = wire.TagKeepalive2 }),
			"sec":  differ(keepalive, func(s *stamped) { s.t.Sec = all32 }),
			"nsec": differ(keepalive, func(s *stamped) { s.t.Nsec = all32 }),
		}},
		"message_header": {wire.MessageHeaderSize, map[string]docField{
			"seq":        differ(header, func(h *wire.MessageHeader) { h.Seq = all64 }),
			"tid":        differ(header, func(h *wire.MessageHeader) { h.TID = all64 }),
			"type":       differ(header, func(h *wire.MessageHeader) { h.Type = all16 }),
			"priority":   differ(header, func(h *wire.MessageHeader) { h.Priority = all16 }),
			"version":    differ(header, func(h *wire.MessageHeader) { h.Version = all16 }),
			"front_len":  differ(header, func(h *wire.MessageHeader) { h.FrontLen = all32 }),
			"middle_len": differ(header, func(h *wire.MessageHeader) { h.MiddleLen = all32 }),
			"data_len":   differ(header, func(h *wire.MessageHeader) { h.DataLen = all32 }),
			"data_off":   differ(header, func(h *wire.MessageHeader) { h.DataOff = all16 }),
			"src": differ(header, func(h *wire.MessageHeader) {
				h.Source = wire.EntityName{Type: 0xff, Num: -1}
			}),
			"compat_version": differ(header, func(h *wire.MessageHeader) {
				h.CompatVersion = all16
			}),
			"reserved": differ(header, func(h *wire.MessageHeader) { h.Reserved = all16 }),
			"crc":      differ(header, func(h *wire.MessageHeader) { h.CRC = all32 }),
		}},
		"message_header_old": {wire.MessageHeaderOldSize, map[string]docField{
			"seq":        differ(old, func(h *wire.MessageHeaderOld) { h.Seq = all64 }),
			"tid":        differ(old, func(h *wire.MessageHeaderOld) { h.TID = all64 }),
			"type":       differ(old, func(h *wire.MessageHeaderOld) { h.Type = all16 }),
			"priority":   differ(old, func(h *wire.MessageHeaderOld) { h.Priority = all16 }),
			"version":    differ(old, func(h *wire.MessageHeaderOld) { h.Version = all16 }),
			"front_len":  differ(old, func(h *wire.MessageHeaderOld) { h.FrontLen = all32 }),
			"middle_len": differ(old, func(h *wire.MessageHeaderOld) { h.MiddleLen = all32 }),
			"data_len":   differ(old, func(h *wire.MessageHeaderOld) { h.DataLen = all32 }),
			"data_off":   differ(old, func(h *wire.MessageHeaderOld) { h.DataOff = all16 }),
			"src": part(differ(old, func(h *wire.MessageHeaderOld) {
				h.Src.Name.Type, h.Src.Addr.Nonce = 0xff, all32
			})),
			"orig_src": part(differ(old, func(h *wire.MessageHeaderOld) {
				h.OrigSrc.Name.Type, h.OrigSrc.Addr.Nonce = 0xff, all32
			})),
			"reserved": differ(old, func(h *wire.MessageHeaderOld) { h.ReservedOld = all32 }),
			"crc":      differ(old, func(h *wire.MessageHeaderOld) { h.CRC = all32 }),
		}},
		"message_footer": {wire.FooterSize, map[string]docField{
			"front_crc":  differ(footer, func(f *wire.Footer) { f.FrontCRC = all32 }),
			"middle_crc": differ(footer, func(f *wire.Footer) { f.MiddleCRC = all32 }),
			"data_crc":   differ(footer, func(f *wire.Footer) { f.DataCRC = all32 }),
			"sig":        differ(footer, func(f *wire.Footer) { f.Signature = all64 }),
			"flags":      differ(footer, func(f *wire.Footer) { f.Flags = 0xff }),
		}},
		"message_footer_old": {wire.FooterOldSize, map[string]docField{
			"front_crc":  differ(footerOld, func(f *wire.Footer) { f.FrontCRC = all32 }),
			"middle_crc": differ(footerOld, func(f *wire.Footer) { f.MiddleCRC = all32 }),
			"data_crc":   differ(footerOld, func(f *wire.Footer) { f.DataCRC = all32 }),
			"flags":      differ(footerOld, func(f *wire.Footer) { f.Flags = 0xff }),
		}},
	}
}
