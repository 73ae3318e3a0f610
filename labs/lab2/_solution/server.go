package main

import "encoding/binary"

// Server is the accepting side of one handshake.
type Server struct {
	config  ServerConfig
	buffer  []byte
	greeted bool // the client's banner was there
	asked   bool // a connect message waits for its verdict
	inSeq   bool // SEQ was said, the client's in_seq is still to come
	opened  Opened
	open    bool
	ended   bool
	peer    EntityAddr
	connect Connect
}

// NewServer returns a server that has heard nothing yet.
func NewServer(config ServerConfig) *Server { return &Server{config: config} }

// Start returns what the server says first.
func (s *Server) Start() []byte {
	return EncodeServerBanner(ServerBanner{s.config.Own, s.config.Socket})
}

// Receive takes what has come over the socket, in pieces of any size, and returns what is to be
// sent, and what is to be told. After KindConnect it waits for Answer.
func (s *Server) Receive(b []byte) (send []byte, events []Event) {
	if s.ended {
		return nil, nil
	}
	s.buffer = append(s.buffer, b...)
	if !s.greeted {
		n := min(len(s.buffer), len(Banner))
		if string(s.buffer[:n]) != Banner[:n] {
			return nil, s.fault("wrong banner")
		}
		if len(s.buffer) < 145 {
			return nil, nil
		}
		client, err := DecodeClientBanner(s.buffer)
		if err != nil {
			return nil, s.fault(err.Error())
		}
		s.buffer = s.buffer[145:]
		s.greeted, s.peer = true, client.Addr
		if !client.Addr.IP.IsValid() || client.Addr.IP.IsUnspecified() {
			s.peer.IP = s.config.Socket.IP
		}
	}
	for !s.asked && !s.inSeq && !s.open && !s.ended {
		more, reply, e := s.request()
		send, events = append(send, reply...), append(events, e...)
		if !more {
			return send, events
		}
	}
	return send, append(events, s.rest()...)
}

// request takes a connect message with its authorizer, if it is there.
func (s *Server) request() (more bool, send []byte, events []Event) {
	if len(s.buffer) < 33 {
		return false, nil, nil
	}
	c, err := DecodeConnect(s.buffer)
	if err != nil {
		return false, nil, s.fault(err.Error())
	}
	if c.AuthorizerLen > MaxAuthorizer {
		return false, nil, s.fault("an authorizer above the limit")
	}
	size := 33 + int(c.AuthorizerLen)
	if len(s.buffer) < size {
		return false, nil, nil
	}
	s.buffer = s.buffer[size:]
	s.connect = c
	switch {
	case c.ProtocolVersion != s.config.ProtocolVersion:
		return true, EncodeConnectReply(s.reply(TagBadProtoVer)), nil
	case s.config.Required&^c.Features != 0:
		return true, EncodeConnectReply(s.reply(TagFeatures)), nil
	}
	s.asked = true
	return false, nil, []Event{{Kind: KindConnect, Peer: s.peer, Connect: c}}
}

func (s *Server) fault(reason string) []Event {
	s.ended = true
	return []Event{{Kind: KindFault, Reason: reason}}
}

// reply is one that does not open the session.
func (s *Server) reply(tag uint8) ConnectReply {
	return ConnectReply{Tag: tag,
		Features:        s.config.Features&s.connect.Features | s.config.Required,
		ProtocolVersion: s.config.ProtocolVersion}
}

// Answer says what becomes of the connect message that was told last.
func (s *Server) Answer(v Verdict) (send []byte, events []Event) {
	s.asked = false
	r := s.reply(v.Tag)
	if v.Tag != TagReady {
		switch v.Tag {
		case TagRetrySession:
			r.ConnectSeq = v.ConnectSeq
		case TagRetryGlobal:
			r.GlobalSeq = v.GlobalSeq
		}
		send = EncodeConnectReply(r)
		more, e := s.Receive(nil)
		return append(send, more...), e
	}
	s.opened = Opened{ConnectSeq: s.connect.ConnectSeq + 1, PeerGlobalSeq: s.connect.GlobalSeq,
		Features: s.config.Features & s.connect.Features, Lossy: s.config.Lossy}
	r.Features, r.GlobalSeq = s.config.Features, s.config.GlobalSeq
	r.ConnectSeq = s.opened.ConnectSeq
	if s.config.Lossy {
		r.Flags = FlagLossy
	}
	if v.Resume && s.opened.Features&ReconnectSeq != 0 {
		r.Tag = TagSeq
		s.inSeq, s.opened.Seq = true, true
		send = binary.LittleEndian.AppendUint64(EncodeConnectReply(r), v.InSeq)
		return send, s.rest()
	}
	s.open = true
	return EncodeConnectReply(r), append([]Event{{Kind: KindOpen, Open: s.opened}}, s.rest()...)
}

// rest takes what comes behind the last reply.
func (s *Server) rest() (events []Event) {
	if s.inSeq && len(s.buffer) >= 8 {
		s.opened.PeerInSeq = binary.LittleEndian.Uint64(s.buffer)
		s.buffer = s.buffer[8:]
		s.inSeq, s.open = false, true
		events = append(events, Event{Kind: KindOpen, Open: s.opened})
	}
	if s.open && len(s.buffer) > 0 {
		events = append(events, Event{Kind: KindBytes, Bytes: s.buffer})
		s.buffer = nil
	}
	return events
}
