package sessiontest

import (
	"errors"
	"io"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

var zeroIPv4 = netip.IPv4Unspecified()

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestBadInputUnknownTag(t *testing.T) {
	for _, tag := range []byte{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 16, 17, 0x7f, 0xff} {
		withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
			peer := b.open()
			peer.Send([]byte{tag})
			b.expectFault(peer, protocol.StageReadTag, protocol.ErrProtocol, wire.Tag(tag).String())
		})
	}
}

// message returns a frame with three parts, and where in it the parts begin.
func message(peer *rawpeer.Peer) (frame []byte, front, middle, data, footer int) {
	frame = peer.Message(wire.MessageHeader{Type: 1}, []byte("front"), []byte("middle"),
		[]byte("data"))
	front = 1 + wire.MessageHeaderSize
	middle = front + len("front")
	data = middle + len("middle")
	return frame, front, middle, data, data + len("data")
}

func TestBadInputChecksums(t *testing.T) {
	for _, pair := range simulator.Pairs {
		for _, test := range []struct {
			name  string
			at    func(front, middle, data, footer int) int
			stage protocol.Stage
			text  string
		}{
			{"header", func(_, _, _, _ int) int {
				return 20
			}, protocol.StageReadHeader, "message_header"},
			{"front", func(front, _, _, _ int) int {
				return front
			}, protocol.StageCheckMessage, "front part"},
			{"middle", func(_, middle, _, _ int) int {
				return middle
			}, protocol.StageCheckMessage, "middle part"},
			{"data", func(_, _, data, _ int) int {
				return data
			}, protocol.StageCheckMessage, "data part"},
			{"front_crc", func(_, _, _, footer int) int {
				return footer
			}, protocol.StageCheckMessage, "front part"},
			{"middle_crc", func(_, _, _, footer int) int {
				return footer + 4
			}, protocol.StageCheckMessage, "middle part"},
			{"data_crc", func(_, _, _, footer int) int {
				return footer + 8
			}, protocol.StageCheckMessage, "data part"},
		} {
			withServer(t, pair, nil, func(t *testing.T, b *bench) {
				peer := b.open()
				frame, front, middle, data, footer := message(peer)
				frame[test.at(front, middle, data, footer)] ^= 0x40
				peer.Send(frame)
				b.expectFault(peer, test.stage, wire.ErrCRC, test.text)
			})
		}
	}
}

// The claim of a length is not believed before its bytes have come, and refused before anything is
// allocated if it is above the limit.
func TestBadInputLengthsAboveTheLimit(t *testing.T) {
	const most = math.MaxUint32
	for _, lengths := range [][3]uint32{
		{256<<20 + 1, 0, 0}, {0, 256<<20 + 1, 0}, {0, 0, 256<<20 + 1},
		{128 << 20, 128 << 20, 1}, {most, most, most}, {most, 1, 0}, {1 << 31, 1 << 31, 0},
		{1 << 31, 1 << 31, 5},
	} {
		withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
			peer := b.open()
			peer.Send(peer.Header(wire.MessageHeader{Seq: 1, Type: 1, FrontLen: lengths[0],
				MiddleLen: lengths[1], DataLen: lengths[2]}))
			b.expectFault(peer, protocol.StageReadHeader, protocol.ErrMessageTooLarge,
				"limit 268435456")
		})
	}
}

// A large claim within the limit does not cost memory until its bytes come.
func TestBadInputLargeClaimAndSilence(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.open()
		before := allocatedBytes()
		peer.Send(peer.Header(wire.MessageHeader{Seq: 1, Type: 1, DataLen: 90 << 20}))
		b.Settle()
		if grown := allocatedBytes() - before; grown > 16<<20 {
			t.Errorf("%d bytes were allocated for a claim of 90 MiB", grown)
		}
		halfClose(t, peer)
		b.expectFault(peer, protocol.StageReadData, io.ErrUnexpectedEOF, "unexpected EOF")
	})
}

func TestBadInputTruncatedAtEachPart(t *testing.T) {
	for _, pair := range simulator.Pairs {
		var probe rawpeer.Peer
		probe.Features = wire.FeaturesSupported
		whole, front, middle, data, footer := message(&probe)
		for n := 1; n < len(whole); n++ {
			if n > 3 && n < front-2 {
				continue // within the header one place is like another
			}
			stage := protocol.StageReadFooter
			switch {
			case n < front:
				stage = protocol.StageReadHeader
			case n < middle:
				stage = protocol.StageReadFront
			case n < data:
				stage = protocol.StageReadMiddle
			case n < footer:
				stage = protocol.StageReadData
			}
			withServer(t, pair, nil, func(t *testing.T, b *bench) {
				peer := b.open()
				frame, _, _, _, _ := message(peer)
				peer.Send(frame[:n])
				halfClose(t, peer)
				b.expectFault(peer, stage, io.ErrUnexpectedEOF, "EOF")
			})
		}
	}
}

func TestBadInputEndWithinSmallFrames(t *testing.T) {
	for _, frame := range [][]byte{{byte(wire.TagAck)}, {byte(wire.TagKeepalive2)},
		{byte(wire.TagKeepalive2Ack)}} {
		stage := protocol.StageReadKeepalive
		if frame[0] == byte(wire.TagAck) {
			stage = protocol.StageReadAck
		}
		for n := range 8 {
			withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
				peer := b.open()
				peer.Send(append(frame, make([]byte, n)...))
				halfClose(t, peer)
				b.expectFault(peer, stage, io.ErrUnexpectedEOF, "EOF")
			})
		}
	}
}

// A message whose sender gave it up is dropped without a word; the session goes on and its number
// may come again.
func TestBadInputFooterWithoutComplete(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withServer(t, pair, nil, func(t *testing.T, b *bench) {
			got := b.collect()
			peer := b.open()
			frame, _, _, _, _ := message(peer)
			frame[len(frame)-1] &^= byte(wire.FooterComplete)
			frame[len(frame)-2] ^= 1 // nobody computed the signature
			peer.Send(frame)
			peer.OutSeq--
			peer.SendMessage(1, "whole")
			b.Await("the whole message", func() bool { return len(got()) == 1 })
			if got()[0] != "whole" {
				t.Errorf("got %q", got())
			}
			dropped := trace.Of[trace.MessageDropped](b.Records.Records())
			if len(dropped) != 1 || dropped[0].Reason != "aborted by sender" {
				t.Errorf("dropped: %+v", dropped)
			}
		})
	}
}

func TestBadInputSequenceGoesBack(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withServer(t, pair, nil, func(t *testing.T, b *bench) {
			got := b.collect()
			peer := b.open()
			for _, seq := range []uint64{5, 5, 4, 0, 1, 6} {
				frame := peer.Message(wire.MessageHeader{Seq: max(seq, 1), Type: 1},
					[]byte{byte('0' + seq)}, nil, nil)
				if seq == 0 {
					frame = reseal(frame, 0)
				}
				peer.Send(frame)
			}
			b.Await("the last message", func() bool { return len(got()) == 2 })
			if g := got(); g[0] != "5" || g[1] != "6" {
				t.Errorf("got %q", g)
			}
			if dropped := trace.Of[trace.MessageDropped](b.Records.Records()); len(dropped) != 4 ||
				dropped[0].Reason != "duplicate" {
				t.Errorf("dropped: %+v", dropped)
			}
			b.Await("throttles to be back at zero", b.server.ThrottlesAtZero)
		})
	}
}

// A gap is accepted, as SimpleMessenger does it, and told.
func TestBadInputSequenceGap(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withServer(t, pair, nil, func(t *testing.T, b *bench) {
			got := b.collect()
			peer := b.open()
			for _, seq := range []uint64{1, 2, 40, 41} {
				peer.Send(peer.Message(wire.MessageHeader{Seq: seq, Type: 1}, nil, nil, nil))
			}
			b.Await("all messages", func() bool { return len(got()) == 4 })
			gaps := trace.Of[trace.SequenceGap](b.Records.Records())
			if len(gaps) != 1 || gaps[0].Expected != 3 || gaps[0].Got != 40 {
				t.Errorf("gaps: %+v", gaps)
			}
			if line := b.log.last("sequence_gap"); line["level"] != "WARN" ||
				line["expected"] != "3" || line["got"] != "40" || !contains(line["peer"], rawHost) {
				t.Errorf("log line %v", line)
			}
		})
	}
}

// reseal changes the sequence number of an encoded message and computes the header's checksum anew.
func reseal(frame []byte, seq uint64) []byte {
	var h wire.MessageHeader
	if err := h.Decode(frame[1:]); err != nil {
		panic(err)
	}
	h.Seq = seq
	return append(h.AppendWithCRC([]byte{frame[0]}), frame[1+wire.MessageHeaderSize:]...)
}

func TestBadInputGarbageAfterClose(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withServer(t, pair, nil, func(t *testing.T, b *bench) {
			peer := b.open()
			peer.SendTag(wire.TagClose)
			peer.ExpectFrame(wire.TagClose)
			peer.Send([]byte{'x'})
			b.expectFault(peer, protocol.StageReadUntilEOF, protocol.ErrProtocol,
				"garbage after CLOSE")
			if resets := b.server.Kinds(b.server.Accepted()); len(resets) != 2 ||
				resets[1] != "reset" {
				t.Errorf("events of the session: %v", resets)
			}
		})
	}
}

// A peer that says CLOSE and keeps the socket open does not keep us.
func TestBadInputSilenceAfterClose(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.open()
		peer.SendTag(wire.TagClose)
		peer.ExpectFrame(wire.TagClose)
		start := time.Now()
		peer.ExpectClosed()
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("the server waited for %v, want HandshakeTimeout", waited)
		}
	})
}

func TestBadInputAcksOfWhatWasNeverSent(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.open()
		peer.SendAck(math.MaxUint64)
		peer.SendKeepalive2(wire.TagKeepalive2Ack, wire.Timespec{Sec: math.MaxUint32,
			Nsec: math.MaxUint32})
		peer.SendKeepalive2(wire.TagKeepalive2, wire.Timespec{Sec: math.MaxUint32,
			Nsec: math.MaxUint32})
		if f := peer.ExpectFrame(wire.TagKeepalive2Ack); f.Stamp.Nsec != math.MaxUint32 {
			t.Errorf("stamp %+v", f.Stamp)
		}
		if err := b.server.Accepted().Send(&simplemsgr.Message{Type: 1,
			Front: []byte("hello")}); err != nil {
			t.Error(err)
		}
		if f := peer.ExpectMessage(); string(f.Front) != "hello" {
			t.Errorf("got %+v", f)
		}
		if p, _ := b.server.Pipe(b.client); p.State != protocol.Open.String() {
			t.Errorf("state %v", p.State)
		}
	})
}

// collect gathers the front parts of the messages of type 1.
func (b *bench) collect() func() []string {
	messages := make(chan string, 1000)
	var all []string
	b.server.OnMessage = func(m *simplemsgr.Message) {
		if m.Type == 1 {
			messages <- string(m.Front)
		}
	}
	return func() []string {
		for {
			select {
			case m := <-messages:
				all = append(all, m)
			default:
				return all
			}
		}
	}
}

// One side runs with ms_crc_header off: it is refused all the same, and the error says what it
// looks like.
func TestHeaderCRCOffAtOneEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		header bool // crcs of headers too; else those of the parts alone
	}{{"header", true}, {"parts", false}} {
		withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
			peer := b.open()
			frame := peer.Message(wire.MessageHeader{Type: 1}, []byte("x"), nil, nil)
			if test.header {
				clear(frame[wire.MessageHeaderSize-3 : wire.MessageHeaderSize+1])
			} else {
				clear(frame[len(frame)-wire.FooterSize : len(frame)-wire.FooterSize+4])
			}
			peer.Send(frame)
			peer.ExpectClosed()
			b.Settle()
			faults := trace.Of[trace.Faulted](b.Records.Records())
			if n := len(faults); n == 0 || !errors.Is(faults[n-1].Err, pipe.ErrCRCOff) ||
				!errors.Is(faults[n-1].Err, wire.ErrCRC) ||
				!strings.Contains(faults[n-1].Err.Error(), "ms_crc_header") {
				t.Errorf("%s: %+v", test.name, faults)
			}
		})
	}
}
