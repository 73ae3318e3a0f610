package lab5

import (
	"fmt"

	"simplemessenger/wire"
)

// What the peer says.

// reply answers a connect message. After SEQ follows how far the peer has received.
func (b *bench) reply(socket int, tag wire.Tag, connectSeq uint32, has ...uint64) {
	b.peerGlobal++
	r := wire.ConnectReply{Tag: tag, Features: wire.FeaturesSupported, GlobalSeq: b.peerGlobal,
		ConnectSeq: connectSeq, ProtocolVersion: b.config.Version}
	if b.config.Policy.Lossy {
		r.Flags = wire.FlagLossy
	}
	bytes := r.Append(nil)
	what := fmt.Sprintf("%v, connect_seq %d", tag, connectSeq)
	for _, n := range has {
		bytes = wire.AppendSeq(bytes, n)
		what += fmt.Sprintf(", and after it in_seq %d,", n)
	}
	b.says(socket, what, bytes)
}

// retryGlobal answers RETRY_GLOBAL.
func (b *bench) retryGlobal(socket int, globalSeq uint32) {
	r := wire.ConnectReply{Tag: wire.TagRetryGlobal, Features: wire.FeaturesSupported,
		GlobalSeq: globalSeq, ProtocolVersion: b.config.Version}
	b.says(socket, fmt.Sprintf("RETRY_GLOBAL %d", globalSeq), r.Append(nil))
}

// connect is the peer's connect message.
func (b *bench) connect(connectSeq, globalSeq uint32) wire.Connect {
	return wire.Connect{Features: wire.FeaturesSupported, HostType: wire.EntityOSD,
		GlobalSeq: globalSeq, ConnectSeq: connectSeq, ProtocolVersion: b.config.Version}
}

// calls: the peer opens a socket and says connect on it. Its global_seq counts on.
func (b *bench) calls(connectSeq uint32) int {
	socket := b.accepted()
	b.again(socket, connectSeq)
	return socket
}

// again: the peer says connect on a socket once more.
func (b *bench) again(socket int, connectSeq uint32) {
	b.peerGlobal++
	b.saysConnect(socket, b.connect(connectSeq, b.peerGlobal))
}

func (b *bench) saysConnect(socket int, c wire.Connect) {
	b.says(socket, fmt.Sprintf("connect %d/%d", c.ConnectSeq, c.GlobalSeq), c.Append(nil))
}

// tells: the peer says after SEQ how far it has received.
func (b *bench) tells(socket int, has uint64) {
	b.says(socket, fmt.Sprintf("in_seq %d", has), wire.AppendSeq(nil, has))
}

// sent: the peer sends a message.
func (b *bench) sent(socket, id int, seq uint64) {
	b.says(socket, fmt.Sprintf("message %d with seq %d", id, seq),
		numbered(id).frame(seq, peerName))
}

// acked: the peer acks.
func (b *bench) acked(socket int, seq uint64) {
	b.says(socket, fmt.Sprintf("ACK %d", seq),
		wire.AppendSeq([]byte{byte(wire.TagAck)}, seq))
}

// session has the machine open a session with a peer that answers READY; it returns the socket.
func (b *bench) session() int {
	b.connects()
	b.dialed("The user wants a session.")
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	b.reply(socket, wire.TagReady, 1)
	b.quiet("The session is open, and nobody has anything to say.")
	return socket
}

// resumed has the machine open its session once more, on a socket that it has dialed. The peer says
// SEQ and that it has received everything up to has; received is what the machine should say.
func (b *bench) resumed(connectSeq uint32, has, received uint64) int {
	socket := b.opened()
	b.asks(socket, connectSeq, "connect_seq counts the connections of the session: one more than "+
		"that which was open.")
	b.reply(socket, wire.TagSeq, connectSeq+1, has)
	b.exchanges(socket, received)
	return socket
}
