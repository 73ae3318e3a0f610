package lab7

import (
	"encoding/binary"

	"simplemessenger/wire"
)

// A wait is a state, and what must be there before it is left.
type wait struct {
	state string
	// read are the bytes that it takes, written how many must have been written in all.
	read, written int
	// throttle is the one that it takes n from.
	throttle string
	n        int
	// message is what is dispatched when it is left, ack and stamp what is owed to the peer then.
	message *message
	ack     uint64
	stamp   []byte
	// broken says that the connection is closed when it would be left.
	broken bool
}

// message is what is dispatched.
type message struct {
	Seq    uint64 `json:"seq"`
	TID    uint64 `json:"tid"`
	Front  int    `json:"front"`
	Middle int    `json:"middle"`
	Data   int    `json:"data"`
}

// Sizes of what a server says in a handshake.
const (
	bannerSize = 281
	replySize  = 26
)

// script is what a peer says, and through which states it leads the connection.
type script struct {
	id    int
	bytes []byte
	waits []wait
	seq   uint64
	tid   uint64
	// written is how many bytes a whole handshake makes the server write.
	written int
}

// newPeer begins what a peer says with its handshake, from the address with this nonce. Exchange
// says that the session goes on, and how far this side has got.
func newPeer(id int, nonce uint32, connectSeq uint32, authorizer int, exchange bool) *script {
	p := &script{id: id, tid: uint64(id) * 1000, written: bannerSize + replySize}
	addr := wire.EntityAddr{Nonce: nonce}
	addr.IP, addr.Port = kitAddr.Addr(), kitAddr.Port()
	p.bytes = addr.Append([]byte(wire.Banner))
	connect := wire.Connect{Features: wire.FeatureReconnectSeq | wire.FeatureMsgrKeepalive2 |
		wire.FeatureNoSrcAddr, HostType: wire.EntityClient, GlobalSeq: uint32(id),
		ConnectSeq: connectSeq, ProtocolVersion: 24, AuthorizerLen: uint32(authorizer)}
	p.bytes = append(connect.Append(p.bytes), make([]byte, authorizer)...)
	p.waits = []wait{{state: "ACCEPTING", written: bannerSize},
		{state: "ACCEPTING_WAIT_BANNER_ADDR", read: 145},
		{state: "ACCEPTING_WAIT_CONNECT_MSG", read: 33},
		{state: "ACCEPTING_WAIT_CONNECT_MSG_AUTH", read: authorizer},
		{state: "ACCEPTING_READY", written: p.written}}
	if exchange {
		p.written += 8
		p.waits[4].written = p.written
		p.bytes = append(p.bytes, make([]byte, 8)...)
		p.waits = append(p.waits, wait{state: "ACCEPTING_WAIT_SEQ", read: 8})
	}
	p.open()
	return p
}

// open is the state between frames.
func (p *script) open() { p.waits = append(p.waits, wait{state: "OPEN", read: 1}) }

func (p *script) ack() {
	p.bytes = append(append(p.bytes, byte(wire.TagAck)), make([]byte, 8)...)
	p.waits = append(p.waits, wait{state: "OPEN_TAG_ACK", read: 8})
	p.open()
}

func (p *script) keepalive(sec uint32) {
	stamp := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, sec), 7)
	p.bytes = append(append(p.bytes, byte(wire.TagKeepalive2)), stamp...)
	p.waits = append(p.waits, wait{state: "OPEN_KEEPALIVE2", read: 8, stamp: stamp})
	p.open()
}

// bad is a byte that is no tag.
func (p *script) bad() {
	p.bytes = append(p.bytes, 99)
	p.waits[len(p.waits)-1].broken = true
}

// message is a message with parts of these sizes. Damage breaks the checksum of its header (1) or
// of a part (2).
func (p *script) message(front, middle, data, damage int) {
	p.seq++
	p.tid++
	part := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i + n)
		}
		return b
	}
	parts := [][]byte{part(front), part(middle), part(data)}
	h := wire.MessageHeader{Seq: p.seq, TID: p.tid, Type: 2000, Priority: 127, Version: 1,
		CompatVersion: 1, FrontLen: uint32(front), MiddleLen: uint32(middle),
		DataLen: uint32(data), Source: wire.EntityName{Type: wire.EntityClient, Num: int64(p.id)}}
	b := h.AppendWithCRC(append(p.bytes, byte(wire.TagMsg)))
	var footer []byte
	for _, part := range parts {
		b = append(b, part...)
		footer = binary.LittleEndian.AppendUint32(footer, wire.CRC(0, part))
	}
	size := front + middle + data
	switch damage {
	case 1:
		b[len(b)-size-1] ^= 1
	case 2:
		footer[8] ^= 1
	}
	p.bytes = append(append(b, footer...), 1)
	m := &message{p.seq, p.tid, front, middle, data}
	p.messageWaits(m, damage)
}

func (p *script) messageWaits(m *message, damage int) {
	const prefix = "OPEN_MESSAGE_"
	p.waits = append(p.waits, wait{state: prefix + "HEADER", read: 53, broken: damage == 1},
		wait{state: prefix + "THROTTLE_MESSAGE", throttle: "messages", n: 1})
	if size := m.Front + m.Middle + m.Data; size > 0 {
		p.waits = append(p.waits,
			wait{state: prefix + "THROTTLE_BYTES", throttle: "bytes", n: size},
			wait{state: prefix + "THROTTLE_DISPATCH_QUEUE", throttle: "dispatch", n: size})
	}
	for _, part := range []wait{{state: prefix + "READ_FRONT", read: m.Front},
		{state: prefix + "READ_MIDDLE", read: m.Middle},
		{state: prefix + "READ_DATA", read: m.Data}} {
		if part.read > 0 {
			p.waits = append(p.waits, part)
		}
	}
	p.waits = append(p.waits, wait{state: prefix + "READ_FOOTER_AND_DISPATCH", read: 13,
		message: m, ack: m.Seq, broken: damage == 2})
	p.open()
}
