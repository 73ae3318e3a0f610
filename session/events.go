package session

import (
	"net"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Events tells the tracer what happens to a session and to what carries it: one method an event, in
// the order of trace/events.go. Without a tracer each is a comparison. They may be called with the
// session locked and without.
type Events struct {
	session *Session
	pipe    uint64 // the carrier
}

// EventsOf returns the events of a carrier of the session.
func (s *Session) EventsOf(carrier uint64) Events { return Events{s, carrier} }

// Off reports whether nobody wants to know.
func (e *Events) Off() bool { return e.session.config.Tracer == nil && !assertions }

// Quiet reports whether nobody wants to know of each message and stage: see trace.Frequent.
func (e *Events) Quiet() bool { return !e.session.config.frequent.Wanted() && !assertions }

func (e *Events) tell(event trace.Event) {
	e.tellTo(e.session.config.Tracer, event)
	e.session.config.frequent.Ask()
}

func (e *Events) tellFrequent(event trace.Event) {
	if frequent := e.session.config.frequent; frequent.Wanted() {
		e.tellTo(frequent, event)
	} else {
		e.tellTo(nil, event)
	}
}

func (e *Events) tellTo(tracer trace.Tracer, event trace.Event) {
	s := e.session
	if assertions {
		s.history.add(event)
	}
	if tracer == nil {
		return
	}
	peer := s.Peer()
	tracer.Trace(trace.Record{Time: time.Now(), Messenger: s.host.Name(), Pipe: e.pipe,
		Connection: s.handle.Load(), PeerName: peer.Name, Peer: peer.Addr, Event: event})
}

// The handshake.

// SocketOpened tells trace.SocketOpened.
func (e *Events) SocketOpened(incoming bool, conn net.Conn) {
	if !e.Off() {
		e.tell(trace.SocketOpened{Incoming: incoming, Local: AddrString(conn.LocalAddr()),
			Remote: AddrString(conn.RemoteAddr())})
	}
}

// BannerSent tells trace.BannerSent.
func (e *Events) BannerSent(announced, seen wire.EntityAddr) {
	if !e.Off() {
		e.tell(trace.BannerSent{Announced: announced, Seen: seen})
	}
}

// BannerReceived tells trace.BannerReceived.
func (e *Events) BannerReceived(announced, seen wire.EntityAddr) {
	if !e.Off() {
		e.tell(trace.BannerReceived{Announced: announced, Seen: seen})
	}
}

// ConnectSent tells trace.ConnectSent.
func (e *Events) ConnectSent(c wire.Connect) {
	if !e.Off() {
		e.tell(trace.ConnectSent{Connect: c})
	}
}

// ConnectReceived tells trace.ConnectReceived.
func (e *Events) ConnectReceived(c wire.Connect) {
	if !e.Off() {
		e.tell(trace.ConnectReceived{Connect: c})
	}
}

// ReplySent tells trace.ReplySent.
func (e *Events) ReplySent(r wire.ConnectReply) {
	if !e.Off() {
		e.tell(trace.ReplySent{Reply: r})
	}
}

// ReplyReceived tells trace.ReplyReceived.
func (e *Events) ReplyReceived(r wire.ConnectReply) {
	if !e.Off() {
		e.tell(trace.ReplyReceived{Reply: r})
	}
}

// Decided tells trace.Decided.
func (e *Events) Decided(c protocol.Case, answer wire.Tag, reason string) {
	if !e.Off() {
		e.tell(trace.Decided{Case: c, Answer: answer, Reason: reason})
	}
}

// AddressLearned tells trace.AddressLearned.
func (e *Events) AddressLearned(addr wire.EntityAddr) {
	if !e.Off() {
		e.tell(trace.AddressLearned{Addr: addr})
	}
}

func (e *Events) replaced(old uint64, lossy bool, queued int) {
	if !e.Off() {
		e.tell(trace.Replaced{Old: old, Lossy: lossy, QueueLen: queued})
	}
}

// SeqSent tells trace.SeqSent.
func (e *Events) SeqSent(inSeq uint64) {
	if !e.Off() {
		e.tell(trace.SeqSent{InSeq: inSeq})
	}
}

// SeqReceived tells trace.SeqReceived.
func (e *Events) SeqReceived(inSeq uint64) {
	if !e.Off() {
		e.tell(trace.SeqReceived{InSeq: inSeq})
	}
}

func (e *Events) openedLocked(incoming bool, s *Session) {
	if !e.Off() {
		e.tell(trace.Opened{Incoming: incoming, ConnectSeq: s.numbers.ConnectSeq,
			GlobalSeq: s.numbers.PeerGlobalSeq,
			Features:  s.features, Lossy: s.policy.Lossy})
	}
}

func (e *Events) sessionReset(dropped int) {
	if !e.Off() {
		e.tell(trace.SessionReset{Dropped: dropped})
	}
}

// Frames of an open session.

func (e *Events) messageSent(h *wire.MessageHeader, resent bool) {
	for _, m := range e.session.config.meters {
		m.CountSent(e.pipe, h.Type, h.PayloadLen(), resent)
	}
	if !e.Quiet() {
		e.tellFrequent(trace.MessageSent{Header: *h, Resent: resent})
	}
}

func (e *Events) messageReceived(m *Message) {
	for _, meter := range e.session.config.meters {
		meter.CountReceived(e.pipe, m.Type, uint64(m.PayloadLen()))
	}
	if !e.Quiet() {
		e.tellFrequent(trace.MessageReceived{Header: m.Header()})
	}
}

func (e *Events) messageDropped(m *Message, reason string) {
	if !e.Off() {
		e.tell(trace.MessageDropped{Header: m.Header(), Reason: reason})
	}
}

func (e *Events) sequenceGap(expected, got uint64) {
	if !e.Off() {
		e.tell(trace.SequenceGap{Expected: expected, Got: got})
	}
}

func (e *Events) ackSent(seq uint64) {
	if !e.Quiet() {
		e.tellFrequent(trace.AckSent{Seq: seq})
	}
}

func (e *Events) acked(seq uint64, messages int) {
	if !e.Quiet() {
		e.tellFrequent(trace.Acked{Seq: seq, Messages: messages})
	}
}

func (e *Events) keepaliveSent(tag wire.Tag, stamp wire.Timespec) {
	if !e.Off() {
		e.tell(trace.KeepaliveSent{Tag: tag, Stamp: stamp})
	}
}

func (e *Events) keepaliveReceived(tag wire.Tag, stamp wire.Timespec) {
	if !e.Off() {
		e.tell(trace.KeepaliveReceived{Tag: tag, Stamp: stamp})
	}
}

func (e *Events) closeSent() {
	if !e.Off() {
		e.tell(trace.CloseSent{})
	}
}

func (e *Events) closeReceived() {
	if !e.Off() {
		e.tell(trace.CloseReceived{})
	}
}

// What happens to pipe and session. Nothing is told of what did not change, or of nothing.

func (e *Events) stateChanged(from, to protocol.State) {
	if !e.Off() && from != to {
		e.tell(trace.StateChanged{From: from, To: to})
	}
}

// StageChanged tells trace.StageChanged.
func (e *Events) StageChanged(goroutine string, from, to protocol.Stage) {
	if !e.Quiet() && from != to {
		e.tellFrequent(trace.StageChanged{Goroutine: goroutine, From: from, To: to})
	}
}

func (e *Events) faulted(stage protocol.Stage, err error, next protocol.State, goodbye bool) {
	if !e.Off() {
		e.tell(trace.Faulted{Stage: stage, Err: err, Next: next, Goodbye: goodbye})
	}
}

func (e *Events) stuck(s *protocol.StuckError) {
	if !e.Off() {
		e.tell(trace.Stuck{Incoming: s.Incoming, Seq: s.Seq, What: s.What(), Err: s.Err})
	}
}

func (e *Events) backedOff(d time.Duration) {
	if !e.Off() && d > 0 {
		e.tell(trace.BackedOff{Delay: d})
	}
}

func (e *Events) requeued(messages int) {
	if !e.Off() && messages > 0 {
		e.tell(trace.Requeued{Messages: messages})
	}
}

func (e *Events) discarded(messages int, upTo uint64) {
	if !e.Off() && messages > 0 {
		e.tell(trace.Discarded{Messages: messages, UpTo: upTo})
	}
}

func (e *Events) sequenceAhead(sent, claimed uint64) {
	if !e.Off() {
		e.tell(trace.SequenceAhead{Sent: sent, Claimed: claimed})
	}
}

func (e *Events) sentLimitReached(messages int, bytes int64) {
	if !e.Off() {
		e.tell(trace.SentLimitReached{Messages: messages, Bytes: bytes})
	}
}

func (e *Events) queueDropped(messages int) {
	if !e.Off() && messages > 0 {
		e.tell(trace.QueueDropped{Messages: messages})
	}
}

// ThrottleWaited tells trace.ThrottleWaited.
func (e *Events) ThrottleWaited(throttle string, amount int64, since time.Time) {
	if !e.Off() {
		e.tell(trace.ThrottleWaited{Throttle: throttle, Amount: amount, Waited: time.Since(since)})
	}
}

func (e *Events) eventQueued(kind dispatchqueue.Kind, reason string) {
	if !e.Off() {
		e.tell(trace.EventQueued{Kind: kind.String(), Reason: reason})
	}
}

func (e *Events) evicted(reason string) {
	if !e.Off() {
		e.tell(trace.Evicted{Reason: reason})
	}
}

// AddrString returns an address of a socket; "-" if it has none.
func AddrString(a net.Addr) string {
	if a == nil {
		return "-"
	}
	return a.String()
}
