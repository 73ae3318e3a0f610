package lab2

import (
	"fmt"
	"slices"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

// real plays the daemons of captures, as the other side of both machines.
func real(s *grade.Session) error { return play(s, recorded()...) }

// recorded returns the scripts that real conversations are.
func recorded() (scripts []*script) {
	for _, v := range structures.Vectors("handshake") {
		if r, ok := read(v); ok {
			if s := r.client(); s != nil {
				scripts = append(scripts, s)
			}
			if s := r.server(); s != nil {
				scripts = append(scripts, s)
			}
		}
	}
	return scripts
}

// recording is a handshake without credentials that prove anything.
type recording struct {
	structures.Vector
	server0    structures.ServerBanner
	client0    structures.ClientBanner
	rounds     []round
	serverSeq  uint64
	clientSeq  uint64
	authorizer structures.Hex
}

// round is a connect message and its reply.
type round struct {
	connect structures.Connect
	reply   structures.Reply
}

// read takes a recording apart. The second result is false for what this lab leaves out.
func read(v structures.Vector) (r recording, ok bool) {
	r.Vector = v
	for _, p := range v.Pieces {
		var err error
		b := p.Hex.Bytes()
		switch p.Structure {
		case "server_banner":
			r.server0, err = structures.DecodeServerBanner(b)
		case "client_banner":
			r.client0, err = structures.DecodeClientBanner(b)
		case "connect":
			var c structures.Connect
			c, err = structures.DecodeConnect(b)
			r.rounds = append(r.rounds, round{connect: c})
		case "connect_reply":
			r.rounds[len(r.rounds)-1].reply, err = structures.DecodeReply(b)
		case "authorizer_none":
			r.authorizer = p.Hex
		case "seq":
			seq := &r.clientSeq
			if p.From == "server" {
				seq = &r.serverSeq
			}
			*seq, err = wire.DecodeSeq(b)
		default: // credentials
			return r, false
		}
		if err != nil {
			return r, false
		}
	}
	for _, one := range r.rounds {
		switch wire.Tag(one.reply.Tag) {
		case wire.TagBadAuthorizer, wire.TagChallengeAuthorizer:
			return r, false
		}
	}
	return r, true
}

// title names the recording, and whose bytes the machine is compared with or talks to.
func (r recording) title() string { return fmt.Sprintf("%s (%s)", r.Name, r.Source) }

// follows reports whether a client that keeps the rules says that next.
func follows(one round, next structures.Connect) bool {
	switch c := one.connect; wire.Tag(one.reply.Tag) {
	case wire.TagResetSession:
		return next.ConnectSeq == 0
	case wire.TagRetrySession:
		return next.ConnectSeq == one.reply.ConnectSeq
	case wire.TagRetryGlobal:
		return next.ConnectSeq == c.ConnectSeq && next.GlobalSeq > one.reply.GlobalSeq
	}
	return false
}

const recordedWhy = "This has happened between real daemons, byte by byte."

// client returns the script of a client machine at the recorded server, nil if the recorded client
// has not kept the rules, to see what happens.
func (r recording) client() *script {
	for i, one := range r.rounds[1:] {
		if !follows(r.rounds[i], one.connect) {
			return nil
		}
	}
	first := r.rounds[0].connect
	s := client(r.title(), clientConfig{Own: r.client0.Addr, Peer: r.server0.Addr,
		HostType: first.HostType, Features: first.Features,
		ProtocolVersion: first.ProtocolVersion, GlobalSeq: first.GlobalSeq,
		ConnectSeq: first.ConnectSeq, InSeq: r.clientSeq, Lossy: first.Flags&1 != 0,
		AuthorizerProtocol: first.AuthorizerProtocol, Authorizer: r.authorizer},
		r.server0.Addr, r.client0.Addr)
	s.turns[0].input = r.server0.Bytes()
	for i, one := range r.rounds {
		reply := one.reply
		switch tag := wire.Tag(reply.Tag); tag {
		case wire.TagResetSession:
			s.retry(reply, nil, 0, one.connect.GlobalSeq, recordedWhy, event{Kind: kindReset})
		case wire.TagRetrySession:
			s.retry(reply, nil, reply.ConnectSeq, one.connect.GlobalSeq, recordedWhy)
		case wire.TagRetryGlobal:
			s.retry(reply, nil, one.connect.ConnectSeq, reply.GlobalSeq+1, recordedWhy)
		case wire.TagWait:
			s.reply(reply, nil, recordedWhy, event{Kind: kindWait})
		case wire.TagReady:
			s.reply(reply, nil, recordedWhy, r.open(i, reply.GlobalSeq, 0))
		case wire.TagSeq:
			s.reply(reply, wire.AppendSeq(nil, r.serverSeq), recordedWhy,
				r.open(i, reply.GlobalSeq, r.serverSeq))
			last := &s.turns[len(s.turns)-1]
			last.send = wire.AppendSeq(nil, r.clientSeq)
			last.layout = grade.Layout{{"in_seq", wire.SeqSize}}
		default:
			s.reply(reply, nil, recordedWhy, fault)
		}
	}
	return s
}

// open is the event that a round has led to.
func (r recording) open(i int, peerGlobalSeq uint32, peerInSeq uint64) event {
	one := r.rounds[i]
	return event{Kind: kindOpen, Open: opened{ConnectSeq: one.reply.ConnectSeq,
		PeerGlobalSeq: peerGlobalSeq, Features: one.connect.Features & one.reply.Features,
		Lossy: one.reply.Flags&1 != 0, Seq: wire.Tag(one.reply.Tag) == wire.TagSeq,
		PeerInSeq: peerInSeq}}
}

// server returns the script of a server machine for the recorded client, nil if the recorded server
// was a test's, or has opened nothing: what it offers is not known then.
func (r recording) server() *script {
	last := r.rounds[len(r.rounds)-1]
	tag := wire.Tag(last.reply.Tag)
	if slices.Contains(r.Handmade, "server") || tag != wire.TagReady && tag != wire.TagSeq {
		return nil
	}
	c := serverConfig{Own: r.server0.Addr, Socket: r.server0.PeerAddr,
		Features: last.reply.Features, ProtocolVersion: last.reply.ProtocolVersion,
		GlobalSeq: last.reply.GlobalSeq, Lossy: last.reply.Flags&1 != 0}
	for _, one := range r.rounds {
		if wire.Tag(one.reply.Tag) == wire.TagFeatures {
			c.Required = one.reply.Features &^ one.connect.Features
		}
	}
	s := server(r.title(), c)
	for i, one := range r.rounds {
		r.request(s, i)
		reply := one.reply
		v := verdict{Tag: reply.Tag}
		switch wire.Tag(reply.Tag) {
		case wire.TagBadProtoVer, wire.TagFeatures: // decided by the machine itself
			t := &s.turns[len(s.turns)-1]
			t.events, t.send, t.layout = nil, reply.Bytes(), structures.ReplyLayout
			continue
		case wire.TagReady:
			s.answers(v, reply, recordedWhy, r.open(i, one.connect.GlobalSeq, 0))
		case wire.TagSeq:
			v = verdict{Tag: uint8(wire.TagReady), Resume: true, InSeq: r.serverSeq}
			s.answers(v, reply, recordedWhy)
			t := &s.turns[len(s.turns)-1]
			t.send = wire.AppendSeq(t.send, r.serverSeq)
			t.layout = structures.Join(structures.ReplyLayout,
				grade.Layout{{"in_seq", wire.SeqSize}})
			s.add(turn{says: "the client's in_seq", input: wire.AppendSeq(nil, r.clientSeq),
				connectAt: -1, why: recordedWhy,
				events: []event{r.open(i, one.connect.GlobalSeq, r.clientSeq)}})
		default:
			v.ConnectSeq, v.GlobalSeq = reply.ConnectSeq, reply.GlobalSeq
			s.answers(v, reply, recordedWhy)
		}
	}
	return s
}

// request appends what the recorded client has said in a round.
func (r recording) request(s *script, i int) {
	c := r.rounds[i].connect
	input := append(c.Bytes(), r.authorizer.Bytes()...)
	says := "a connect message"
	if i == 0 {
		input = append(r.client0.Bytes(), input...)
		says = "banner, address and " + says
	}
	peer := r.client0.Addr
	if !peer.IP.IsValid() || peer.IP.IsUnspecified() {
		peer.IP = r.server0.PeerAddr.IP
	}
	s.add(turn{says: says + ", as recorded", input: input, connectAt: -1, why: recordedWhy,
		events: []event{{Kind: kindConnect, Peer: peer, Connect: c}}})
}
