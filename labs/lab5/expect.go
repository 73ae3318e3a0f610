package lab5

import (
	"fmt"
	"slices"
	"strings"

	"simplemessenger/wire"
)

// expectation: what the machine must have done, which is taken off the bench.

func (b *bench) dialed(why string) {
	if b.err == nil && b.dials != 1 {
		b.fail("it dials", b.did(), why)
	}
	b.dials = 0
}

func (b *bench) told1(what string, count *int, why string) {
	if b.err == nil && *count != 1 {
		b.fail("it tells the user once: "+what, b.did(), why)
	}
	*count = 0
}

func (b *bench) toldReset(why string) { b.told1("reset", &b.resets, why) }

func (b *bench) toldRemoteReset(why string) { b.told1("remote reset", &b.remoteResets, why) }

// closes: the machine has closed a socket.
func (b *bench) closes(socket int, why string) {
	e := b.sockets[socket]
	if b.err == nil && !e.closed {
		b.fail(fmt.Sprintf("it closes socket %d", socket), b.did(), why)
	}
	e.known, e.out = true, nil
}

// mayClose: it is all the same whether it has.
func (b *bench) mayClose(socket int) {
	e := b.sockets[socket]
	e.known = true
	if !e.closed && b.err == nil {
		b.breaks(socket)
	}
}

// delivers: those messages, in order.
func (b *bench) delivers(why string, ids ...int) {
	var want []message
	for _, id := range ids {
		want = append(want, numbered(id))
	}
	same := slices.EqualFunc(want, b.delivered, func(v, w message) bool {
		return v.TID == w.TID && v.Type == w.Type && string(v.Front) == string(w.Front)
	})
	if b.err == nil && !same {
		b.fail("the user gets "+list(want), "the user gets "+list(b.delivered), why)
	}
	b.delivered = nil
}

func list(all []message) string {
	if len(all) == 0 {
		return "nothing"
	}
	var words []string
	for _, m := range all {
		words = append(words, fmt.Sprintf("message %d", m.TID))
	}
	return strings.Join(words, ", ")
}

// take takes n bytes that the machine has written; nil if they are not there.
func (b *bench) take(socket, n int, what, why string) []byte {
	if b.err != nil {
		return nil
	}
	e := b.sockets[socket]
	if len(e.out) < n {
		got := b.did()
		if len(e.out) > 0 {
			got = fmt.Sprintf("%d bytes: %x", len(e.out), e.out)
		}
		b.fail(fmt.Sprintf("%s on socket %d, %d bytes", what, socket, n), got, why)
		return nil
	}
	taken := e.out[:n]
	e.out = e.out[n:]
	return taken
}

// asks: the machine says connect, with that connect_seq.
func (b *bench) asks(socket int, connectSeq uint32, why string) wire.Connect {
	what := fmt.Sprintf("connect with connect_seq %d", connectSeq)
	raw := b.take(socket, wire.ConnectSize, what, why)
	if raw == nil {
		return wire.Connect{}
	}
	c, err := wire.DecodeConnect(raw)
	switch {
	case err != nil:
		b.fail(what, fmt.Sprintf("%x: %v", raw, err), why)
	case uint32(c.HostType) != b.config.Type || c.ProtocolVersion != b.config.Version ||
		uint64(c.Features) != b.config.Features || c.AuthorizerLen != 0:
		b.fail(fmt.Sprintf("host_type %d, protocol_version %d, features %#x, no authorizer",
			b.config.Type, b.config.Version, b.config.Features), fmt.Sprintf("%+v", c),
			"Those are as the machine is configured.")
	case c.ConnectSeq != connectSeq:
		b.fail(what, fmt.Sprintf("connect with connect_seq %d", c.ConnectSeq), why)
	case c.GlobalSeq <= b.globalSeq:
		b.fail(fmt.Sprintf("global_seq above %d", b.globalSeq), fmt.Sprint(c.GlobalSeq),
			"global_seq counts all connect messages, or an old one could not be told from a new.")
	}
	b.globalSeq = c.GlobalSeq
	b.tell("it says connect %d/%d", c.ConnectSeq, c.GlobalSeq)
	return c
}

// answers: the machine replies with that tag.
func (b *bench) answers(socket int, tag wire.Tag, why string) wire.ConnectReply {
	raw := b.take(socket, wire.ConnectReplySize, tag.String(), why)
	if raw == nil {
		return wire.ConnectReply{}
	}
	r, err := wire.DecodeConnectReply(raw)
	switch {
	case err != nil:
		b.fail(tag.String(), fmt.Sprintf("%x: %v", raw, err), why)
	case r.Tag != tag:
		b.fail(tag.String(), fmt.Sprintf("%v, connect_seq %d, global_seq %d", r.Tag, r.ConnectSeq,
			r.GlobalSeq), why)
	case r.AuthorizerLen != 0 || r.ProtocolVersion != b.config.Version:
		b.fail(fmt.Sprintf("authorizer_len 0 and protocol_version %d", b.config.Version),
			fmt.Sprintf("%+v", r), "A reply has the server's version, whatever its tag.")
	}
	b.tell("it answers %v", tag)
	return r
}

// opens: the machine answers READY or SEQ, with that connect_seq.
func (b *bench) opens(socket int, tag wire.Tag, connectSeq uint32, why string) {
	r := b.answers(socket, tag, why)
	if b.err == nil && r.ConnectSeq != connectSeq {
		b.fail(fmt.Sprintf("%v with connect_seq %d", tag, connectSeq),
			fmt.Sprintf("connect_seq %d", r.ConnectSeq),
			"To open means that connect_seq is that of the connect message, plus 1.")
	}
	if b.err == nil && (r.Flags&wire.FlagLossy != 0) != b.config.Policy.Lossy {
		b.fail(fmt.Sprintf("the flag LOSSY: %v", b.config.Policy.Lossy),
			fmt.Sprintf("flags %#x", r.Flags), "The server says whether the session is lossy.")
	}
}

// exchanges: the machine says how far it has received.
func (b *bench) exchanges(socket int, want uint64) {
	why := "After SEQ each side says the number of the last message that it has received."
	raw := b.take(socket, wire.SeqSize, "the number after SEQ", why)
	if raw == nil {
		return
	}
	if got, err := wire.DecodeSeq(raw); err != nil || got != want {
		b.fail(fmt.Sprint(want), fmt.Sprint(got), why)
	}
}

// housekeeping takes acks and keepalives off what was written; the last ack is returned.
func (b *bench) housekeeping(e *end) (ack uint64) {
	for len(e.out) >= 1 {
		switch tag := wire.Tag(e.out[0]); {
		case tag == wire.TagAck && len(e.out) >= 1+wire.SeqSize:
			ack, _ = wire.DecodeSeq(e.out[1:]) // long enough
			e.out = e.out[1+wire.SeqSize:]
		case tag == wire.TagKeepalive:
			e.out = e.out[1:]
		case tag == wire.TagKeepalive2 && len(e.out) >= 1+wire.TimespecSize:
			e.out = e.out[1+wire.TimespecSize:]
		default:
			return ack
		}
	}
	return ack
}

// acks: the machine has acked everything up to there.
func (b *bench) acks(socket int, want uint64) {
	if b.err != nil {
		return
	}
	if got := b.housekeeping(b.sockets[socket]); got != want {
		b.fail(fmt.Sprintf("ACK %d on socket %d", want, socket), fmt.Sprintf("ACK %d (0 is none)",
			got), "What was received on a lossless session is acked.")
	}
}

// writes: the machine sends those messages, the first of them with that number.
func (b *bench) writes(socket int, first uint64, why string, ids ...int) {
	for i, id := range ids {
		if b.err != nil {
			return
		}
		e := b.sockets[socket]
		b.housekeeping(e)
		seq := first + uint64(i)
		want := numbered(id).frame(seq, wire.EntityName{Type: wire.EntityType(b.config.Type),
			Num: b.config.Num})
		what := fmt.Sprintf("message %d with seq %d", id, seq)
		if len(e.out) < 1 || wire.Tag(e.out[0]) != wire.TagMsg {
			b.take(socket, len(want), what, why)
			return
		}
		got := b.take(socket, len(want), what, why)
		if got != nil && string(got) != string(want) {
			b.fail(what, said(got), why)
		}
	}
}

// said says what a message is, as far as that can be seen.
func said(frame []byte) string {
	var h wire.MessageHeader
	if err := h.Decode(frame[1:]); err != nil {
		return fmt.Sprintf("%x", frame)
	}
	text := fmt.Sprintf("a message with tid %d and seq %d", h.TID, h.Seq)
	if wire.CheckMessageHeaderCRC(frame[1:]) != nil {
		text += ", whose header has a wrong crc"
	}
	return fmt.Sprintf("%s: %x", text, frame)
}

// quiet: nothing else was done.
func (b *bench) quiet(why string) {
	if b.err != nil {
		return
	}
	for _, e := range b.sockets {
		b.housekeeping(e)
	}
	if did := b.did(); did != nothing {
		b.fail(nothing, did, why)
	}
}

const nothing = "nothing"

// did says what the machine has done that nobody has expected.
func (b *bench) did() string {
	var words []string
	if b.dials > 0 {
		words = append(words, "it dials")
	}
	if b.resets > 0 {
		words = append(words, "it tells the user: reset")
	}
	if b.remoteResets > 0 {
		words = append(words, "it tells the user: remote reset")
	}
	if len(b.delivered) > 0 {
		words = append(words, "the user gets "+list(b.delivered))
	}
	for n := 1; n <= b.last; n++ {
		e := b.sockets[n]
		switch {
		case e.closed && !e.known:
			words = append(words, fmt.Sprintf("it closes socket %d", n))
		case len(e.out) > 0:
			words = append(words, fmt.Sprintf("it writes %d bytes to socket %d: %x", len(e.out), n,
				e.out[:min(len(e.out), 60)]))
		}
	}
	if words == nil {
		return nothing
	}
	return strings.Join(words, ", ")
}
