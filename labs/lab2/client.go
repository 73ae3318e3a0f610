package lab2

import (
	"fmt"
	"math"
	"net/netip"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

// Features as two releases offer them.
const (
	features14 = uint64(wire.FeaturesSupported)
	features16 = 0x3f01cfbdfffdffff
)

func ip(text string) netip.Addr { return netip.MustParseAddr(text) }

var (
	monitor = structures.Addr{Port: 6789, IP: ip("10.0.0.1")}
	daemon  = structures.Addr{Nonce: 4711, Port: 6801, IP: ip("10.0.0.2")}
	seen    = structures.Addr{Port: 50123, IP: ip("10.0.0.2")}
)

// usual is a client that connects for the first time.
func usual() clientConfig {
	return clientConfig{Own: daemon, Peer: monitor, HostType: uint32(wire.EntityOSD),
		Features: features14, ProtocolVersion: wire.MonServiceProtocolVersion, GlobalSeq: 7}
}

// again is one that goes on with a session.
func again() clientConfig {
	c := usual()
	c.ConnectSeq, c.GlobalSeq, c.InSeq = 4, 21, 99
	return c
}

// client begins a script up to the first connect message. announced is the address that the server
// says is its own, own the one that the client should say.
func client(what string, c clientConfig, announced, own structures.Addr) *script {
	s := &script{what: what, side: "client", config: c}
	return s.add(turn{says: "the server's banner and two addresses",
		input: structures.ServerBanner{Addr: announced, PeerAddr: seen}.Bytes(),
		send:  c.hello(own), layout: c.helloLayout(own), connectAt: structures.ClientBannerSize,
		leastGlobal: c.GlobalSeq, why: "Once the server's 281 bytes are there, the client says " +
			"banner, address, connect and authorizer, in one go."})
}

// hello is what a client says first: banner, address, connect, authorizer.
func (c clientConfig) hello(own structures.Addr) []byte {
	b := append(structures.ClientBanner{Addr: own}.Bytes(), c.connect().Bytes()...)
	return append(b, c.Authorizer.Bytes()...)
}

func (c clientConfig) helloLayout(own structures.Addr) grade.Layout {
	return structures.Join(structures.ClientBanner{Addr: own}.Layout(), c.connectLayout())
}

func (c clientConfig) connectLayout() grade.Layout {
	return structures.Join(structures.ConnectLayout,
		grade.Layout{{"authorizer", c.Authorizer.Size()}})
}

// started is a script whose client has sent its connect message.
func started(what string, c clientConfig) *script { return client(what, c, c.Peer, c.Own) }

// reply appends a reply, with bytes behind it, that leads to events.
func (s *script) reply(r structures.Reply, behind []byte, why string, events ...event) *script {
	return s.add(turn{says: describe(r, behind), input: append(r.Bytes(), behind...),
		connectAt: -1, events: events, why: why})
}

// retry appends a reply that leads to another connect message, with these numbers.
func (s *script) retry(r structures.Reply, behind []byte, connectSeq, leastGlobal uint32,
	why string, events ...event) *script {
	c, _ := s.config.(clientConfig)
	c.ConnectSeq = connectSeq
	s.reply(r, behind, why, events...)
	t := &s.turns[len(s.turns)-1]
	t.send, t.layout = append(c.connect().Bytes(), c.Authorizer.Bytes()...), c.connectLayout()
	t.connectAt, t.leastGlobal = 0, leastGlobal
	return s
}

// describe says in words what a reply is.
func describe(r structures.Reply, behind []byte) string {
	text := fmt.Sprintf("a connect_reply: %v, features %#x, global_seq %d, connect_seq %d, "+
		"protocol_version %d, authorizer_len %d, flags %d", wire.Tag(r.Tag), r.Features,
		r.GlobalSeq, r.ConnectSeq, r.ProtocolVersion, r.AuthorizerLen, r.Flags)
	if len(behind) > 0 {
		text += fmt.Sprintf(", and %d bytes behind it", len(behind))
	}
	return text
}

// answer is a reply of the usual server.
func answer(tag wire.Tag, change func(*structures.Reply)) structures.Reply {
	r := structures.Reply{Tag: uint8(tag), Features: features14,
		ProtocolVersion: wire.MonServiceProtocolVersion}
	if change != nil {
		change(&r)
	}
	return r
}

// ready is an answer that opens the connection with that number.
func ready(tag wire.Tag, connectSeq uint32) structures.Reply {
	return answer(tag, func(r *structures.Reply) { r.ConnectSeq, r.GlobalSeq = connectSeq, 33 })
}

// opens is the event of a session that such an answer opens.
func opens(connectSeq uint32) event {
	return event{Kind: kindOpen, Open: opened{ConnectSeq: connectSeq, PeerGlobalSeq: 33,
		Features: features14}}
}

var fault = event{Kind: kindFault}

// silent checks that a machine that has ended says and tells nothing more.
func (s *script) silent() *script {
	return s.add(turn{says: "more bytes, after its fault", input: ready(wire.TagReady, 1).Bytes(),
		connectAt: -1, why: "After a fault the machine is at its end, whatever comes."})
}

// clientBanner asks for the exchange of banners.
func clientBanner(s *grade.Session) error {
	blank, zero, credentials := usual(), usual(), usual()
	blank.Own = structures.Addr{Nonce: 4711}
	zero.Own = structures.Addr{Nonce: 4711, Port: 6801, IP: ip("0.0.0.0")}
	credentials.AuthorizerProtocol = wire.AuthNone
	credentials.Authorizer = structures.HexOf([]byte("eighteen bytes now"))
	six := usual()
	six.Own, six.Peer = structures.Addr{Nonce: 5, Port: 6802, IP: ip("2001:db8::2")},
		structures.Addr{Nonce: 9, Port: 6800, IP: ip("2001:db8::1")}
	lossy := usual()
	lossy.Lossy = true
	hidden := monitor
	hidden.IP = ip("0.0.0.0")
	scripts := []*script{
		started("a first connect message", usual()),
		started("one that would like to be lossy", lossy),
		started("over IPv6", six),
		started("with an authorizer", credentials),
		client("own address without a family", blank, monitor,
			structures.Addr{Nonce: 4711, IP: seen.IP}),
		client("own address 0.0.0.0", zero, monitor, daemon),
		client("a server that does not know its own IP", usual(), hidden, daemon),
	}
	for _, t := range []int{4, 5} { // those that learn their address
		scripts[t].turns[0].why = "An address without an IP gets the one that the server sees, " +
			"and keeps its own port and nonce: those of the socket mean nothing."
	}
	scripts[6].turns[0].why = "A server that does not know its own IP announces a blank one. " +
		"Then port and nonce decide whether it is who was called."
	return play(s, scripts...)
}

// strangers asks what a client does when somebody else answers.
func strangers(s *grade.Session) error {
	var scripts []*script
	for _, banner := range []string{"SSH-2.0-O", "ceph v026", "ceph v2\n\x10"} {
		scripts = append(scripts, (&script{what: fmt.Sprintf("the banner %q", banner),
			side: "client", config: usual()}).add(turn{says: fmt.Sprintf("%q", banner),
			input: []byte(banner), early: true, connectAt: -1, events: []event{fault},
			why: "After nine bytes it is clear that this is no server of the protocol. Who " +
				"waits for 281 of them waits for ever."}).silent())
	}
	for _, announced := range []structures.Addr{
		{Nonce: 1, Port: monitor.Port, IP: monitor.IP},
		{Port: 6790, IP: monitor.IP},
		{Port: monitor.Port, IP: ip("10.0.0.9")},
		{Nonce: 1, Port: monitor.Port, IP: ip("0.0.0.0")}, // a blank IP does not excuse the nonce
	} {
		scripts = append(scripts, (&script{what: "a server that announces " + announced.String(),
			side: "client", config: usual()}).add(turn{says: "the banner of " + announced.String(),
			input:     structures.ServerBanner{Addr: announced, PeerAddr: seen}.Bytes(),
			connectAt: -1, early: true, events: []event{fault}, why: "The client has called " +
				monitor.String() + ". Somebody else who has taken over the port must not get " +
				"the messages that are meant for it: the announced address is compared, " +
				"nonce included."}).silent())
	}
	return play(s, scripts...)
}

// clientReady asks for READY.
func clientReady(s *grade.Session) error {
	old, wish, required := usual(), usual(), usual()
	old.Features = features16
	wish.Lossy = true
	required.Required = uint64(wire.FeatureMsgAuth)
	lossy := ready(wire.TagReady, 1)
	lossy.Flags = 1
	fewer := ready(wire.TagReady, 1)
	fewer.Features = 0x82
	few, isLossy, both := opens(1), opens(1), opens(1)
	few.Open.Features, isLossy.Open.Lossy = 0x82, true
	both.Open.Features = features14 & features16
	first := []byte{byte(wire.TagKeepalive)}
	withBytes := started("a first frame right behind the answer", usual()).
		reply(ready(wire.TagReady, 1), first, "What comes behind the handshake belongs to the "+
			"session. It is told with the event bytes, and not lost.", opens(1),
			event{Kind: kindBytes, Bytes: structures.HexOf(first)})
	withBytes.turns[1].early = true
	proof := ready(wire.TagReady, 1)
	proof.AuthorizerLen = 36
	missing := ready(wire.TagReady, 1)
	missing.Features &^= uint64(wire.FeatureMsgAuth)
	const number = "READY carries the connect_seq of the client plus one. Any other number " +
		"means that the two do not speak of the same connection."
	return play(s,
		started("READY", usual()).reply(ready(wire.TagReady, 1), nil,
			"The session is open, with the connect_seq of the answer.", opens(1)),
		started("READY to connect_seq 4", again()).reply(ready(wire.TagReady, 5), nil, number,
			opens(5)),
		started("READY, lossy", usual()).reply(lossy, nil, lossyWhy, isLossy),
		started("READY, not lossy, to who would like to be", wish).
			reply(ready(wire.TagReady, 1), nil, lossyWhy, opens(1)),
		started("READY of who offers less", usual()).reply(fewer, nil, "The session has the "+
			"features that both offer.", few),
		started("READY for who offers less", old).reply(ready(wire.TagReady, 1), nil,
			"The session has the features that both offer.", both),
		withBytes,
		started("READY with an authorizer reply", usual()).reply(proof, make([]byte, 36),
			"authorizer_len bytes follow the reply and belong to it: only then it is complete.",
			opens(1)),
		started("READY with the same connect_seq", again()).reply(ready(wire.TagReady, 4), nil,
			number, fault).silent(),
		started("READY without a required feature", required).reply(missing, nil,
			"The client may require features too.", fault).silent())
}

const lossyWhy = "Whether the session is lossy is for the server to say; the client's flag is a " +
	"wish."

// clientSeq asks for SEQ.
func clientSeq(s *grade.Session) error {
	const why = "After SEQ the server's in_seq follows, the client answers with its own in 8 " +
		"bytes, and only then the session is open."
	seq := func(what string, c clientConfig, in uint64) *script {
		e := opens(c.ConnectSeq + 1)
		e.Open.Seq, e.Open.PeerInSeq = true, in
		s := started(what, c).reply(ready(wire.TagSeq, c.ConnectSeq+1), wire.AppendSeq(nil, in),
			why, e)
		s.turns[1].send = wire.AppendSeq(nil, c.InSeq)
		s.turns[1].layout = grade.Layout{{"in_seq", wire.SeqSize}}
		return s
	}
	behind := seq("SEQ, and a frame behind it", again(), 3)
	behind.turns[1].input = append(behind.turns[1].input, byte(wire.TagKeepalive))
	behind.turns[1].events = append(behind.turns[1].events,
		event{Kind: kindBytes, Bytes: structures.HexOf([]byte{byte(wire.TagKeepalive)})})
	behind.turns[1].early = true
	return play(s, seq("SEQ", again(), 12), seq("SEQ at the first connection", usual(), 0),
		seq("SEQ with large numbers", again(), math.MaxUint64-1), behind,
		started("SEQ with a wrong connect_seq", again()).
			reply(ready(wire.TagSeq, 9), wire.AppendSeq(nil, 1), why, fault).silent().early(1))
}

// early allows that something comes of a turn before its last byte.
func (s *script) early(n int) *script {
	s.turns[n].early = true
	return s
}

// refusals asks for the answers that end an attempt.
func refusals(s *grade.Session) error {
	scripts := []*script{}
	for _, tag := range []wire.Tag{wire.TagFeatures, wire.TagBadProtoVer, wire.TagBadAuthorizer,
		wire.TagChallengeAuthorizer, wire.TagMsg, 0, 200} {
		scripts = append(scripts, started("the answer "+tag.String(), usual()).
			reply(answer(tag, nil), nil, "It ends the attempt with a fault: this client has no "+
				"credentials to try instead, and what is no answer is a broken peer.", fault).
			silent())
	}
	huge := answer(wire.TagReady, func(r *structures.Reply) {
		r.ConnectSeq, r.AuthorizerLen = 1, math.MaxUint32
	})
	scripts = append(scripts, started("an authorizer reply of 4 GiB", usual()).reply(huge, nil,
		"More than 64 KiB of authorizer nobody has. The claim alone is the fault: who waits for "+
			"these bytes waits for ever, or until memory ends.", fault).silent())
	return play(s, scripts...)
}
