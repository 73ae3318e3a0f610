package pipe

import (
	"net"
	"sync/atomic"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// What both roles of the handshake do.

func (p *Pipe) sendSeq(l *link, inSeq uint64) error {
	p.events.seqSent(inSeq)
	return l.write(wire.AppendSeq(nil, inSeq))
}

// readSeq reads what the peer has, and drops that from what is to be sent again.
func (p *Pipe) readSeq(l *link) error {
	b, err := l.in.next(wire.SeqSize)
	if err != nil {
		return midway(err)
	}
	seq, err := wire.DecodeSeq(b)
	if err != nil {
		return err
	}
	p.events.seqReceived(seq)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil || p.state != protocol.Open && p.state != protocol.Connecting || p.link != l {
		return ErrReplaced
	}
	s := p.session
	n := s.out.discardRequeued(seq)
	s.roomChangedLocked()
	if n > 0 {
		s.progress() // the peer has it, although its ack was lost
	}
	p.events.discarded(n, seq)
	sent := s.OutSeq + uint64(n)
	if s.Discard(n, seq) {
		p.events.sequenceAhead(sent, seq)
	}
	return nil
}

// readAuthorizer reads the bytes behind a connect message or its reply. Their length is the peer's word, so it is
// limited before it is believed.
func (p *Pipe) readAuthorizer(cell *atomic.Uint32, stage protocol.Stage, l *link, n uint32) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	if err := p.enter(cell, stage, l, 0); err != nil {
		return nil, err
	}
	if uint64(n) > uint64(p.config.MaxAuthorizerSize) {
		return nil, protocol.Violation("authorizer_len %d, limit %d", n, p.config.MaxAuthorizerSize)
	}
	b := make([]byte, n)
	return b, errors.WithMessagef(midway(l.read(b)), "authorizer of %d bytes", n)
}

func addrString(a net.Addr) string {
	if a == nil {
		return "-"
	}
	return a.String()
}
