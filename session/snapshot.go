package session

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
	// EventState and Worker are of the event engine: where its connection stands, by Ceph's name,
	// and which of its workers serves it.
	EventState string `json:"event_state,omitempty"`
	Worker     *int   `json:"worker,omitempty"`

	Lossy      bool `json:"lossy"`
	Server     bool `json:"server"`
	Standby    bool `json:"standby"`
	ResetCheck bool `json:"resetcheck"`
	Attempts   int  `json:"attempts"`
	// Backoff is the pause before the next attempt, 0 if there was no failure since the last
	// success.
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

// Snapshot returns a copy of the session's state, and of its carrier's.
func (s *Session) Snapshot() (c Snapshot) {
	s.do(func() { c = s.snapshotLocked() })
	return c
}

func (s *Session) snapshotLocked() Snapshot {
	peer := s.Peer()
	c := Snapshot{
		Peer: peer.Name, PeerAddr: peer.Addr, Incoming: s.incoming, State: s.state.String(),
		Lossy: s.policy.Lossy, Server: s.policy.Server, Standby: s.policy.Standby,
		ResetCheck: s.policy.ResetCheck,
		Attempts:   s.attempts, Backoff: s.backoff,
	}
	if s.carrier != nil {
		reader, writer := s.carrier.Stages()
		c.ID, c.ReaderStage, c.WriterStage = s.carrier.ID(), reader.String(), writer.String()
		if placed, ok := s.carrier.(Placed); ok {
			state, worker := placed.Where()
			c.EventState, c.Worker = state, &worker
		}
	}
	if s.connection == nil {
		return c
	}
	if err := s.connection.LastError(); err != nil {
		c.LastError = err.Error()
	}
	n, out := &s.numbers, &s.out
	c.Session = &SessionSnapshot{
		Connection: s.connection.id, ConnectSeq: n.ConnectSeq, PeerGlobalSeq: n.PeerGlobalSeq,
		Features: s.features, InSeq: n.InSeq, InSeqAcked: n.InSeqAcked, OutSeq: n.OutSeq,
		Queued: out.queued, QueuedBytes: out.bytes, Sent: out.sent.len(), SentBytes: out.sentBytes,
		SentLimit: s.sentLimitReachedLocked(), Stuck: s.stuckLocked(),
	}
	return c
}
