package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// bannerSize is the size of the banner with what follows it: the sender's address, and from the
// server the client's address as well.
func bannerSize(direction capture.Direction) int {
	if direction == capture.FromServer {
		return wire.BannerSize + 2*wire.EntityAddrSize
	}
	return wire.BannerSize + wire.EntityAddrSize
}

func afterBanner(direction capture.Direction) stage {
	if direction == capture.FromServer {
		return stageReply
	}
	return stageConnect
}

// stepStart finds out where in the conversation a side's first bytes are.
func (d *Decoder) stepStart(s *side) bool {
	prefix := s.buffer[:min(len(s.buffer), wire.BannerSize)]
	switch {
	case len(s.buffer) == 0:
		return false
	case bytes.HasPrefix([]byte(wire.Banner), prefix):
		if len(prefix) < wire.BannerSize && !d.ended {
			return false
		}
		s.stage = stageBanner
	default:
		s.stage, s.skipping = stageLost, skip{note: "the recording began midway", here: true}
	}
	return true
}

func (d *Decoder) stepBanner(s *side) bool {
	size := bannerSize(s.direction)
	if len(s.buffer) < size {
		return false
	}
	f := s.take(size, KindBanner)
	whole := structure{frame: f}
	whole.add("banner", 0, wire.BannerSize, string(f.Bytes[:wire.BannerSize]), "")
	f.fault(wire.DecodeBanner(f.Bytes))
	own := f.addr("addr.", wire.BannerSize)
	f.Summary = own
	if s.direction == capture.FromServer {
		f.Summary = own + ", sees " + f.addr("peer_addr.", wire.BannerSize+wire.EntityAddrSize)
	}
	s.stage = afterBanner(s.direction)
	d.emit(f)
	return true
}

// addr lists the address at an offset of the frame and returns its text form.
func (f *Frame) addr(prefix string, at int) string {
	structure{f, at, prefix}.entityAddr(f.Bytes[at:])
	a, err := wire.DecodeEntityAddr(f.Bytes[at:])
	if err != nil {
		f.fault(err)
		return "an unreadable address"
	}
	return a.String()
}

// fault adds err, if any, to what is wrong with the frame.
func (f *Frame) fault(err error) {
	if err != nil {
		f.Malformed = append(f.Malformed, err)
	}
}

func (d *Decoder) stepConnect(s *side) bool {
	if len(s.buffer) < wire.ConnectSize {
		return false
	}
	c, err := wire.DecodeConnect(s.buffer)
	if err != nil {
		// Only a host_type beyond 8 bits; the other fields are what they are.
		b := bytes.Clone(s.buffer[:wire.ConnectSize])
		copy(b[9:12], []byte{0, 0, 0})
		c, _ = wire.DecodeConnect(b)
	}
	size := wire.ConnectSize + int64(c.AuthorizerLen)
	if int64(len(s.buffer)) < size {
		return false
	}
	f := s.take(int(size), KindConnect)
	f.fault(err)
	whole := structure{frame: f}
	whole.connect(c)
	whole.opaque("authorizer", wire.ConnectSize, int(c.AuthorizerLen))
	f.Summary = fmt.Sprintf("%v, global_seq %d, connect_seq %d, protocol %d", c.HostType,
		c.GlobalSeq, c.ConnectSeq, c.ProtocolVersion)
	if c.AuthorizerLen > 0 {
		f.Summary += fmt.Sprintf(", authorizer %s of %d bytes",
			authorizerProtocol(c.AuthorizerProtocol), c.AuthorizerLen)
	}
	if c.Lossy() {
		f.Summary += ", lossy"
	}
	d.connect = &c
	s.stage = stageAnswer
	d.emit(f)
	return true
}

// stepAnswer lets the client go on once the server's reply to its connect is known.
func (d *Decoder) stepAnswer(s *side) bool {
	if d.alone {
		return d.guessAnswer(s)
	}
	if len(d.verdicts) == 0 {
		return false
	}
	verdict := d.verdicts[0]
	d.verdicts = d.verdicts[1:]
	s.stage = afterReply(verdict, stageConnect)
	if s.stage == stageTagged {
		d.negotiated()
	}
	return true
}

// guessAnswer lets a client go on whose server was not recorded: what it says next shows what it
// was told.
func (d *Decoder) guessAnswer(s *side) bool {
	if len(s.buffer) < wire.SeqSize {
		return false
	}
	if len(s.buffer) >= wire.ConnectSize {
		if c, err := wire.DecodeConnect(s.buffer); err == nil && c.Features == d.connect.Features {
			s.stage = stageConnect
			return true
		}
	}
	for _, guess := range []struct {
		at    int
		stage stage
	}{{0, stageTagged}, {wire.SeqSize, stageSeq}} {
		switch firstFrame(s.buffer[guess.at:], d.ended) {
		case unknown:
			return false
		case yes:
			s.stage = guess.stage
			return true
		}
	}
	s.stage, s.skipping = stageLost, skip{note: "cannot tell what the server answered"}
	return true
}

// afterReply is what a side says after a reply that opens the session, and otherwise what goes on.
func afterReply(tag wire.Tag, otherwise stage) stage {
	switch tag {
	case wire.TagReady:
		return stageTagged
	case wire.TagSeq:
		return stageSeq
	default:
	}
	return otherwise
}

func (d *Decoder) stepReply(s *side) bool {
	if len(s.buffer) < wire.ConnectReplySize {
		return false
	}
	r, err := wire.DecodeConnectReply(s.buffer)
	size := wire.ConnectReplySize + int64(r.AuthorizerLen)
	if err != nil || int64(len(s.buffer)) < size {
		return false
	}
	f := s.take(int(size), KindReply)
	f.Tag = r.Tag
	switch r.Tag {
	case wire.TagClose, wire.TagMsg, wire.TagAck, wire.TagKeepalive, wire.TagKeepalive2,
		wire.TagKeepalive2Ack:
		f.fault(tagError("connect_reply", r.Tag, "is for open sessions"))
	default:
		if !r.Tag.Valid() {
			f.fault(tagError("connect_reply", r.Tag, "is unknown"))
		}
	}
	whole := structure{frame: f}
	whole.connectReply(r)
	whole.opaque("authorizer_reply", wire.ConnectReplySize, int(r.AuthorizerLen))
	f.Summary = replySummary(r)
	d.reply = &r
	d.verdicts = append(d.verdicts, r.Tag)
	s.stage = afterReply(r.Tag, stageReply)
	if s.stage == stageTagged {
		d.negotiated()
	}
	d.emit(f)
	return true
}

// replySummary names the field that matters with this tag.
func replySummary(r wire.ConnectReply) string {
	text := ""
	switch r.Tag {
	case wire.TagReady, wire.TagSeq:
		text = fmt.Sprintf("global_seq %d, connect_seq %d", r.GlobalSeq, r.ConnectSeq)
		if r.Lossy() {
			text += ", lossy"
		}
	case wire.TagRetrySession:
		text = fmt.Sprintf("connect_seq %d", r.ConnectSeq)
	case wire.TagRetryGlobal:
		text = fmt.Sprintf("global_seq %d", r.GlobalSeq)
	case wire.TagBadProtoVer:
		text = fmt.Sprintf("protocol %d", r.ProtocolVersion)
	case wire.TagFeatures:
		text = "features " + r.Features.String()
	default:
	}
	if r.AuthorizerLen > 0 {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("authorizer reply of %d bytes", r.AuthorizerLen)
	}
	return text
}

func (d *Decoder) stepSeq(s *side) bool {
	if len(s.buffer) < wire.SeqSize {
		return false
	}
	f := s.take(wire.SeqSize, KindSeq)
	seq := binary.LittleEndian.Uint64(f.Bytes)
	structure{frame: f}.add("in_seq", 0, wire.SeqSize, Big(seq), "")
	f.Summary = fmt.Sprintf("in_seq %d", seq)
	s.stage = stageTagged
	d.negotiated()
	d.emit(f)
	return true
}

// negotiated settles the size of footers when the session opens, if both sides were heard.
func (d *Decoder) negotiated() {
	if d.connect == nil || d.reply == nil {
		return
	}
	d.footerSize = wire.FooterOldSize
	if (d.connect.Features & d.reply.Features).Has(wire.FeatureMsgAuth) {
		d.footerSize = wire.FooterSize
	}
}
