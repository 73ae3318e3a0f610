package conformance

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// What the kit can expect, piece by piece.

// readGreeting reads what the other side says first. Behind the banner a server says two addresses,
// its own and ours, and a client one.
func (s *socket) readGreeting() (*piece, error) {
	b, err := s.read("a banner", wire.BannerSize)
	if err != nil {
		return nil, err
	}
	if err := wire.DecodeBanner(b); err != nil {
		return nil, cite(s.bannerRule(), "%v", err)
	}
	p := &piece{name: "greeting"}
	addresses := []string{"addr"}
	if s.dialed {
		addresses = []string{"addr", "peer_addr"}
	}
	for _, name := range addresses {
		b, err := s.read(name+" behind the banner", wire.EntityAddrSize)
		if err != nil {
			return nil, err
		}
		a, err := wire.DecodeEntityAddr(b)
		if err != nil {
			return nil, cite("V1-ADDR-1", "%s: %v", name, err)
		}
		p.address(name, a)
		if name == "addr" {
			s.peerAddr = a
		}
		// The first four bytes as they are: 0 marks this encoding, which DecodeEntityAddr takes for
		// granted.
		p.set(name+".type", uint64(binary.LittleEndian.Uint32(b)))
		p.number(name+".padding", padding(a, b))
	}
	return p, nil
}

// padding counts the bytes behind the socket address that are not zero.
func padding(a wire.EntityAddr, b []byte) (count uint64) {
	begin := 16
	if a.IP.Is6() {
		begin = 36
	}
	for _, c := range b[begin:] {
		if c != 0 {
			count++
		}
	}
	return count
}

// bannerRule is the one that a wrong banner breaks.
func (s *socket) bannerRule() string {
	if s.dialed {
		return "V1-BANNER-2"
	}
	return "V1-BANNER-3"
}

func (s *socket) readConnect() (*piece, error) {
	b, err := s.read("a connect", wire.ConnectSize)
	if err != nil {
		return nil, err
	}
	if s.connect, err = wire.DecodeConnect(b); err != nil {
		return nil, cite("V1-CONNECT-2", "%v", err) // of all fields only host_type can be wrong
	}
	if s.authorizer, err = s.read("an authorizer", int(s.connect.AuthorizerLen)); err != nil {
		return nil, err
	}
	p := connectPiece(s.connect)
	if s.judge != nil {
		s.judge.open(s.self.credentials, s.connect, s.authorizer)
		p.flag("proven", s.judge.proven())
		p.flag("answered", s.judge.answered())
	}
	return p, nil
}

func (s *socket) readReply() (*piece, []byte, error) {
	b, err := s.read("a connect reply", wire.ConnectReplySize)
	if err != nil {
		return nil, nil, err
	}
	if s.reply, err = wire.DecodeConnectReply(b); err != nil {
		return nil, nil, err
	}
	authorizer, err := s.read("an authorizer reply", int(s.reply.AuthorizerLen))
	if err != nil {
		return nil, nil, err
	}
	if s.reply.Tag == wire.TagReady || s.reply.Tag == wire.TagSeq {
		s.features = s.reply.Features & s.offered
	}
	p := replyPiece(s.reply)
	p.number("authorizer_crc", uint64(wire.CRC(0, authorizer)))
	return p, authorizer, s.judgeAnswer(authorizer)
}

func (s *socket) readSeq() (*piece, error) {
	b, err := s.read("a sequence number", wire.SeqSize)
	if err != nil {
		return nil, err
	}
	seq, err := wire.DecodeSeq(b)
	p := &piece{name: "seq"}
	p.number("seq", seq)
	return p, err
}

// readFrame reads the next frame of an open session.
func (s *socket) readFrame() (*piece, error) {
	b, err := s.read("a frame", 1)
	if err != nil {
		return nil, err
	}
	switch tag := wire.Tag(b[0]); tag {
	case wire.TagMsg:
		return s.readMessage()
	case wire.TagAck:
		return s.readAck()
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		b, err := s.read("a time stamp", wire.TimespecSize)
		if err != nil {
			return nil, err
		}
		stamp, err := wire.DecodeTimespec(b)
		p := &piece{name: strings.ToLower(tag.String())}
		p.number("sec", uint64(stamp.Sec))
		p.number("nsec", uint64(stamp.Nsec))
		return p, err
	case wire.TagKeepalive, wire.TagClose:
		return &piece{name: strings.ToLower(tag.String())}, nil
	default:
		return nil, citeForm("V1-TAG-2", "expected a frame, got the tag %v (%d)", tag, b[0])
	}
}

func (s *socket) readAck() (*piece, error) {
	b, err := s.read("the sequence number of an ack", wire.SeqSize)
	if err != nil {
		return nil, err
	}
	seq, err := wire.DecodeSeq(b)
	if err != nil {
		return nil, err
	}
	if s.self != nil && seq > s.self.outSeq {
		return nil, cite("V1-ACK-3", "an ack of %d, and %d is the last message that was sent", seq,
			s.self.outSeq)
	}
	if s.acked && seq < s.lastAck {
		return nil, cite("V1-ACK-4", "an ack of %d came after one of %d", seq, s.lastAck)
	}
	s.acked, s.lastAck = true, seq
	p := &piece{name: "ack"}
	p.number("seq", seq)
	return p, nil
}

// housekeeping are frames that may stand between any two others.
var housekeeping = []string{"ack", "keepalive", "keepalive2", "keepalive2_ack"}

// frames are the names of all of them.
var frames = append([]string{"msg", "close"}, housekeeping...)

// readFrameOf reads frames until one has the name, or, if that is "frame", the next one. Others may
// come before it if their names are in skip.
func (s *socket) readFrameOf(name string, skip []string) (*piece, error) {
	for {
		p, err := s.readFrame()
		if err != nil {
			var missing *missingError
			if errors.As(err, &missing) && missing.what == "a frame" {
				missing.what = name
			}
			return nil, err
		}
		if p.name == name || name == "frame" {
			return p, nil
		}
		if !slices.Contains(skip, p.name) {
			return p, errors.Errorf("expected %s, got %v", name, p)
		}
	}
}

// readEnd reads until the other side closes the socket. Before the session is open no more than
// most bytes may come first, and in an open one only the frames in skip.
func (s *socket) readEnd(skip []string, most int) (*piece, error) {
	for {
		if !s.open {
			b, err := s.r.ReadByte()
			if err == nil && most > 0 {
				most--
				continue
			}
			if err == nil {
				return nil, errors.Errorf("expected the socket to be closed, got the byte %#x", b)
			}
			return s.ended(err)
		}
		p, err := s.readFrame()
		if err != nil {
			var missing *missingError
			if errors.As(err, &missing) {
				return s.ended(missing.err)
			}
			return nil, err
		}
		if !slices.Contains(skip, p.name) {
			return p, errors.Errorf("expected the socket to be closed, got %v", p)
		}
	}
}

// stayedOpenError says that a socket did not end in time.
type stayedOpenError struct{ err error }

func (e *stayedOpenError) Error() string { return "it stayed open" }
func (e *stayedOpenError) Unwrap() error { return e.err }

func (s *socket) ended(err error) (*piece, error) {
	if isTimeout(err) {
		return nil, errors.WithMessage(&stayedOpenError{err}, "expected the socket to be closed")
	}
	p := &piece{name: "closed"}
	p.number("clean", 0)
	if err == io.EOF || err == errClosed {
		p.fields[0].value.Number = 1
	}
	return p, nil
}
