package pipe

import (
	"time"

	"simplemessenger/wire"
)

// Snapshot is a copy of a pipe's state for dumps.
type Snapshot struct {
	ID          uint64          `json:"id"`
	Peer        wire.EntityName `json:"peer"`
	PeerAddr    wire.EntityAddr `json:"peer_addr"`
	Incoming    bool            `json:"incoming"`
	State       string          `json:"state"`
	ReaderStage string          `json:"reader"`
	WriterStage string          `json:"writer"`
	Lossy       bool            `json:"lossy"`
	Server      bool            `json:"server"`
	Standby     bool            `json:"standby"`
	ResetCheck  bool            `json:"resetcheck"`
	Attempts    int             `json:"attempts"`
	// Backoff is the pause before the next attempt, 0 if there was no failure since the last success.
	Backoff time.Duration `json:"backoff_ns,omitempty"`

	// LastError is why the latest socket, or attempt to get one, was given up.
	LastError string `json:"last_error,omitempty"`

	Session *SessionSnapshot `json:"session,omitempty"` // nil while accepting
}

// SessionSnapshot is a copy of a session's numbers for dumps.
type SessionSnapshot struct {
	Connection    uint64        `json:"connection"`
	ConnectSeq    uint32        `json:"connect_seq"`
	PeerGlobalSeq uint32        `json:"peer_global_seq"`
	Features      wire.Features `json:"features"`
	InSeq         uint64        `json:"in_seq"`
	InSeqAcked    uint64        `json:"in_seq_acked"`
	OutSeq        uint64        `json:"out_seq"`
	Queued        int           `json:"queued"`
	QueuedBytes   int64         `json:"queued_bytes"`
	Sent          int           `json:"sent_unacked"`
	SentBytes     int64         `json:"sent_unacked_bytes"`
	SentLimit     bool          `json:"sent_limit_reached"`
	// Stuck says over which message several sockets in a row have ended.
	Stuck string `json:"stuck,omitempty"`
}

// Snapshot returns a copy of the pipe's state.
func (p *Pipe) Snapshot() Snapshot {
	reader, writer := p.Stage()
	peer := p.Peer()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Snapshot{
		ID: p.id, Peer: peer.Name, PeerAddr: peer.Addr, Incoming: p.incoming, State: p.state.String(),
		ReaderStage: reader.String(), WriterStage: writer.String(),
		Lossy: p.policy.Lossy, Server: p.policy.Server, Standby: p.policy.Standby, ResetCheck: p.policy.ResetCheck,
		Attempts: p.attempts, Backoff: p.backoff,
	}
	if p.session != nil {
		if err := p.session.connection.LastError(); err != nil {
			s.LastError = err.Error()
		}
		out := &p.session.out
		s.Session = &SessionSnapshot{
			Connection: p.session.connection.id, ConnectSeq: p.session.ConnectSeq, PeerGlobalSeq: p.session.PeerGlobalSeq,
			Features: p.session.features, InSeq: p.session.InSeq, InSeqAcked: p.session.InSeqAcked, OutSeq: p.session.OutSeq,
			Queued: out.queued, QueuedBytes: out.bytes, Sent: out.sent.len(), SentBytes: out.sentBytes,
			SentLimit: p.sentLimitReachedLocked(), Stuck: p.session.stuckLocked(),
		}
	}
	return s
}
