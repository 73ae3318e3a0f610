package decode

import (
	"fmt"
	"time"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// Decoder follows one connection. Create one with NewDecoder, feed it with Write and Missing, and
// end with Close. It must not be used by several goroutines at once.
type Decoder struct {
	emit  func(*Frame)
	sides [2]side // by direction
	// alone says that only one direction was recorded, so that there are no answers to go by.
	alone bool
	ended bool

	// What the two sides have said in the latest round of the negotiation; nil if that was not
	// recorded.
	connect *wire.Connect
	reply   *wire.ConnectReply
	// verdicts are the replies that the client's stream has not been matched with yet.
	verdicts []wire.Tag
	// footerSize of the open session: 0 as long as it is neither negotiated nor found out.
	footerSize int
}

// stage is what a side is expected to say next.
type stage uint8

const (
	stageStart   stage = iota // not known: the recording began midway
	stageBanner               // banner and addresses
	stageConnect              // client: connect
	stageAnswer               // client: nothing before the server has replied
	stageReply                // server: connect reply
	stageSeq                  // the number after SEQ
	stageTagged               // frames of the open session
	stageLost                 // out of step: look for a message
)

// side is one direction.
type side struct {
	direction capture.Direction
	stage     stage
	buffer    []byte // not decoded yet
	offset    int64  // of buffer's first byte in the stream
	arrivals  []arrival
	// skipping says why bytes are skipped in stageLost.
	skipping skip
	// searched is where in the buffer to go on looking for a message.
	searched int
}

// arrival remembers when a piece of the stream came.
type arrival struct {
	end    int64
	time   time.Time
	packet int
}

type skip struct {
	fault error  // what a peer did wrong, nil if the recording is to blame
	note  string // what happened
	here  bool   // frames may begin right here, since nothing was skipped or read wrongly so far
}

// NewDecoder returns a decoder for a connection that is recorded from its first byte on. It calls
// emit with every frame, in the order in which the frames became complete; the frame and its bytes
// are the callee's to keep.
func NewDecoder(emit func(*Frame)) *Decoder {
	d := &Decoder{emit: emit}
	for i := range d.sides {
		d.sides[i] = side{direction: capture.Direction(i), stage: stageBanner}
	}
	return d
}

// NewMidwayDecoder returns a decoder for a connection whose beginning may be missing.
func NewMidwayDecoder(emit func(*Frame)) *Decoder {
	d := NewDecoder(emit)
	for i := range d.sides {
		d.sides[i].stage = stageStart
	}
	return d
}

// NewLoneDecoder returns a decoder for one direction of which the other is not there, so that it
// has to be guessed what the peer answered. The beginning may be missing.
func NewLoneDecoder(emit func(*Frame)) *Decoder {
	d := NewMidwayDecoder(emit)
	d.alone = true
	return d
}

// Write adds data that was sent in the given direction and arrived at that time, in that packet (0
// if there is none). The data may be cut anywhere. It is copied.
func (d *Decoder) Write(direction capture.Direction, data []byte, at time.Time, packet int) {
	s := &d.sides[direction]
	s.buffer = append(s.buffer, data...)
	s.arrivals = append(s.arrivals, arrival{s.offset + int64(len(s.buffer)), at, packet})
	d.advance()
}

// Missing says that n bytes in the given direction were not recorded.
func (d *Decoder) Missing(direction capture.Direction, n int64) {
	s := &d.sides[direction]
	if s.stage == stageBanner && len(s.buffer) == 0 && n == int64(bannerSize(direction)) {
		// The one structure whose size is known beforehand: the conversation can still be followed.
		d.emit(&Frame{Direction: direction, Kind: KindBanner, Incomplete: true,
			Note: "not recorded"})
		s.offset += n
		s.stage = afterBanner(direction)
		return
	}
	d.rest(s, "the recording lacks what follows")
	s.offset += n
	s.stage, s.skipping = stageLost, skip{
		note: fmt.Sprintf("%d bytes before this were not recorded", n), here: true,
	}
}

// Close says that nothing more will come. What is left over is emitted as incomplete frames.
func (d *Decoder) Close() {
	d.ended = true
	d.advance()
	for i := range d.sides {
		d.rest(&d.sides[i], "the recording ends here")
	}
}

// advance decodes what can be decoded. A step of one side may let the other one go on.
func (d *Decoder) advance() {
	for again := true; again; {
		again = false
		for i := range d.sides {
			for d.step(&d.sides[i]) {
				again = true
			}
		}
	}
}

// step decodes one frame of a side. It returns false if the side has to wait, for bytes or for the
// other side.
func (d *Decoder) step(s *side) bool {
	switch s.stage {
	case stageStart:
		return d.stepStart(s)
	case stageBanner:
		return d.stepBanner(s)
	case stageConnect:
		return d.stepConnect(s)
	case stageAnswer:
		return d.stepAnswer(s)
	case stageReply:
		return d.stepReply(s)
	case stageSeq:
		return d.stepSeq(s)
	case stageTagged:
		return d.stepTagged(s)
	}
	return d.stepLost(s)
}

// take cuts the first size bytes off the buffer and makes a frame of them, which the caller fills
// in.
func (s *side) take(size int, kind Kind) *Frame {
	f := &Frame{Direction: s.direction, Kind: kind, Offset: s.offset, Bytes: s.buffer[:size:size]}
	s.buffer = s.buffer[size:]
	s.offset += int64(size)
	s.searched = 0
	for len(s.arrivals) > 1 && s.arrivals[0].end < s.offset {
		s.arrivals = s.arrivals[1:]
	}
	if len(s.arrivals) > 0 {
		f.Time, f.Packet = s.arrivals[0].time, s.arrivals[0].packet
	}
	return f
}

// rest emits what is in the buffer as an incomplete frame, or as skipped bytes.
func (d *Decoder) rest(s *side, why string) {
	if len(s.buffer) == 0 {
		return
	}
	switch s.stage {
	case stageLost:
		d.skip(s, len(s.buffer))
		return
	case stageTagged:
		d.emit(s.partialTagged(why))
		return
	}
	f := s.take(len(s.buffer), map[stage]Kind{
		stageBanner: KindBanner, stageConnect: KindConnect, stageReply: KindReply,
		stageSeq: KindSeq,
	}[s.stage])
	if f.Kind == 0 {
		f.Kind = KindUnknown
	}
	if f.Kind == KindReply {
		f.Tag = wire.Tag(f.Bytes[0])
	}
	f.Incomplete, f.Note = true, why
	if s.stage == stageAnswer {
		f.Note = "sent without waiting for the reply"
	}
	d.emit(f)
}
