package main

import (
	"net"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// client reads what a client says: who it is, one Connect after the other until the server is
// content, and the session.
func (s *side) client(replies <-chan reply) error {
	if err := s.banner(); err != nil {
		return err
	}
	b, err := s.take(wire.EntityAddrSize)
	if err != nil {
		return err
	}
	addr, err := wire.DecodeEntityAddr(b)
	if err != nil {
		return err
	}
	s.say("I am %v", addr)
	for {
		b, err := s.take(wire.ConnectSize)
		if err != nil {
			return err
		}
		connect, err := wire.DecodeConnect(b)
		if err != nil {
			return err
		}
		s.say("CONNECT as %v, global_seq %d, connect_seq %d, authorizer of %d bytes",
			connect.HostType, connect.GlobalSeq, connect.ConnectSeq, connect.AuthorizerLen)
		if err := s.pass(int64(connect.AuthorizerLen)); err != nil {
			return err
		}
		if err := s.out.Flush(); err != nil {
			return err
		}
		r, known := <-replies
		if !known {
			return errors.WithMessage(errUnknown, "no reply of the server's")
		}
		if open, err := s.opened(r); open || err != nil {
			return err
		}
	}
}

// server reads what a server says. Its address is not that which the client has called; so the
// client is told ours, with the server's nonce.
func (s *side) server(ours net.Addr, replies chan<- reply) error {
	if err := s.banner(); err != nil {
		return err
	}
	b, err := s.next(wire.EntityAddrSize)
	if err != nil {
		return err
	}
	addr, err := wire.DecodeEntityAddr(b)
	if err != nil {
		return err
	}
	s.say("I am %v", addr)
	told := wire.EntityAddrFromNet(ours, addr.Nonce)
	told.Type = addr.Type
	if _, err := s.out.Write(told.Append(nil)); err != nil {
		return err
	}
	if err := s.pass(wire.EntityAddrSize); err != nil { // the client, as the server sees it
		return err
	}
	for {
		b, err := s.take(wire.ConnectReplySize)
		if err != nil {
			return err
		}
		answer, err := wire.DecodeConnectReply(b)
		if err != nil {
			return err
		}
		s.say("%v, global_seq %d, connect_seq %d", answer.Tag, answer.GlobalSeq,
			answer.ConnectSeq)
		if err := s.pass(int64(answer.AuthorizerLen)); err != nil {
			return err
		}
		r := reply{tag: answer.Tag, footer: wire.FooterOldSize}
		if answer.Features.Has(wire.FeatureMsgAuth) {
			r.footer = wire.FooterSize
		}
		replies <- r
		if open, err := s.opened(r); open || err != nil {
			return err
		}
	}
}

func (s *side) banner() error {
	b, err := s.take(wire.BannerSize)
	if err != nil {
		return err
	}
	return wire.DecodeBanner(b)
}

// opened reads the session, if the reply has opened one.
func (s *side) opened(r reply) (open bool, err error) {
	switch r.tag {
	case wire.TagSeq: // both sides say first what they have
		b, err := s.take(wire.SeqSize)
		if err != nil {
			return true, err
		}
		seq, _ := wire.DecodeSeq(b)
		s.say("I have all up to %d", seq)
		return true, s.frames(r.footer)
	case wire.TagReady:
		return true, s.frames(r.footer)
	default:
		return false, nil
	}
}
