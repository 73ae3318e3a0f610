package decode

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"simplemessenger/wire"
)

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// change returns b with the bytes from at on replaced.
func change(b []byte, at int, with ...byte) []byte {
	b = slices.Clone(b)
	copy(b[at:], with)
	return b
}

const (
	headerAt = 1
	frontAt  = headerAt + wire.MessageHeaderSize
)

// withHeaderCRC sets the right checksum after a change of the header.
func withHeaderCRC(b []byte) []byte {
	binary.LittleEndian.PutUint32(b[headerAt+49:], wire.CRC(0, b[headerAt:headerAt+49]))
	return b
}

func TestMalformed(t *testing.T) {
	m := message(1, "front", "middle", "data", wire.FooterSize)
	footerAt := len(m) - wire.FooterSize
	for _, test := range []struct {
		name  string
		sent  []byte
		want  string // behind openedNames
		error string
		err   error
	}{
		{"header crc", change(m, headerAt+49, m[headerAt+49]^1), ">MSG! >MSG",
			"message_header: crc", wire.ErrCRC},
		{"header crc off", change(m, headerAt+49, 0, 0, 0, 0), ">MSG >MSG", "", nil},
		{"front", change(m, frontAt, 'x'), ">MSG! >MSG", "front_crc at offset 0", wire.ErrCRC},
		{"middle", change(m, frontAt+5, 'x'), ">MSG! >MSG", "middle_crc at offset 4", wire.ErrCRC},
		{"data", change(m, frontAt+11, 'x'), ">MSG! >MSG", "data_crc at offset 8", wire.ErrCRC},
		{"data, nobody looks", change(change(m, frontAt+11, 'x'), len(m)-1,
			byte(wire.FooterComplete|wire.FooterNoCRC)), ">MSG >MSG", "", nil},
		{"front crc off", change(m, footerAt, 0, 0, 0, 0), ">MSG >MSG", "", nil},
		{"data crc 0 without the flag", change(m, footerAt+8, 0, 0, 0, 0), ">MSG! >MSG",
			"data_crc at offset 8", wire.ErrCRC},
		{"aborted", change(change(m, frontAt, 'x'), len(m)-1, 0), ">MSG >MSG", "", nil},
		{"unknown tag", tagged(17), ">?! >MSG", "tag at offset 0: 17 (TAG_17) is unknown",
			wire.ErrInvalid},
		{"unknown tag with something behind it", slices.Concat(tagged(200),
			[]byte("\x07 rubbish \x08")), ">?! >MSG", "200 (TAG_200) is unknown", wire.ErrInvalid},
		{"tag of the negotiation", tagged(wire.TagSeq, seq(1)...), ">?! >MSG",
			"13 (SEQ) is for the negotiation", wire.ErrInvalid},
		{"length damaged", change(m, headerAt+22, 200), ">?! >MSG", "message_header: crc",
			wire.ErrCRC},
		{"length damaged beyond reason", change(m, headerAt+22, 0, 0, 0, 0x80), ">?! >MSG",
			"message_header: crc", wire.ErrCRC},
		{"length beyond reason", withHeaderCRC(change(m, headerAt+30, 0, 0, 0, 0x80)), ">?! >MSG",
			"front_len at offset 22: 2147483659 bytes", wire.ErrTooLarge},
		{"zeros", make([]byte, 200), ">?! >MSG", "0 (TAG_0) is unknown", wire.ErrInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t).client(test.sent).client(msg(2)).want(openedNames + test.want)
			checkFault(t, s.frames[4], test.error, test.err)
			// The same at the end of the recording, without a frame to find back to.
			opened(t).client(test.sent).want(openedNames + strings.TrimSuffix(test.want, " >MSG"))
		})
	}
}

func checkFault(t *testing.T, f *Frame, text string, err error) {
	t.Helper()
	if err == nil {
		if len(f.Malformed) != 0 {
			t.Errorf("malformed: %v", f.Malformed)
		}
		return
	}
	if len(f.Malformed) != 1 || !errors.Is(f.Malformed[0], err) ||
		!strings.Contains(f.Malformed[0].Error(), text) {
		t.Errorf("malformed: %v, want %v with %q", f.Malformed, err, text)
	}
}

func TestMalformedNegotiation(t *testing.T) {
	t.Run("banner and addresses", func(t *testing.T) {
		b := change(change(change(serverBanner(), 8, '8'), 9, 1), 145+8, 9)
		s := newScript(t, NewDecoder).server(b).want("<BANNER!")
		f := s.frames[0]
		if len(f.Malformed) != 3 || f.Summary != "an unreadable address, sees an unreadable "+
			"address" || f.Field("addr.type") != uint32(1) {
			t.Errorf("%v, %q", f.Malformed, f.Summary)
		}
	})
	t.Run("host_type", func(t *testing.T) {
		s := newScript(t, NewDecoder).client(clientBanner(),
			change(connect(features, "abc"), 9, 1)).want(">BANNER >CONNECT!")
		checkFault(t, s.frames[1], "host_type at offset 8", wire.ErrInvalid)
		if s.frames[1].Field("global_seq") != uint32(1) || len(s.frames[1].Bytes) != 36 {
			t.Errorf("the other fields are lost: %+v", s.frames[1])
		}
	})
	for _, tag := range []wire.Tag{0, wire.TagClose, wire.TagMsg, wire.TagAck, wire.TagKeepalive,
		wire.TagKeepalive2, wire.TagKeepalive2Ack, 17} {
		s := newScript(t, NewDecoder).server(serverBanner()).client(clientBanner(),
			connect(features, "")).server(reply(tag, features, ""))
		s.want("<BANNER >BANNER >CONNECT <" + tag.String() + "!")
		checkFault(t, s.frames[3], "connect_reply: tag", wire.ErrInvalid)
	}
}

func TestOldHeader(t *testing.T) {
	old := wire.MessageHeaderOld{
		MessageHeader: wire.MessageHeader{Seq: 3, Type: 2, FrontLen: 2},
		Src:           wire.EntityInst{Name: wire.OSD(1), Addr: serverAddr},
		OrigSrc:       wire.EntityInst{Name: wire.Mon(2), Addr: clientAddr},
	}
	b := append(old.AppendWithCRC([]byte{byte(wire.TagMsg)}), "ab"...)
	footer := wire.Footer{FrontCRC: wire.CRC(0, []byte("ab")), Flags: wire.FooterComplete}
	b = footer.AppendOld(b)
	s := newScript(t, NewDecoder).server(serverBanner()).client(clientBanner(),
		connect(1, "")).server(reply(wire.TagReady, 1, ""))
	s.client(b[:100]).client(b[100:], message(4, "", "", "", wire.FooterOldSize)).want(openedNames +
		">MSG >MSG")
	f := s.frames[4]
	if f.Summary != "MPing, seq 3, from osd.1, 2 bytes" ||
		f.Field("orig_src.addr.nonce") != uint32(9) || f.Field("src.addr.port") != uint16(6789) {
		t.Errorf("%s: %+v", f.Summary, f.Fields)
	}
	for _, field := range f.Fields {
		if field.Name == "footer.front_crc" && field.Offset != 1+wire.MessageHeaderOldSize+2 {
			t.Errorf("the footer is at %d", field.Offset)
		}
	}
}

// Whatever is cut off at the end of the recording is incomplete and nothing worse.
func TestCutOffAnywhere(t *testing.T) {
	client := slices.Concat(clientBanner(), connect(features, "authorizer"), seq(1), msg(2),
		tagged(wire.TagAck, seq(1)...))
	server := slices.Concat(serverBanner(), reply(wire.TagSeq, features, "authorizer reply"),
		seq(1), msg(2), tagged(wire.TagAck, seq(1)...))
	for cut := range len(client) {
		s := newScript(t, NewDecoder).server(server).client(client[:cut])
		s.names()
		total := 0
		for _, f := range s.frames {
			if len(f.Malformed) > 0 {
				t.Fatalf("client cut at %d: %v%s is malformed: %v", cut, f.Direction, f.Name(),
					f.Malformed)
			}
			if f.Incomplete {
				total++
			}
		}
		if total > 1 {
			t.Fatalf("client cut at %d: %s", cut, s.names())
		}
	}
	for cut := range len(server) {
		s := newScript(t, NewDecoder).server(server[:cut]).client(client)
		for _, name := range strings.Fields(s.names()) {
			if strings.Contains(name, "!") {
				t.Fatalf("server cut at %d: %s", cut, name)
			}
		}
	}
	opened(t).client(msg(1)[:60]).want(openedNames + ">MSG…")
	opened(t).client(tagged(wire.TagAck, 1, 2)).want(openedNames + ">ACK…")
	newScript(t, NewDecoder).server(serverBanner()).client(clientBanner(),
		connect(features, "")).server(reply(wire.TagWait, 0, "")[:9]).
		want("<BANNER >BANNER >CONNECT <WAIT…")
	// A client that does not wait for the answer, which never comes.
	s := newScript(t, NewDecoder).client(clientBanner(), connect(features, ""),
		msg(1)).want(">BANNER >CONNECT >?…")
	if s.frames[2].Note != "sent without waiting for the reply" {
		t.Errorf("note %q", s.frames[2].Note)
	}
}

func TestMissingBytes(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(s *script)
		want string
		note string // of the fifth frame
	}{
		{"between two frames", func(s *script) {
			s.client(msg(1))
			s.d.Missing(0, 50)
			s.client(msg(9))
		}, ">MSG >MSG", ""},
		{"in a frame", func(s *script) {
			s.client(msg(1)[:30])
			s.d.Missing(0, 50)
			s.client(msg(1)[80:], msg(9))
		}, ">MSG… >?… >MSG", "the recording lacks what follows"},
		{"and nothing to find back to", func(s *script) {
			s.d.Missing(0, 50)
			s.client([]byte("rubbish"))
		}, ">?…", "50 bytes before this were not recorded"},
		{"and then the other side goes on", func(s *script) {
			s.d.Missing(0, 50)
			s.server(tagged(wire.TagKeepalive)).client(msg(1))
		}, "<KEEPALIVE >MSG", ""},
		{"and small frames up to the end", func(s *script) {
			s.d.Missing(0, 50)
			s.client(tagged(wire.TagAck, seq(1)...), tagged(wire.TagKeepalive))
		}, ">ACK >KEEPALIVE", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t)
			test.run(s)
			s.want(openedNames + test.want)
			if s.frames[4].Note != test.note {
				t.Errorf("note %q, want %q", s.frames[4].Note, test.note)
			}
		})
	}
	t.Run("a whole banner", func(t *testing.T) {
		s := newScript(t, NewDecoder)
		s.d.Missing(1, 281)
		s.client(clientBanner(), connect(features, "")).server(reply(wire.TagReady, features,
			"")).want("<BANNER… >BANNER >CONNECT <READY")
		if s.frames[3].Offset != 281 {
			t.Errorf("READY at %d", s.frames[3].Offset)
		}
	})
	t.Run("the negotiation", func(t *testing.T) {
		s := newScript(t, NewDecoder)
		s.d.Missing(1, 300)
		s.server(msg(1)).client(clientBanner(), connect(features, ""), msg(1))
		s.want(">BANNER >CONNECT <MSG >?…")
	})
}

func TestMidway(t *testing.T) {
	for _, test := range []struct {
		name           string
		client, server []byte
		want           string
	}{
		{"at a message", slices.Concat(msg(5), msg(6)),
			slices.Concat(tagged(wire.TagAck, seq(5)...), msg(8)), ">MSG <ACK >MSG <MSG"},
		{"within a message", slices.Concat(msg(5)[20:], msg(6)), nil, ">?… >MSG"},
		{"small frames only", nil, slices.Concat(tagged(wire.TagAck, seq(5)...),
			tagged(wire.TagKeepalive)), "<ACK <KEEPALIVE"},
		{"old footers", slices.Concat(message(1, "a", "", "", 13), message(2, "", "b", "", 13)),
			message(1, "", "", "", 13), ">MSG <MSG >MSG"},
		{"the banner is there after all", slices.Concat(clientBanner(), connect(features, ""),
			msg(1)), slices.Concat(serverBanner(), reply(wire.TagReady, features, "")),
			"<BANNER >BANNER >CONNECT <READY >MSG"},
		{"a part of the banner", []byte("ceph"), nil, ">BANNER…"},
		{"nothing of ours", []byte("GET / HTTP/1.1\r\n\r\n"), nil, ">?…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScript(t, NewMidwayDecoder)
			if test.server != nil {
				s.server(test.server)
			}
			if test.client != nil {
				s.client(test.client)
			}
			got, want := strings.Fields(s.names()), strings.Fields(test.want)
			// the order of two directions that were given one after the other is not the point here
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestStartThatLooksLikeABanner(t *testing.T) {
	newScript(t, NewMidwayDecoder).client([]byte("ce")).client([]byte("llar door")).want(">?…")
	newScript(t, NewMidwayDecoder).client(clientBanner()[:2]).client(clientBanner()[2:]).want(
		">BANNER")
}

// The lengths of a damaged header are believed only if they lead to something sound, also at the
// end of the recording.
func TestTwoDamagedMessages(t *testing.T) {
	m := change(msg(1), headerAt+49, msg(1)[headerAt+49]^1)
	opened(t).client(m, m).want(openedNames + ">?!")
	opened(t).client(m, tagged(wire.TagAck, seq(1)...)).want(openedNames + ">MSG! >ACK")
	opened(t).client(m).want(openedNames + ">MSG!")
}

// A long stretch of rubbish is reported in pieces, not hoarded.
func TestLostForLong(t *testing.T) {
	s := opened(t).client(tagged(99))
	for range 5 {
		s.client(make([]byte, keepLost/2))
	}
	if len(s.d.sides[0].buffer) > keepLost {
		t.Errorf("%d bytes are kept", len(s.d.sides[0].buffer))
	}
	s.client(msg(1))
	s.names()
	last := s.frames[len(s.frames)-1]
	if last.Name() != "MSG" || len(s.frames) < 7 || s.frames[4].Name() != "?" {
		t.Errorf("got %s", s.names())
	}
	malformed := 0
	for _, f := range s.frames {
		malformed += len(f.Malformed)
	}
	if malformed != 1 {
		t.Errorf("%d faults for one", malformed)
	}
}
