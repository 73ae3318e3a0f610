package lab1

import (
	"math"
	"net/netip"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

var nameCodec = codec[structures.Name]{question: "entity_name", name: "entity_name",
	layout: always[structures.Name](structures.NameLayout),
	encode: structures.Name.Bytes, decode: structures.DecodeName,
	why: "Integers are little endian, and nothing stands between them."}

// names asks for entity_name.
func names(s *grade.Session) error {
	for _, n := range []structures.Name{{Type: 8, Num: 4711}, {Type: 1}, {Type: 4, Num: 1 << 40},
		{Type: 8, Num: -1}, {Type: 16, Num: s.Random.Int64()}} {
		if err := nameCodec.both(s, "somebody", n); err != nil {
			return err
		}
	}
	return nameCodec.vectors(s, "entity_name")
}

var addrCodec = codec[structures.Addr]{question: "entity_addr", name: "entity_addr",
	layout: structures.Addr.Layout,
	encode: structures.Addr.Bytes, decode: structures.DecodeAddr,
	why: "Family and port are big endian, as the sockets interface has them; all else is little " +
		"endian. An address has 136 bytes, whatever is in it."}

// addrs asks for addresses of one family, and of none.
func addrs(v6 bool) func(*grade.Session) error {
	return func(s *grade.Session) error {
		some := []structures.Addr{{Nonce: 1, Port: 6789, IP: netip.MustParseAddr("10.1.2.3")},
			{}, {Nonce: 0x01020304}, {IP: netip.MustParseAddr("0.0.0.0")},
			{Nonce: s.Random.Uint32(), Port: uint16(s.Random.Uint32()), IP: ipv4(s)}}
		if v6 {
			some = []structures.Addr{
				{Nonce: 1, Port: 6789, IP: netip.MustParseAddr("2001:db8::1")},
				{Nonce: 2, Port: 0x0102, IP: netip.MustParseAddr("fe80::1"), ScopeID: 3},
				{IP: netip.MustParseAddr("::")}, {Nonce: s.Random.Uint32(),
					Port: uint16(s.Random.Uint32()), IP: ipv6(s), FlowInfo: s.Random.Uint32(),
					ScopeID: s.Random.Uint32()}}
		}
		for _, a := range some {
			if err := addrCodec.both(s, "the messenger "+a.String(), a); err != nil {
				return err
			}
		}
		for _, v := range structures.Vectors("entity_addr") {
			a, err := structures.DecodeAddr(v.Hex.Bytes())
			if err != nil {
				return err
			}
			if a.IP.Is6() != v6 {
				continue
			}
			if err := addrCodec.both(s, v.Name+" ("+v.Source+")", a); err != nil {
				return err
			}
		}
		return nil
	}
}

func ipv4(s *grade.Session) netip.Addr {
	n := s.Random.Uint32()
	return netip.AddrFrom4([4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

func ipv6(s *grade.Session) netip.Addr {
	b := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	for i := 4; i < len(b); i++ {
		b[i] = byte(s.Random.Uint32())
	}
	return netip.AddrFrom16(b)
}

const bannerWhy = "The banner is nine bytes, `ceph v027`, with nothing behind it: no newline, no " +
	"zero. Then come whole addresses of 136 bytes each, the speaker's own first."

var (
	serverBannerCodec = codec[structures.ServerBanner]{question: "server_banner",
		name: "server_banner", layout: structures.ServerBanner.Layout, why: bannerWhy,
		encode: structures.ServerBanner.Bytes, decode: structures.DecodeServerBanner}
	clientBannerCodec = codec[structures.ClientBanner]{question: "client_banner",
		name: "client_banner", layout: structures.ClientBanner.Layout, why: bannerWhy,
		encode: structures.ClientBanner.Bytes, decode: structures.DecodeClientBanner}
)

// banners asks for what each side says first.
func banners(s *grade.Session) error {
	if err := clientBannerCodec.vectors(s, "client_banner"); err != nil {
		return err
	}
	if err := serverBannerCodec.vectors(s, "server_banner"); err != nil {
		return err
	}
	right := structures.ClientBanner{}.Bytes()
	for _, wrong := range []string{"ceph v028", "ceph v2\n\x10", "SSH-2.0-O", "CEPH V027"} {
		b := append([]byte(wrong), right[len(wrong):]...)
		if err := clientBannerCodec.refused(s, "they begin with "+text(wrong), b,
			"Who does not begin with `ceph v027` does not speak this protocol."); err != nil {
			return err
		}
	}
	return nil
}

var connectCodec = codec[structures.Connect]{question: "connect", name: "connect message",
	layout: always[structures.Connect](structures.ConnectLayout),
	encode: structures.Connect.Bytes, decode: structures.DecodeConnect,
	why: "The fields stand one behind the other without padding, in the order of the table, and " +
		"features have 64 bits. The last one, flags, is a single byte."}

// connects asks for connect messages.
func connects(s *grade.Session) error {
	c := structures.Connect{Features: math.MaxUint64 - 1, HostType: 1, GlobalSeq: 2, ConnectSeq: 3,
		ProtocolVersion: 4, AuthorizerProtocol: 5, AuthorizerLen: 6, Flags: 7}
	if err := connectCodec.both(s, "numbers that count up", c); err != nil {
		return err
	}
	return connectCodec.vectors(s, "connect")
}

var replyCodec = codec[structures.Reply]{question: "connect_reply", name: "connect_reply",
	layout: always[structures.Reply](structures.ReplyLayout),
	encode: structures.Reply.Bytes, decode: structures.DecodeReply,
	why: "The tag is one byte, so that the features behind it begin at offset 1: nothing is " +
		"aligned here."}

// replies asks for connect replies.
func replies(s *grade.Session) error {
	r := structures.Reply{Tag: 1, Features: 0x0807060504030201, GlobalSeq: 2, ConnectSeq: 3,
		ProtocolVersion: 4, AuthorizerLen: 5, Flags: 6}
	if err := replyCodec.both(s, "numbers that count up", r); err != nil {
		return err
	}
	return replyCodec.vectors(s, "connect_reply")
}
