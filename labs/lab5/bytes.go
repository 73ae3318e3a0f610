package lab5

import (
	"encoding/hex"
	"fmt"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// The layouts of what is on the wire.
var (
	addrLayout = grade.Layout{{"type", 4}, {"nonce", 4}, {"family", 2}, {"port", 2}, {"ip", 4},
		{"zeros", 120}}
	clientLayout  = append(grade.Layout{{"banner", 9}}, addrLayout...)
	serverLayout  = append(append(grade.Layout{}, clientLayout...), addrLayout...)
	connectLayout = grade.Layout{{"features", 8}, {"host_type", 4}, {"global_seq", 4},
		{"connect_seq", 4}, {"protocol_version", 4}, {"authorizer_protocol", 4},
		{"authorizer_len", 4}, {"flags", 1}}
	replyLayout = grade.Layout{{"tag", 1}, {"features", 8}, {"global_seq", 4}, {"connect_seq", 4},
		{"protocol_version", 4}, {"authorizer_len", 4}, {"flags", 1}}
	messageLayout = grade.Layout{{"tag", 1}, {"seq", 8}, {"tid", 8}, {"type", 2}, {"priority", 2},
		{"version", 2}, {"front_len", 4}, {"middle_len", 4}, {"data_len", 4}, {"data_off", 2},
		{"src.type", 1}, {"src.num", 8}, {"compat_version", 2}, {"reserved", 2}, {"crc", 4},
		{"front", 5}, {"middle", 3}, {"data", 8}, {"front_crc", 4}, {"middle_crc", 4},
		{"data_crc", 4}, {"sig", 8}, {"flags", 1}}
)

type greetings struct {
	Own  addr `json:"own"`
	Peer addr `json:"peer"`
}

// bytes asks for what labs 1 and 2 were about.
func bytes(s *grade.Session) error {
	for _, ask := range []func(*grade.Session) error{greetAll, order, handshake, wholeMessage} {
		if err := ask(s); err != nil {
			return err
		}
	}
	return nil
}

func greetAll(s *grade.Session) error {
	server := addr{"10.0.0.1", 6800, 0x01020304}
	client := addr{"10.0.0.2", 0, uint32(s.Random.Uint64N(1 << 32))}
	hello := client.wire().Append(wire.AppendBanner(nil))
	full := client.wire().Append(server.wire().Append(wire.AppendBanner(nil)))
	why := "Integers are little endian, but family and port keep the order of sockets."
	var got string
	if err := s.Ask("client_greeting", greetings{Own: client}, &got); err != nil {
		return err
	}
	if err := grade.Compare(fmt.Sprintf("the greeting of the client %+v", client), clientLayout,
		hello, got, why); err != nil {
		return err
	}
	if err := s.Ask("server_greeting", greetings{server, client}, &got); err != nil {
		return err
	}
	if err := grade.Compare(fmt.Sprintf("the greeting of the server %+v, which sees %+v", server,
		client), serverLayout, full, got, why); err != nil {
		return err
	}
	var read greetings
	if err := s.Ask("read_server_greeting", hex.EncodeToString(full), &read); err != nil {
		return err
	}
	if want := (greetings{server, client}); read != want {
		return &grade.Story{Asked: fmt.Sprintf("read the server's greeting %x", full),
			Expected: fmt.Sprintf("%+v", want), Got: fmt.Sprintf("%+v", read)}
	}
	var one addr
	if err := s.Ask("read_client_greeting", hex.EncodeToString(hello), &one); err != nil {
		return err
	}
	if one != client {
		return &grade.Story{Asked: fmt.Sprintf("read the client's greeting %x", hello),
			Expected: fmt.Sprintf("%+v", client), Got: fmt.Sprintf("%+v", one)}
	}
	return nil
}

// order asks which address is the lower one.
func order(s *grade.Session) error {
	for _, g := range []greetings{
		{lowerAddr, higherAddr},
		{addr{"10.0.0.1", 6800, 0}, addr{"10.0.0.1", 6801, 0}},
		{addr{"10.0.0.9", 6800, 7}, addr{"10.0.0.1", 6801, 7}},
		{addr{"10.0.0.1", 6800, 7}, addr{"10.0.0.200", 6800, 7}},
		{addr{"10.0.0.1", 0x0200, 7}, addr{"10.0.0.1", 0x1001, 7}},
	} {
		for _, ask := range []greetings{g, {g.Peer, g.Own}} {
			var got bool
			if err := s.Ask("lower", ask, &got); err != nil {
				return err
			}
			if want := ask.Own.wire().Compare(ask.Peer.wire()) < 0; got != want {
				return &grade.Story{Asked: fmt.Sprintf("is %+v lower than %+v?", ask.Own, ask.Peer),
					Expected: fmt.Sprint(want), Got: fmt.Sprint(got),
					Why: "Addresses compare as bytes of the structure in memory: nonce (its lowest " +
						"byte first), family, port, IP. See protocol.md, text and order."}
			}
		}
	}
	return nil
}

func handshake(s *grade.Session) error {
	c := wire.Connect{Features: wire.FeaturesSupported, HostType: wire.EntityOSD, GlobalSeq: 7,
		ConnectSeq: 2, ProtocolVersion: osdVersion, AuthorizerProtocol: 1, AuthorizerLen: 18,
		Flags: wire.FlagLossy}
	var got string
	if err := s.Ask("connect", map[string]any{"features": c.Features, "host_type": 4,
		"global_seq": 7, "connect_seq": 2, "protocol_version": osdVersion,
		"authorizer_protocol": 1, "authorizer_len": 18, "flags": 1}, &got); err != nil {
		return err
	}
	if err := grade.Compare("a connect message", connectLayout, c.Append(nil), got,
		"33 bytes, little endian, without gaps."); err != nil {
		return err
	}
	r := wire.ConnectReply{Tag: wire.TagSeq, Features: wire.FeaturesSupported, GlobalSeq: 9,
		ConnectSeq: 3, ProtocolVersion: osdVersion, Flags: wire.FlagLossy}
	if err := s.Ask("reply", map[string]any{"tag": uint8(wire.TagSeq), "features": r.Features,
		"global_seq": 9, "connect_seq": 3, "protocol_version": osdVersion, "authorizer_len": 0,
		"flags": 1}, &got); err != nil {
		return err
	}
	return grade.Compare("a connect_reply", replyLayout, r.Append(nil), got,
		"26 bytes, little endian, without gaps.")
}

func wholeMessage(s *grade.Session) error {
	m := message{Type: 1000, TID: 77, Priority: 196, Version: 3, Front: digits("front"),
		Middle: digits("mid"), Data: digits("data8888")}
	var got string
	if err := s.Ask("message", map[string]any{"message": m, "seq": 5, "src_type": 4,
		"src_num": 3}, &got); err != nil {
		return err
	}
	return grade.Compare("a message with seq 5 from osd.3", messageLayout, m.frame(5, wire.OSD(3)),
		got, "The crc is CRC-32C that begins with 0 and is not inverted at either end; that of "+
			"the header covers the 49 bytes before it, without the tag.")
}
