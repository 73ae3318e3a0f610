package pipe

import (
	"net"
	"sync/atomic"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// events tells the tracer what happens to a pipe: one method an event, in the order of trace/events.go. Without a tracer each is a comparison. They may
// be called with the pipe's lock and without.
type events struct {
	host   Host
	config *Config
	id     uint64
	peer   *atomic.Pointer[wire.EntityInst]
}

// off reports whether nobody wants to know.
func (e *events) off() bool { return e.config.Tracer == nil }

func (e *events) tell(event trace.Event) {
	peer := e.peer.Load()
	e.config.Tracer.Trace(trace.Record{Time: time.Now(), Messenger: e.host.Name(), Pipe: e.id, PeerName: peer.Name, Peer: peer.Addr, Event: event})
}

// The handshake.

func (e *events) socketOpened(incoming bool, conn net.Conn) {
	if !e.off() {
		e.tell(trace.SocketOpened{Incoming: incoming, Local: addrString(conn.LocalAddr()), Remote: addrString(conn.RemoteAddr())})
	}
}

func (e *events) bannerSent(announced, seen wire.EntityAddr) {
	if !e.off() {
		e.tell(trace.BannerSent{Announced: announced, Seen: seen})
	}
}

func (e *events) bannerReceived(announced, seen wire.EntityAddr) {
	if !e.off() {
		e.tell(trace.BannerReceived{Announced: announced, Seen: seen})
	}
}

func (e *events) connectSent(c wire.Connect) {
	if !e.off() {
		e.tell(trace.ConnectSent{Connect: c})
	}
}

func (e *events) connectReceived(c wire.Connect) {
	if !e.off() {
		e.tell(trace.ConnectReceived{Connect: c})
	}
}

func (e *events) replySent(r wire.ConnectReply) {
	if !e.off() {
		e.tell(trace.ReplySent{Reply: r})
	}
}

func (e *events) replyReceived(r wire.ConnectReply) {
	if !e.off() {
		e.tell(trace.ReplyReceived{Reply: r})
	}
}

func (e *events) decided(c protocol.Case, answer wire.Tag, reason string) {
	if !e.off() {
		e.tell(trace.Decided{Case: c, Answer: answer, Reason: reason})
	}
}

func (e *events) addressLearned(addr wire.EntityAddr) {
	if !e.off() {
		e.tell(trace.AddressLearned{Addr: addr})
	}
}

func (e *events) replaced(old uint64, lossy bool, queued int) {
	if !e.off() {
		e.tell(trace.Replaced{Old: old, Lossy: lossy, QueueLen: queued})
	}
}

func (e *events) seqSent(inSeq uint64) {
	if !e.off() {
		e.tell(trace.SeqSent{InSeq: inSeq})
	}
}

func (e *events) seqReceived(inSeq uint64) {
	if !e.off() {
		e.tell(trace.SeqReceived{InSeq: inSeq})
	}
}

func (e *events) opened(incoming bool, s *session, lossy bool) {
	if !e.off() {
		e.tell(trace.Opened{Incoming: incoming, ConnectSeq: s.ConnectSeq, GlobalSeq: s.PeerGlobalSeq, Features: s.features, Lossy: lossy})
	}
}

func (e *events) sessionReset(dropped int) {
	if !e.off() {
		e.tell(trace.SessionReset{Dropped: dropped})
	}
}

// Frames of an open session.

func (e *events) messageSent(h *wire.MessageHeader, resent bool) {
	if !e.off() {
		e.tell(trace.MessageSent{Header: *h, Resent: resent})
	}
}

func (e *events) messageReceived(m *Message) {
	if !e.off() {
		e.tell(trace.MessageReceived{Header: m.Header()})
	}
}

func (e *events) messageDropped(m *Message, reason string) {
	if !e.off() {
		e.tell(trace.MessageDropped{Header: m.Header(), Reason: reason})
	}
}

func (e *events) sequenceGap(expected, got uint64) {
	if !e.off() {
		e.tell(trace.SequenceGap{Expected: expected, Got: got})
	}
}

func (e *events) ackSent(seq uint64) {
	if !e.off() {
		e.tell(trace.AckSent{Seq: seq})
	}
}

func (e *events) acked(seq uint64, messages int) {
	if !e.off() {
		e.tell(trace.Acked{Seq: seq, Messages: messages})
	}
}

func (e *events) keepaliveSent(tag wire.Tag, stamp wire.Timespec) {
	if !e.off() {
		e.tell(trace.KeepaliveSent{Tag: tag, Stamp: stamp})
	}
}

func (e *events) keepaliveReceived(tag wire.Tag, stamp wire.Timespec) {
	if !e.off() {
		e.tell(trace.KeepaliveReceived{Tag: tag, Stamp: stamp})
	}
}

func (e *events) closeSent() {
	if !e.off() {
		e.tell(trace.CloseSent{})
	}
}

func (e *events) closeReceived() {
	if !e.off() {
		e.tell(trace.CloseReceived{})
	}
}

// What happens to pipe and session. Nothing is told of what did not change, or of nothing.

func (e *events) stateChanged(from, to protocol.State) {
	if !e.off() && from != to {
		e.tell(trace.StateChanged{From: from, To: to})
	}
}

func (e *events) stageChanged(goroutine string, from, to protocol.Stage) {
	if !e.off() && from != to {
		e.tell(trace.StageChanged{Goroutine: goroutine, From: from, To: to})
	}
}

func (e *events) faulted(stage protocol.Stage, err error, next protocol.State, goodbye bool) {
	if !e.off() {
		e.tell(trace.Faulted{Stage: stage, Err: err, Next: next, Goodbye: goodbye})
	}
}

func (e *events) stuck(s *protocol.StuckError) {
	if !e.off() {
		e.tell(trace.Stuck{Incoming: s.Incoming, Seq: s.Seq, What: s.What(), Err: s.Err})
	}
}

func (e *events) backedOff(d time.Duration) {
	if !e.off() && d > 0 {
		e.tell(trace.BackedOff{Delay: d})
	}
}

func (e *events) requeued(messages int) {
	if !e.off() && messages > 0 {
		e.tell(trace.Requeued{Messages: messages})
	}
}

func (e *events) discarded(messages int, upTo uint64) {
	if !e.off() && messages > 0 {
		e.tell(trace.Discarded{Messages: messages, UpTo: upTo})
	}
}

func (e *events) sequenceAhead(sent, claimed uint64) {
	if !e.off() {
		e.tell(trace.SequenceAhead{Sent: sent, Claimed: claimed})
	}
}

func (e *events) sentLimitReached(messages int, bytes int64) {
	if !e.off() {
		e.tell(trace.SentLimitReached{Messages: messages, Bytes: bytes})
	}
}

func (e *events) queueDropped(messages int) {
	if !e.off() && messages > 0 {
		e.tell(trace.QueueDropped{Messages: messages})
	}
}

func (e *events) throttleWaited(throttle string, amount int64, since time.Time) {
	if !e.off() {
		e.tell(trace.ThrottleWaited{Throttle: throttle, Amount: amount, Waited: time.Since(since)})
	}
}

func (e *events) eventQueued(kind dispatchqueue.Kind) {
	if !e.off() {
		e.tell(trace.EventQueued{Kind: kind.String()})
	}
}

func (e *events) evicted(reason string) {
	if !e.off() {
		e.tell(trace.Evicted{Reason: reason})
	}
}
