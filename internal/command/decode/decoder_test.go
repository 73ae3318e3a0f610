package decode

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// script is a conversation for a decoder.
type script struct {
	t      testing.TB
	d      *Decoder
	frames []*Frame
	now    time.Time
	packet int
}

func newScript(t testing.TB, create func(func(*Frame)) *Decoder) *script {
	s := &script{t: t, now: time.Unix(1000, 0)}
	s.d = create(func(f *Frame) { s.frames = append(s.frames, f) })
	return s
}

func (s *script) client(b ...[]byte) *script { return s.say(capture.FromClient, b...) }
func (s *script) server(b ...[]byte) *script { return s.say(capture.FromServer, b...) }

func (s *script) say(direction capture.Direction, b ...[]byte) *script {
	s.now, s.packet = s.now.Add(time.Second), s.packet+1
	s.d.Write(direction, slices.Concat(b...), s.now, s.packet)
	return s
}

// names closes the decoder and lists its frames, "!" for malformed ones and "…" for incomplete
// ones.
func (s *script) names() string {
	s.d.Close()
	var names []string
	for _, f := range s.frames {
		name := f.Direction.String() + f.Name()
		if len(f.Malformed) > 0 {
			name += "!"
		}
		if f.Incomplete {
			name += "…"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func (s *script) want(names string) *script {
	s.t.Helper()
	if got := s.names(); got != names {
		s.t.Errorf("\n got %s\nwant %s", got, names)
	}
	return s
}

var (
	serverAddr = wire.EntityAddr{Type: wire.AddrLegacy, Nonce: 7,
		IP: addrPort("10.0.0.2:6789").Addr(), Port: 6789}
	clientAddr = wire.EntityAddr{Type: wire.AddrLegacy, Nonce: 9, IP: addrPort("10.0.0.1:0").Addr()}
)

func serverBanner() []byte {
	return clientAddr.Append(serverAddr.Append(wire.AppendBanner(nil)))
}
func clientBanner() []byte { return clientAddr.Append(wire.AppendBanner(nil)) }

func connect(features wire.Features, authorizer string) []byte {
	c := wire.Connect{Features: features, HostType: wire.EntityClient, GlobalSeq: 1,
		ProtocolVersion: 15, AuthorizerLen: uint32(len(authorizer)),
		AuthorizerProtocol: wire.AuthCephx}
	return append(c.Append(nil), authorizer...)
}

func reply(tag wire.Tag, features wire.Features, authorizer string) []byte {
	r := wire.ConnectReply{Tag: tag, Features: features, GlobalSeq: 2, ConnectSeq: 3,
		ProtocolVersion: 15, AuthorizerLen: uint32(len(authorizer))}
	return append(r.Append(nil), authorizer...)
}

// message returns a MSG frame with a footer of the given size.
func message(seq uint64, front, middle, data string, footerSize int) []byte {
	h := wire.MessageHeader{
		Seq: seq, Type: 42, Priority: 127, Version: 1, Source: wire.Client(4),
		FrontLen: uint32(len(front)), MiddleLen: uint32(len(middle)), DataLen: uint32(len(data)),
	}
	f := wire.Footer{
		FrontCRC: wire.CRC(0, []byte(front)), MiddleCRC: wire.CRC(0, []byte(middle)),
		DataCRC: wire.CRC(0, []byte(data)), Flags: wire.FooterComplete,
	}
	b := append(h.AppendWithCRC([]byte{byte(wire.TagMsg)}), front+middle+data...)
	if footerSize == wire.FooterOldSize {
		return f.AppendOld(b)
	}
	return f.Append(b)
}

func msg(seq uint64) []byte { return message(seq, "front", "", "data", wire.FooterSize) }

func tagged(tag wire.Tag, body ...byte) []byte { return append([]byte{byte(tag)}, body...) }

func seq(n uint64) []byte { return wire.AppendSeq(nil, n) }

const features = wire.FeaturesSupported

// opened is a conversation up to READY.
func opened(t testing.TB) *script {
	return newScript(t, NewDecoder).server(serverBanner()).client(clientBanner(),
		connect(features, "")).server(reply(wire.TagReady, features, ""))
}

const openedNames = "<BANNER >BANNER >CONNECT <READY "

func TestEveryAnswer(t *testing.T) {
	s := newScript(t, NewDecoder)
	s.server(serverBanner()).client(clientBanner())
	for _, tag := range []wire.Tag{
		wire.TagBadProtoVer, wire.TagFeatures, wire.TagChallengeAuthorizer, wire.TagBadAuthorizer,
		wire.TagRetryGlobal,
		wire.TagRetrySession, wire.TagResetSession,
	} {
		s.client(connect(features, "authorizer")).server(reply(tag, features, "reply"))
	}
	s.client(connect(features, "")).server(reply(wire.TagSeq, features, ""), seq(5)).client(seq(6),
		msg(7)).server(tagged(wire.TagAck, seq(7)...))
	s.want("<BANNER >BANNER >CONNECT <BADPROTOVER >CONNECT <FEATURES >CONNECT " +
		"<CHALLENGE_AUTHORIZER >CONNECT <BADAUTHORIZER " +
		">CONNECT <RETRY_GLOBAL >CONNECT <RETRY_SESSION >CONNECT <RESETSESSION >CONNECT <SEQ <seq " +
		"" +
		"" +
		">seq >MSG <ACK")
	var summaries []string
	for _, f := range s.frames {
		summaries = append(summaries, f.Summary)
	}
	want := []string{
		"10.0.0.2:6789/7, sees 10.0.0.1:0/9", "10.0.0.1:0/9",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"protocol 15, authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"features 0x3ffddff8ffecffff, authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"global_seq 2, authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"connect_seq 3, authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 10 bytes",
		"authorizer reply of 5 bytes",
		"client, global_seq 1, connect_seq 0, protocol 15", "global_seq 2, connect_seq 3",
		"in_seq 5", "in_seq 6",
		"MOSDOp, seq 7, from client.4, 9 bytes", "seq 7",
	}
	if diff := cmp.Diff(want, summaries); diff != "" {
		t.Errorf("summaries (-want +got):\n%s", diff)
	}
}

func TestEveryTag(t *testing.T) {
	stamp := wire.Timespec{Sec: 1, Nsec: 2}.Append(nil)
	s := opened(t).client(tagged(wire.TagKeepalive), tagged(wire.TagKeepalive2, stamp...), msg(1)).
		server(tagged(wire.TagKeepalive2Ack, stamp...),
			tagged(wire.TagAck, seq(1)...)).client(tagged(wire.TagClose)).server(tagged(
		wire.TagClose))
	s.want(openedNames + ">KEEPALIVE >KEEPALIVE2 >MSG <KEEPALIVE2_ACK <ACK >CLOSE <CLOSE")
	if got := s.frames[5]; got.Summary != "stamp 1.000000002" || got.Field("sec") != uint32(1) ||
		got.Field("nsec") != uint32(2) || got.Field("x") != nil {
		t.Errorf("KEEPALIVE2: %+v", got)
	}
}

// Times and packets are those of a frame's last byte, offsets count each direction by itself.
func TestPositions(t *testing.T) {
	m := msg(1)
	s := opened(t).client(m[:20]).client(m[20:], m[:1]).client(m[1:]).want(openedNames +
		">MSG >MSG")
	if first, second := s.frames[4],
		s.frames[5]; first.Packet != 5 || first.Time.Unix() != 1005 || first.Offset != 145+33 ||
		second.Packet != 6 || second.Offset != first.Offset+int64(len(m)) ||
		!bytes.Equal(second.Bytes, m) {
		t.Errorf("first at %d, packet %d, second at %d, packet %d", first.Offset, first.Packet,
			second.Offset, second.Packet)
	}
	if ready := s.frames[3]; ready.Offset != 281 || ready.Packet != 3 {
		t.Errorf("READY at %d, packet %d", ready.Offset, ready.Packet)
	}
	// Frames that had to wait until the other side was heard keep their own times.
	s = newScript(t, NewDecoder).server(serverBanner()).client(clientBanner(),
		connect(features, "")).client(m[:9]).client(m[9:]).client(m)
	s.server(reply(wire.TagReady, features, "")).want(openedNames + ">MSG >MSG")
	if first, second := s.frames[4], s.frames[5]; first.Packet != 4 || second.Packet != 5 {
		t.Errorf("frames that waited are of packets %d and %d, want 4 and 5", first.Packet,
			second.Packet)
	}
}

// The footer's size follows from what both sides offer, in the last round of the negotiation.
func TestFooterSize(t *testing.T) {
	for _, test := range []struct {
		client, server wire.Features
		size           int
	}{
		{features, features, wire.FooterSize},
		{features &^ wire.FeatureMsgAuth, features, wire.FooterOldSize},
		{features, features &^ wire.FeatureMsgAuth, wire.FooterOldSize},
	} {
		s := newScript(t, NewDecoder).server(serverBanner()).client(clientBanner(),
			connect(1, "")).server(reply(wire.TagFeatures, 3, ""))
		s.client(connect(test.client, "")).server(reply(wire.TagReady, test.server, ""))
		s.client(message(1, "a", "b", "c", test.size), message(2, "", "", "",
			test.size)).server(message(1, "", "", "x", test.size))
		s.want("<BANNER >BANNER >CONNECT <FEATURES >CONNECT <READY >MSG >MSG <MSG")
	}
}

// However the bytes are cut, the frames are the same.
func TestAnyCut(t *testing.T) {
	for _, file := range []string{"14.2.21-simple-cephx-3mon-election.pcap",
		"16.2.15-async-cephx-client.pcap", "14.2.21-simple-probe-open-session.pcap"} {
		recorded := readCapture(t, file)
		want := Connections(recorded)
		rapid.Check(t, func(t *rapid.T) {
			i := rapid.IntRange(0, len(recorded)-1).Draw(t, "connection")
			var got []*Frame
			d := NewDecoder(func(f *Frame) { got = append(got, f) })
			for direction, chunk := range recorded[i].Chunks() {
				for data := chunk.Data; len(data) > 0; {
					n := rapid.IntRange(1, len(data)).Draw(t, "n")
					d.Write(direction, data[:n], chunk.Time, chunk.Packet)
					data = data[n:]
				}
			}
			d.Close()
			if want, got := text(want[i].Frames), text(got); got != want {
				t.Fatalf("%s, connection %d (-want +got):\n%s", file, i+1, cmp.Diff(want, got))
			}
		})
	}
}

func text(frames []*Frame) string {
	var b strings.Builder
	p := &textPrinter{w: &b}
	for _, f := range frames {
		_ = p.frame(&Connection{}, f)
	}
	return b.String()
}

// Each direction's frames cover its bytes without gap or overlap, whatever they are.
func FuzzDecoder(f *testing.F) {
	f.Add(uint8(0), slices.Concat(clientBanner(), connect(features, "x"), msg(1)),
		slices.Concat(serverBanner(), reply(wire.TagReady, features, "y"), msg(1)))
	f.Add(uint8(3), slices.Concat(clientBanner(), connect(features, ""), seq(1), msg(1), tagged(99),
		msg(2)), slices.Concat(serverBanner(), reply(wire.TagSeq, features, "y"), seq(2),
		tagged(wire.TagAck, seq(1)...)))
	f.Add(uint8(1), msg(1), slices.Concat(msg(1)[5:], msg(2)))
	f.Add(uint8(6), slices.Concat(clientBanner(), connect(features, ""), connect(features, "abc"),
		seq(7), msg(1)), serverBanner())
	old := wire.MessageHeaderOld{Src: wire.EntityInst{Addr: serverAddr}}
	f.Add(uint8(4), slices.Concat(clientBanner(), connect(1, "")),
		slices.Concat(serverBanner(), reply(wire.TagReady, 1, ""), []byte{7},
			old.AppendWithCRC(nil), make([]byte, 13)))
	f.Fuzz(func(t *testing.T, how uint8, client, server []byte) {
		create := []func(func(*Frame)) *Decoder{NewDecoder, NewMidwayDecoder, NewLoneDecoder}[how%3]
		streams := [2][]byte{client, server}
		var at [2]int64
		d := create(func(f *Frame) {
			if f.Offset != at[f.Direction] || !bytes.Equal(f.Bytes,
				streams[f.Direction][f.Offset:f.Offset+int64(len(f.Bytes))]) {
				t.Fatalf("%v%s with %d bytes at %d, want it at %d", f.Direction, f.Name(),
					len(f.Bytes), f.Offset, at[f.Direction])
			}
			at[f.Direction] += int64(len(f.Bytes))
			for _, field := range f.Fields {
				if field.Offset < 0 || field.Offset+field.Size > len(f.Bytes) {
					t.Fatalf("%v%s: %s at %d with %d bytes of %d", f.Direction, f.Name(),
						field.Name, field.Offset, field.Size, len(f.Bytes))
				}
			}
		})
		step := int(how/3)*7 + 1
		for direction, b := range streams {
			for len(b) > 0 {
				n := min(step, len(b))
				d.Write(capture.Direction(direction), b[:n], time.Time{}, 0)
				b = b[n:]
			}
		}
		d.Close()
		if at != [2]int64{int64(len(client)), int64(len(server))} {
			t.Fatalf("frames cover %d bytes of %d and %d", at, len(client), len(server))
		}
	})
}
