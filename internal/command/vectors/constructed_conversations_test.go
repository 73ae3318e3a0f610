package vectors

import (
	"encoding/binary"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// constructed is the source of what no release has said: it is made by this project.
const constructed = "constructed"

// The keys of the constructed vectors: that of a session, and that of a service.
var (
	constructedKey    = []byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff")
	constructedSecret = []byte("service's secret")
)

// The features of peers of long ago: without signatures, and with the first kind of them.
const (
	featuresUnsigned = features14 &^ (wire.FeatureMsgAuth | wire.FeatureCephxV2)
	featuresSignedV1 = features14 &^ wire.FeatureCephxV2
)

// play writes a conversation down.
type play struct {
	c       *collector
	v       Vector
	offsets map[string]int64
	seqs    map[string]uint64
	// footer ends a message, with its header at hand.
	footer func(h *wire.MessageHeader, f *wire.Footer) []byte
	// message is the structure of messages with that footer.
	message string
}

func (c *collector) play(structure, name string, key []byte) *play {
	p := &play{c: c, v: Vector{Name: name, Structure: structure, Source: constructed, Key: key},
		offsets: map[string]int64{}, seqs: map[string]uint64{}}
	own, peer := addr("10.1.2.3:6789/0"), addr("10.1.2.4:0/3735928559")
	seen := addr("10.1.2.4:40000/0")
	p.say(fromServer, "server_banner", seen.Append(own.Append(wire.AppendBanner(nil))))
	p.say(fromClient, "client_banner", peer.Append(wire.AppendBanner(nil)))
	return p
}

func (p *play) say(side string, pairs ...any) {
	for _, piece := range pieces(p.c.t, p.v.Key, side, p.offsets[side], pairs...) {
		p.v.Pieces = append(p.v.Pieces, piece)
		p.offsets[side] += int64(len(piece.Hex))
	}
}

func (p *play) end() {
	file := fileOf(p.v.Structure)
	p.c.files[file] = append(p.c.files[file], p.v)
}

// send says a message of three parts.
func (p *play) send(side string, source wire.EntityName, front, middle, data string) {
	p.seqs[side]++
	h := wire.MessageHeader{Seq: p.seqs[side], TID: 7, Type: 1, Priority: wire.PriorityDefault,
		Version: 1, CompatVersion: 1, FrontLen: uint32(len(front)), MiddleLen: uint32(len(middle)),
		DataLen: uint32(len(data)), Source: source}
	b := h.AppendWithCRC([]byte{byte(wire.TagMsg)})
	if err := h.Decode(b[1:]); err != nil { // for its checksum
		p.c.t.Fatal(err)
	}
	crc := func(part string) uint32 { return wire.CRC(0, []byte(part)) }
	f := wire.Footer{FrontCRC: crc(front), MiddleCRC: crc(middle), DataCRC: crc(data),
		Flags: wire.FooterComplete}
	p.say(side, p.message, append(append(b, front+middle+data...), p.footer(&h, &f)...))
}

func (p *play) tagged(side string, tag wire.Tag, body []byte) {
	p.say(side, "tagged", append([]byte{byte(tag)}, body...))
}

// ticket is the constructed authorizer, sealed with a secret, with or without the answer to a
// challenge.
func ticket(c *collector, challenge uint64) (b []byte, inside cephx.Authorize) {
	inside = cephx.Authorize{Nonce: 0x0102030405060708}
	if challenge != 0 {
		inside.HaveChallenge, inside.ServerChallengePlusOne = true, challenge+1
	}
	made := time.Unix(1_700_000_000, 123_456_789)
	key, err := cephx.NewCryptoKey(constructedKey, made)
	if err != nil {
		c.t.Fatal(err)
	}
	info := cephx.ServiceTicketInfo{SessionKey: key, Ticket: cephx.AuthTicket{
		Name: auth.EntityName{Type: wire.EntityClient, ID: "admin"}, GlobalID: 4123, Created: made,
		Expires: made.Add(time.Hour),
		Caps:    cephx.CapsInfo{Caps: []byte("\x07\x00\x00\x00allow *")},
	}}
	return cephx.Authorizer{GlobalID: 4123, Service: wire.EntityOSD,
		Ticket:    info.Seal(secret(c.t, constructedSecret), 3),
		Authorize: key.Seal(inside.Append(nil)),
	}.Append(nil), inside
}

func (c *collector) constructedCredentials() {
	const challenge = 0x1112131415161718
	key := secret(c.t, constructedKey)
	b, inside := ticket(c, challenge)
	c.add("authorizer", "every field", constructed, b)
	a, err := cephx.DecodeAuthorizer(b)
	if err != nil {
		c.t.Fatal(err)
	}
	c.addKeyed("authorize", "every field", constructed, a.Authorize, constructedKey)
	c.addKeyed("service_ticket_info", "of a client, with caps", constructed, a.Ticket.Blob,
		constructedSecret)
	c.addKeyed("authorize_challenge", "every byte", constructed,
		key.Seal(cephx.AuthorizeChallenge{ServerChallenge: challenge}.Append(nil)), constructedKey)
	reply := key.Seal(cephx.AuthorizeReply{NoncePlusOne: inside.Nonce + 1}.Append(nil))
	c.addKeyed("authorize_reply", "every byte", constructed, withLength(reply), constructedKey)
	le := binary.LittleEndian
	proof := cephx.Proof(key, challenge, inside.Nonce)
	c.addKeyed("proof", "every byte", constructed, le.AppendUint64(le.AppendUint64(
		le.AppendUint64(nil, challenge), inside.Nonce), proof), constructedKey)
}

func withLength(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func (c *collector) constructedConversations() {
	c.unsignedOfLongAgo()
	c.signedOfLongAgo()
	c.refusedTicket()
}

// unsignedOfLongAgo has footers of 13 bytes, every frame of an open session, and an orderly end.
func (c *collector) unsignedOfLongAgo() {
	p := c.play(session, "without MSG_AUTH: footers of 13 bytes, every tag, orderly end", nil)
	p.footer = func(_ *wire.MessageHeader, f *wire.Footer) []byte { return f.AppendOld(nil) }
	p.message = "message_old"
	p.say(fromClient, "connect", wire.Connect{Features: featuresUnsigned,
		HostType: wire.EntityClient, GlobalSeq: 1, ProtocolVersion: 15,
		Flags: wire.FlagLossy}.Append(nil))
	p.say(fromServer, "connect_reply", wire.ConnectReply{Tag: wire.TagReady,
		Features: featuresUnsigned, GlobalSeq: 1, ConnectSeq: 1, ProtocolVersion: 15,
		Flags: wire.FlagLossy}.Append(nil))
	p.send(fromClient, wire.Client(4123), "front", "middle", "data")
	p.tagged(fromServer, wire.TagAck, wire.AppendSeq(nil, 1))
	p.send(fromServer, wire.Mon(0), "", "", "")
	p.send(fromServer, wire.Mon(0), "", "", "data alone")
	p.tagged(fromClient, wire.TagAck, wire.AppendSeq(nil, 2))
	p.tagged(fromClient, wire.TagKeepalive, nil)
	stamp := wire.Timespec{Sec: 1_700_000_000, Nsec: 999_999_999}.Append(nil)
	p.tagged(fromClient, wire.TagKeepalive2, stamp)
	p.tagged(fromServer, wire.TagKeepalive2Ack, stamp)
	p.send(fromClient, wire.Client(4123), "front alone", "", "")
	p.tagged(fromServer, wire.TagAck, wire.AppendSeq(nil, 2))
	p.tagged(fromClient, wire.TagClose, nil)
	p.end()
}

// signedOfLongAgo has signatures of the first kind, and no challenge: that came with CEPHX_V2.
func (c *collector) signedOfLongAgo() {
	p := c.play(session, "without CEPHX_V2: no challenge, signatures of the first kind",
		constructedKey)
	security := cephx.NewSecurity(secret(c.t, constructedKey), featuresSignedV1)
	p.footer = func(h *wire.MessageHeader, f *wire.Footer) []byte {
		security.Sign(h, f)
		return f.Append(nil)
	}
	p.message = "message"
	b, inside := ticket(c, 0)
	p.say(fromClient, "connect", wire.Connect{Features: featuresSignedV1,
		HostType: wire.EntityClient, GlobalSeq: 1, ProtocolVersion: 24,
		AuthorizerProtocol: wire.AuthCephx, AuthorizerLen: uint32(len(b)),
		Flags: wire.FlagLossy}.Append(nil), "authorizer", b)
	reply := withLength(secret(c.t, constructedKey).Seal(
		cephx.AuthorizeReply{NoncePlusOne: inside.Nonce + 1}.Append(nil)))
	p.say(fromServer, "connect_reply", wire.ConnectReply{Tag: wire.TagReady,
		Features: featuresSignedV1, GlobalSeq: 1, ConnectSeq: 1, ProtocolVersion: 24,
		AuthorizerLen: uint32(len(reply)), Flags: wire.FlagLossy}.Append(nil),
		"authorize_reply", reply)
	p.send(fromClient, wire.Client(4123), "front", "middle", "data")
	p.tagged(fromServer, wire.TagAck, wire.AppendSeq(nil, 1))
	p.send(fromServer, wire.OSD(3), "", "", "")
	p.tagged(fromClient, wire.TagAck, wire.AppendSeq(nil, 1))
	p.end()
}

// refusedTicket is how a service answers to a ticket that it cannot open.
func (c *collector) refusedTicket() {
	p := c.play(handshake, "a ticket that the service cannot open: BADAUTHORIZER", constructedKey)
	b, _ := ticket(c, 0)
	p.say(fromClient, "connect", wire.Connect{Features: features14, HostType: wire.EntityClient,
		GlobalSeq: 1, ProtocolVersion: 24, AuthorizerProtocol: wire.AuthCephx,
		AuthorizerLen: uint32(len(b)), Flags: wire.FlagLossy}.Append(nil), "authorizer", b)
	p.say(fromServer, "connect_reply", wire.ConnectReply{Tag: wire.TagBadAuthorizer,
		Features: features14, ProtocolVersion: 24}.Append(nil))
	p.end()
}
