package lab2

import (
	"fmt"
	"math"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

// door is the usual server: a monitor.
func door() serverConfig {
	return serverConfig{Own: monitor, Socket: seen, Features: features14,
		ProtocolVersion: wire.MonServiceProtocolVersion, GlobalSeq: 33}
}

// server begins a script of a server machine.
func server(what string, c serverConfig) *script {
	return &script{what: what, side: "server", config: c,
		start: structures.ServerBanner{Addr: c.Own, PeerAddr: c.Socket}.Bytes()}
}

// hello appends what a client says first, which leads to the event connect with that address.
func (s *script) hello(c clientConfig, registered structures.Addr, why string) *script {
	return s.add(turn{says: "the client's banner, its address " + c.Own.String() +
		" and a connect message", input: c.hello(c.Own), connectAt: -1, why: why,
		events: []event{{Kind: kindConnect, Peer: registered, Connect: c.connect()}}})
}

// connect appends a further connect message.
func (s *script) connect(c clientConfig, why string) *script {
	return s.add(turn{says: "another connect message on the same socket",
		input: append(c.connect().Bytes(), c.Authorizer.Bytes()...), connectAt: -1, why: why,
		events: []event{{Kind: kindConnect, Peer: c.Own, Connect: c.connect()}}})
}

// answers appends a verdict and the reply to which it leads.
func (s *script) answers(v verdict, r structures.Reply, why string, events ...event) *script {
	return s.add(turn{says: fmt.Sprintf("the verdict %v (resume %t, connect_seq %d, global_seq "+
		"%d, in_seq %d)", wire.Tag(v.Tag), v.Resume, v.ConnectSeq, v.GlobalSeq, v.InSeq),
		verdict: &v, send: r.Bytes(), layout: structures.ReplyLayout, connectAt: -1,
		events: events, why: why})
}

const serverWhy = "Once banner, address, connect message and authorizer are all there, the event " +
	"connect tells who wants what."

// serverBanner asks for the exchange of banners at the server.
func serverBanner(s *grade.Session) error {
	blank, zero := usual(), usual()
	blank.Own = structures.Addr{Nonce: 4711}
	zero.Own = structures.Addr{Nonce: 4711, Port: 6801, IP: ip("0.0.0.0")}
	const blankWhy = "A client that does not know its IP is known by that of the socket, with " +
		"its own port and nonce."
	wrong := server("a client of another protocol", door()).add(turn{says: `"GET / HTT"`,
		input: []byte("GET / HTT"), early: true, connectAt: -1, events: []event{fault},
		why: "After nine bytes it is clear that this is no client of the protocol."}).silent()
	return play(s,
		server("a client that knows its address", door()).hello(usual(), daemon, serverWhy),
		server("a client without a family", door()).
			hello(blank, structures.Addr{Nonce: 4711, IP: seen.IP}, blankWhy),
		server("a client that says 0.0.0.0", door()).hello(zero, daemon, blankWhy), wrong)
}

// authorizers asks what a server does with the bytes behind a connect message.
func authorizers(s *grade.Session) error {
	some, largest, huge := usual(), usual(), usual()
	some.AuthorizerProtocol = wire.AuthNone
	some.Authorizer = structures.HexOf([]byte("eighteen bytes now"))
	largest.Authorizer = structures.HexOf(make([]byte, maxAuthorizer))
	claim := func(size uint32) []byte {
		c := huge.connect()
		c.AuthorizerLen = size
		return append(structures.ClientBanner{Addr: huge.Own}.Bytes(), c.Bytes()...)
	}
	const lie = "authorizer_len is a claim. More than 64 KiB is a fault as soon as the connect " +
		"message is there, and memory is taken for what comes, not for what is announced."
	var lies []*script
	for _, size := range []uint32{math.MaxUint32, maxAuthorizer + 1} {
		lies = append(lies, server(fmt.Sprintf("a client that announces %d bytes of authorizer",
			size), door()).add(turn{says: "banner, address and connect message, and no authorizer",
			input: claim(size), connectAt: -1, events: []event{fault}, why: lie}).silent())
	}
	waiting := server("an authorizer that is still to come", door()).add(turn{
		says:  "banner, address and a connect message that announces 64 KiB of authorizer",
		input: claim(maxAuthorizer), connectAt: -1, why: serverWhy})
	if err := play(s, server("an authorizer", door()).hello(some, daemon, serverWhy),
		waiting); err != nil {
		return err
	}
	if err := play(s, lies...); err != nil {
		return err
	}
	return playIn(s, ways[:1], server("an authorizer of 64 KiB", door()).
		hello(largest, daemon, serverWhy))
}

// maxAuthorizer is how long an authorizer, and the reply to one, may be. README.md says so.
const maxAuthorizer = 64 << 10

// serverReplies asks for the fields of each reply.
func serverReplies(s *grade.Session) error {
	old := usual()
	old.Features = 0x82
	lossy, demanding := door(), door()
	lossy.Lossy, demanding.Required = true, uint64(wire.FeatureMsgAuth|wire.FeatureReconnectSeq)
	const openWhy = "READY carries all features that the server offers, its own global_seq, the " +
		"client's connect_seq plus one, and whether the session is lossy."
	const otherWhy = "In a reply that does not open a session, features are those that both " +
		"offer. A number that is not for the tag is 0, and so are the flags."
	scripts := []*script{
		server("READY", door()).hello(usual(), daemon, serverWhy).
			answers(verdict{Tag: newVerdict}, opening(wire.TagReady, 1, 0), openWhy,
				open(usual(), opened{})),
		server("READY to a client with fewer features", door()).hello(old, daemon, serverWhy).
			answers(verdict{Tag: newVerdict}, opening(wire.TagReady, 1, 0), openWhy,
				open(old, opened{})),
		server("READY, lossy", lossy).hello(usual(), daemon, serverWhy).
			answers(verdict{Tag: newVerdict}, opening(wire.TagReady, 1, 1), openWhy,
				open(usual(), opened{Lossy: true})),
	}
	for _, v := range []verdict{{Tag: uint8(wire.TagResetSession)},
		{Tag: uint8(wire.TagRetrySession), ConnectSeq: 8},
		{Tag: uint8(wire.TagRetryGlobal), GlobalSeq: 1000}, {Tag: uint8(wire.TagWait)}} {
		r := structures.Reply{Tag: v.Tag, Features: 0x82, ConnectSeq: v.ConnectSeq,
			GlobalSeq: v.GlobalSeq, ProtocolVersion: wire.MonServiceProtocolVersion}
		scripts = append(scripts, server(wire.Tag(v.Tag).String(), lossy).
			hello(old, daemon, serverWhy).answers(v, r, otherWhy))
	}
	scripts = append(scripts, resumed()...)
	return play(s, append(scripts, own(demanding)...)...)
}

// opening is a reply that opens the session.
func opening(tag wire.Tag, connectSeq uint32, flags uint8) structures.Reply {
	r := ready(tag, connectSeq)
	r.Flags = flags
	return r
}

// open is the event of a session that the usual server has opened for a client.
func open(c clientConfig, o opened) event {
	o.ConnectSeq, o.PeerGlobalSeq = c.ConnectSeq+1, c.GlobalSeq
	o.Features = c.Features & features14
	return event{Kind: kindOpen, Open: o}
}

// newVerdict is the tag of every verdict that opens.
const newVerdict = uint8(wire.TagReady)

// resumed are sessions that go on.
func resumed() []*script {
	const seqWhy = "A verdict to resume is SEQ if both sides have the feature RECONNECT_SEQ, and " +
		"READY if not. After SEQ comes the server's in_seq, and the session is open when the " +
		"client's is there."
	goesOn := again()
	seq := server("resume", door()).hello(goesOn, daemon, serverWhy).
		answers(verdict{Tag: newVerdict, Resume: true, InSeq: 77}, opening(wire.TagSeq, 5, 0),
			seqWhy).add(turn{says: "the client's in_seq, 99", input: wire.AppendSeq(nil, 99),
		connectAt: -1, why: seqWhy, events: []event{open(goesOn, opened{Seq: true,
			PeerInSeq: 99})}})
	seq.turns[1].send = wire.AppendSeq(seq.turns[1].send, 77)
	seq.turns[1].layout = structures.Join(structures.ReplyLayout,
		grade.Layout{{"in_seq", wire.SeqSize}})
	behind := server("a frame behind the client's in_seq", door()).hello(goesOn, daemon, serverWhy)
	behind.turns = append(behind.turns, seq.turns[1], seq.turns[2])
	last := &behind.turns[2]
	last.input = append(append([]byte(nil), last.input...), byte(wire.TagClose))
	last.events = append(append([]event(nil), last.events...), event{Kind: kindBytes,
		Bytes: structures.HexOf([]byte{byte(wire.TagClose)})})
	last.early = true
	noSeq := usual()
	noSeq.Features &^= uint64(wire.FeatureReconnectSeq)
	return []*script{seq, behind, server("resume, without RECONNECT_SEQ", door()).
		hello(noSeq, daemon, serverWhy).answers(verdict{Tag: newVerdict, Resume: true, InSeq: 7},
		opening(wire.TagReady, 1, 0), seqWhy, open(noSeq, opened{}))}
}

// own are the answers that a server gives without asking anybody, and what comes after them.
func own(demanding serverConfig) []*script {
	const why = "Protocol version and required features are looked at by the server itself, in " +
		"this order, before anybody is asked; the client may try again on the same socket."
	reply := func(tag wire.Tag, features uint64) structures.Reply {
		return structures.Reply{Tag: uint8(tag), Features: features,
			ProtocolVersion: wire.MonServiceProtocolVersion}
	}
	refuse := func(s *script, c clientConfig, r structures.Reply) *script {
		s.hello(c, c.Own, why)
		last := &s.turns[len(s.turns)-1]
		last.events, last.send, last.layout = nil, r.Bytes(), structures.ReplyLayout
		return s
	}
	version, few, both := usual(), usual(), usual()
	version.ProtocolVersion, both.ProtocolVersion = 14, 14
	few.Features, both.Features = 3, 3
	return []*script{
		refuse(server("another protocol version", door()), version,
			reply(wire.TagBadProtoVer, features14)).connect(usual(), why),
		refuse(server("features that are missing", demanding), few,
			reply(wire.TagFeatures, 3|demanding.Required)).connect(usual(), why),
		refuse(server("both", demanding), both,
			reply(wire.TagBadProtoVer, 3|demanding.Required)),
		server("another connect message after RETRY_GLOBAL", door()).
			hello(usual(), daemon, serverWhy).
			answers(verdict{Tag: uint8(wire.TagRetryGlobal), GlobalSeq: 40},
				answer(wire.TagRetryGlobal, func(r *structures.Reply) { r.GlobalSeq = 40 }),
				"After a reply that does not open the session, the next connect message comes.").
			connect(again(), "A further connect message has no banner before it."),
	}
}
