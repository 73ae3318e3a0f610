package trace

import (
	"time"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// The handshake.
type (
	// SocketOpened: a socket was accepted (Incoming) or dialed.
	SocketOpened struct {
		Incoming      bool
		Local, Remote string
	}
	// BannerSent: banner and address(es) were written. Seen is what the accepting side tells the
	// peer of itself.
	BannerSent struct{ Announced, Seen wire.EntityAddr }
	// BannerReceived: banner and address(es) were read.
	BannerReceived struct{ Announced, Seen wire.EntityAddr }
	// ConnectSent: a connect message was written.
	ConnectSent struct{ Connect wire.Connect }
	// ConnectReceived: a connect message was read.
	ConnectReceived struct{ Connect wire.Connect }
	// ReplySent: a connect reply was written.
	ReplySent struct{ Reply wire.ConnectReply }
	// ReplyReceived: a connect reply was read.
	ReplyReceived struct{ Reply wire.ConnectReply }
	// Decided: the accepting side has chosen its answer. Case is the row of the decision table
	// (docs/negotiation.md).
	Decided struct {
		Case   protocol.Case
		Answer wire.Tag
		Reason string // of a refusal: what is missing or wrong
	}
	// AddressLearned: a peer told the messenger its own address.
	AddressLearned struct{ Addr wire.EntityAddr }
	// Replaced: this pipe took over from the pipe Old; the session was handed over unless Old was
	// lossy.
	Replaced struct {
		Old      uint64
		Lossy    bool
		QueueLen int
	}
	// SeqSent and SeqReceived: one half of the exchange after SEQ.
	SeqSent     struct{ InSeq uint64 }
	SeqReceived struct{ InSeq uint64 }
	// Opened: the session is open on this pipe.
	Opened struct {
		Incoming   bool
		ConnectSeq uint32
		GlobalSeq  uint32 // the peer's
		Features   wire.Features
		Lossy      bool
	}
	// SessionReset: queues dropped, sequence numbers begin anew, the user will be told of a remote
	// reset.
	SessionReset struct{ Dropped int }
)

// Frames of an open session.
type (
	// MessageSent: a message was handed to the socket. Resent is set if it had been sent on an
	// earlier pipe.
	MessageSent struct {
		Header wire.MessageHeader
		Resent bool
	}
	// MessageReceived: a whole and valid message was read.
	MessageReceived struct{ Header wire.MessageHeader }
	// MessageDropped: a message was read and not delivered: duplicate or aborted by its sender.
	MessageDropped struct {
		Header wire.MessageHeader
		Reason string
	}
	// SequenceGap: a message skipped sequence numbers; it is delivered.
	SequenceGap struct{ Expected, Got uint64 }
	// AckSent: an ack was written.
	AckSent struct{ Seq uint64 }
	// Acked: the peer has everything up to Seq; Messages were released by it.
	Acked struct {
		Seq      uint64
		Messages int
	}
	// KeepaliveSent: KEEPALIVE, KEEPALIVE2 or KEEPALIVE2_ACK was written.
	KeepaliveSent struct {
		Tag   wire.Tag
		Stamp wire.Timespec
	}
	// KeepaliveReceived: KEEPALIVE, KEEPALIVE2 or KEEPALIVE2_ACK was read.
	KeepaliveReceived struct {
		Tag   wire.Tag
		Stamp wire.Timespec
	}
	// CloseSent and CloseReceived: the orderly end.
	CloseSent     struct{}
	CloseReceived struct{}
)

// What happens to pipe and session.
type (
	// StateChanged: the pipe went from one state to another.
	StateChanged struct{ From, To protocol.State }
	// StageChanged: a goroutine of the pipe ("reader" or "writer") is now waiting for or doing
	// something else.
	StageChanged struct {
		Goroutine string
		From, To  protocol.Stage
	}
	// Faulted: the socket is given up. Next is the state that follows.
	Faulted struct {
		Stage protocol.Stage // where it happened
		Err   error
		Next  protocol.State
		// Goodbye: the peer said CLOSE, or closed its socket between two frames while nothing was
		// under way. A lossy client may have left with a reset of its socket.
		Goodbye bool
	}
	// Stuck: several sockets in a row ended over the same message, which this side refused
	// (Incoming) or the peer never acked. What says what to look at. It is told once, when that
	// shows.
	Stuck struct {
		Incoming bool
		Seq      uint64
		What     string
		Err      error
	}
	// BackedOff: the next attempt to connect waits.
	BackedOff struct{ Delay time.Duration }
	// Requeued: messages sent and not acked went back to the front of the out queue.
	Requeued struct{ Messages int }
	// Discarded: requeued messages that the peer has were dropped.
	Discarded struct {
		Messages int
		UpTo     uint64
	}
	// SequenceAhead: the peer claims to have more than was sent; numbering goes on behind its
	// claim.
	SequenceAhead struct{ Sent, Claimed uint64 }
	// SentLimitReached: the writer waits for acks before it sends more.
	SentLimitReached struct {
		Messages int
		Bytes    int64
	}
	// QueueDropped: queued messages were dropped because the session ended.
	QueueDropped struct{ Messages int }
	// ThrottleWaited: the reader waited for a throttle.
	ThrottleWaited struct {
		Throttle string
		Amount   int64
		Waited   time.Duration
	}
	// Dispatched: a message was handed to the dispatchers. Fast is set if it happened in the
	// reader.
	Dispatched struct {
		Header wire.MessageHeader
		Fast   bool
		Queued time.Duration // between complete reception and dispatch
	}
	// Unhandled: no dispatcher took a message.
	Unhandled struct{ Header wire.MessageHeader }
	// EventQueued: a connection event was queued for the dispatchers: "connect", "accept", "reset",
	// "remote_reset" or "refused". Reason says why a session was reset: by which way out it ended
	// (a protocol.Exit), or how it was lost (a protocol.Loss); else it is empty.
	EventQueued struct{ Kind, Reason string }
	// AcceptFailed: the accepter could not take a connection, or refused one for its limits.
	AcceptFailed struct {
		Remote string
		Err    error
		Delay  time.Duration // until the next try
	}
	// Evicted: a session that stood by was ended, for its age or since another needed its place.
	Evicted struct{ Reason string }
	// Panicked: code of the messenger's user panicked and was recovered. Entry is what the
	// messenger had called.
	Panicked struct{ Entry, Value, Stack string }
)

// Name implements Event.
func (SocketOpened) Name() string      { return "socket_opened" }
func (BannerSent) Name() string        { return "banner_sent" }
func (BannerReceived) Name() string    { return "banner_received" }
func (ConnectSent) Name() string       { return "connect_sent" }
func (ConnectReceived) Name() string   { return "connect_received" }
func (ReplySent) Name() string         { return "reply_sent" }
func (ReplyReceived) Name() string     { return "reply_received" }
func (Decided) Name() string           { return "decided" }
func (AddressLearned) Name() string    { return "address_learned" }
func (Replaced) Name() string          { return "replaced" }
func (SeqSent) Name() string           { return "seq_sent" }
func (SeqReceived) Name() string       { return "seq_received" }
func (Opened) Name() string            { return "opened" }
func (SessionReset) Name() string      { return "session_reset" }
func (MessageSent) Name() string       { return "message_sent" }
func (MessageReceived) Name() string   { return "message_received" }
func (MessageDropped) Name() string    { return "message_dropped" }
func (SequenceGap) Name() string       { return "sequence_gap" }
func (AckSent) Name() string           { return "ack_sent" }
func (Acked) Name() string             { return "acked" }
func (KeepaliveSent) Name() string     { return "keepalive_sent" }
func (KeepaliveReceived) Name() string { return "keepalive_received" }
func (CloseSent) Name() string         { return "close_sent" }
func (CloseReceived) Name() string     { return "close_received" }
func (StateChanged) Name() string      { return "state_changed" }
func (StageChanged) Name() string      { return "stage_changed" }
func (Faulted) Name() string           { return "faulted" }
func (Stuck) Name() string             { return "stuck" }
func (BackedOff) Name() string         { return "backed_off" }
func (Requeued) Name() string          { return "requeued" }
func (Discarded) Name() string         { return "discarded" }
func (SequenceAhead) Name() string     { return "sequence_ahead" }
func (SentLimitReached) Name() string  { return "sent_limit_reached" }
func (QueueDropped) Name() string      { return "queue_dropped" }
func (ThrottleWaited) Name() string    { return "throttle_waited" }
func (Dispatched) Name() string        { return "dispatched" }
func (Unhandled) Name() string         { return "unhandled" }
func (EventQueued) Name() string       { return "event_queued" }
func (AcceptFailed) Name() string      { return "accept_failed" }
func (Evicted) Name() string           { return "evicted" }
func (Panicked) Name() string          { return "panicked" }
