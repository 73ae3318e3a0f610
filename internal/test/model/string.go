package model

import (
	"fmt"
	"strings"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// String shows a world on one line.
func (s *state) String() string {
	var b strings.Builder
	for x := low; x <= high; x++ {
		p := &s.peers[x].pipe
		fmt.Fprintf(&b, "%v %v", x, p.state)
		if p.state == protocol.Closed {
			b.WriteString("; ")
			continue
		}
		if p.link != noLink {
			fmt.Fprintf(&b, " on socket %d", p.link)
		}
		t := &p.session
		fmt.Fprintf(&b, " connect_seq %d peer_global_seq %d in_seq %d out_seq %d queued %v sent %v",
			t.ConnectSeq, t.PeerGlobalSeq,
			t.InSeq, t.OutSeq, t.out.queue[:t.out.queued], t.out.unacked[:t.out.sent])
		if t.PeerWaits {
			b.WriteString(" peer waits")
		}
		b.WriteString("; ")
	}
	for k := range s.sockets {
		sock := &s.sockets[k]
		if !sock.used {
			continue
		}
		fmt.Fprintf(&b, "socket %d of %v", k, sock.client)
		for x := low; x <= high; x++ {
			if !sock.open[x] {
				fmt.Fprintf(&b, " closed at %v", x)
			}
			for _, f := range sock.to[x].frames[:sock.to[x].n] {
				fmt.Fprintf(&b, " (%v to %v)", f, x)
			}
		}
		b.WriteString("; ")
	}
	fmt.Fprintf(&b, "%d cuts and %d disruptions left", s.cuts, s.disruptions)
	return b.String()
}

// String names the frame and its numbers.
func (f frame) String() string {
	switch f.kind {
	case frameConnect:
		return fmt.Sprintf("connect %d/%d", f.connectSeq, f.globalSeq)
	case frameReply:
		return fmt.Sprintf("%v %d/%d", wire.Tag(f.tag), f.connectSeq, f.globalSeq)
	case frameSeq:
		return fmt.Sprintf("in_seq %d", f.number)
	case frameKeepalive:
		return "KEEPALIVE2"
	case frameKeepaliveAck:
		return "KEEPALIVE2_ACK"
	case frameMessage:
		return fmt.Sprintf("message %d seq %d", f.message, f.number)
	}
	return fmt.Sprintf("ack %d", f.number)
}
