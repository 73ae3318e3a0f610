package main

import (
	"bufio"
	"io"
	"net"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// reply is what the server has answered to a Connect, as far as it tells what the client says next.
type reply struct {
	tag    wire.Tag
	footer int64 // size of the footers of the session
}

// errUnknown: what is said is not of the protocol.
var errUnknown = errors.New("not of the protocol")

// side is one direction: what it reads from one socket it writes to the other.
type side struct {
	name string
	from net.Conn
	to   net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
	p    *printer
}

func newSide(name string, from, to net.Conn, p *printer) *side {
	return &side{name, from, to, bufio.NewReader(from), bufio.NewWriter(to), p}
}

func (s *side) say(format string, args ...any) { s.p.printf(s.name+": "+format, args...) }

// carry reads a conversation to its end. What it does not understand it carries over unread.
func (s *side) carry(conversation func() error) error {
	err := conversation()
	if unknown := new(wire.DecodeError); errors.As(err, &unknown) || errors.Is(err, errUnknown) {
		s.say("what follows is not read: %v", err)
		if err = s.out.Flush(); err == nil {
			_, err = io.Copy(s.to, s.in)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.from.Close()
		s.to.Close()
		return err
	}
	_ = s.out.Flush()
	if half, ok := s.to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the other direction may have something to say still
	}
	return nil
}

// next reads n bytes. Before it waits it lets go what it has.
func (s *side) next(n int) ([]byte, error) {
	if s.in.Buffered() < n {
		if err := s.out.Flush(); err != nil {
			return nil, err
		}
	}
	b := make([]byte, n)
	_, err := io.ReadFull(s.in, b)
	return b, err
}

// take reads n bytes and hands them on.
func (s *side) take(n int) ([]byte, error) {
	b, err := s.next(n)
	if err == nil {
		_, err = s.out.Write(b)
	}
	return b, err
}

// pass hands on n bytes that nobody looks at, as they come.
func (s *side) pass(n int64) error {
	_, err := io.CopyN(s.out, s.in, n)
	return err
}

// frames reads an open session.
func (s *side) frames(footer int64) error {
	for {
		b, err := s.take(1)
		if err != nil {
			return err
		}
		switch tag := wire.Tag(b[0]); tag {
		case wire.TagMsg:
			err = s.message(footer)
		case wire.TagAck:
			if b, err = s.take(wire.SeqSize); err == nil {
				seq, _ := wire.DecodeSeq(b)
				s.say("%v %d", tag, seq)
			}
		case wire.TagKeepalive2, wire.TagKeepalive2Ack:
			s.say("%v", tag)
			err = s.pass(wire.TimespecSize)
		case wire.TagKeepalive, wire.TagClose:
			s.say("%v", tag)
		default:
			return errors.WithMessagef(errUnknown, "%v in an open session", tag)
		}
		if err != nil {
			return err
		}
	}
}

func (s *side) message(footer int64) error {
	b, err := s.take(wire.MessageHeaderSize)
	if err != nil {
		return err
	}
	var h wire.MessageHeader
	if err := h.Decode(b); err != nil {
		return err
	}
	s.say("MSG %d from %v: %v, tid %d, %d+%d+%d bytes", h.Seq, h.Source, messages.Type(h.Type),
		h.TID, h.FrontLen, h.MiddleLen, h.DataLen)
	return s.pass(int64(h.PayloadLen()) + footer)
}
