package lab5

import (
	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// steps runs parts one after the other, until one fails.
func steps(s *grade.Session, parts ...func(*grade.Session) *bench) error {
	for _, part := range parts {
		b := part(s)
		b.quiet("Nothing more was to be done.")
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

// first: a session is opened, and frames go both ways.
func first(s *grade.Session) error {
	return steps(s, firstReady, firstSeq, firstSlowly)
}

func firstReady(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	b.passes(longestPause)
	socket := b.session()
	b.sends(1, 2)
	b.writes(socket, 1, "The session is open: what is sent is written at once.", 1, 2)
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.sent(socket, 101, 1)
	b.delivers("It came before: its number is not above the highest.")
	b.sent(socket, 103, 3)
	b.delivers("A gap is no reason to refuse a message.", 103)
	b.acks(socket, 3)
	stamp := append([]byte{byte(wire.TagKeepalive2)}, 1, 2, 3, 4, 5, 6, 7, 8)
	b.says(socket, "KEEPALIVE2", stamp)
	stamp[0] = byte(wire.TagKeepalive2Ack)
	why := "KEEPALIVE2 is answered with its own stamp, bit by bit."
	if got := b.take(socket, len(stamp), "KEEPALIVE2_ACK", why); got != nil &&
		string(got) != string(stamp) {
		b.fail(digitsOf(stamp), digitsOf(got), why)
	}
	b.says(socket, "KEEPALIVE", []byte{byte(wire.TagKeepalive)})
	b.acked(socket, 2)
	return b
}

func digitsOf(b []byte) string {
	text, _ := digits(b).MarshalText() // it never fails
	return string(text)
}

// firstSeq: a peer that answers SEQ to a first connect, as the AsyncMessenger does, and users who
// do not wait for the session.
func firstSeq(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	b.sends(2)
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	b.reply(socket, wire.TagSeq, 1, 0)
	b.exchanges(socket, 0)
	b.writes(socket, 1, "What was sent before the session was open is written now.", 1, 2)
	return b
}

// firstSlowly: bytes come as the network has them. A socket is a stream: one piece may come in many
// parts, and many pieces in one.
func firstSlowly(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	b.connects()
	b.dialed("The user wants a session.")
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	r := wire.ConnectReply{Tag: wire.TagReady, Features: wire.FeaturesSupported, GlobalSeq: 8,
		ConnectSeq: 1, ProtocolVersion: b.config.Version, AuthorizerLen: 36}
	b.saysSlowly(socket, "READY with an authorizer reply of 36 bytes",
		append(r.Append(nil), make([]byte, 36)...))
	b.quiet("The session is open, and nobody has anything to say.")
	b.saysSlowly(socket, "message 1", numbered(1).frame(1, peerName))
	b.delivers("A message is whole with the last byte of its footer, and not before.", 1)
	b.acks(socket, 1)
	var many []byte
	for id := 2; id <= 5; id++ {
		many = append(many, numbered(id).frame(uint64(id), peerName)...)
		many = append(many, byte(wire.TagKeepalive))
	}
	b.says(socket, "messages 2 to 5, and a KEEPALIVE behind each, all at once", many)
	b.delivers("Many frames may come in one read.", 2, 3, 4, 5)
	b.acks(socket, 5)
	damaged := numbered(6).frame(6, peerName)
	damaged[len(damaged)-30] ^= 1
	b.says(socket, "message 6 with a damaged byte", damaged)
	b.closes(socket, "A wrong checksum ends the connection without a word: nothing behind it can "+
		"be trusted. A lossless session goes on over the next one.")
	b.dialed("A lossless client comes back at once.")
	return b
}
