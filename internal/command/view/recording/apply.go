package recording

import (
	"simplemessenger/protocol"
	"simplemessenger/trace"
)

// apply makes of a pipe what an event says that it is now.
func (s *state) apply(e trace.Event, events bool) {
	switch e := e.(type) {
	case trace.StateChanged:
		s.State = e.To.String()
		s.Gone = e.To == protocol.Closed
	case trace.StageChanged:
		s.stage(e.Goroutine, e.To, events)
	case trace.Faulted:
		s.stage("reader", protocol.StageNone, events) // it ends without a word
	case trace.Opened:
		s.ConnectSeq, s.PeerGlobalSeq, s.Lossy = e.ConnectSeq, e.GlobalSeq, e.Lossy
		s.State = protocol.Open.String()
	default:
		s.count(e)
	}
}

// count makes of the numbers and queues what an event says that they are now.
func (s *state) count(e trace.Event) {
	switch e := e.(type) {
	case trace.MessageSent:
		if !e.Resent && e.Header.Seq <= s.requeued {
			return // it comes late: the message is back in the queue
		}
		s.OutSeq = e.Header.Seq
		s.Queued = max(0, s.Queued-1)
		if !s.Lossy {
			s.Sent++
		}
	case trace.MessageReceived:
		s.InSeq = max(s.InSeq, e.Header.Seq)
	case trace.AckSent:
		s.InSeqAcked = e.Seq
	case trace.SeqSent:
		s.InSeqAcked = e.InSeq
	case trace.Acked:
		s.Sent = max(0, s.Sent-e.Messages)
	case trace.Requeued:
		// All of the list, and messages whose write has failed: those still count as queued here.
		s.OutSeq -= min(s.OutSeq, uint64(s.Sent))
		s.Queued, s.Sent = s.Queued+s.Sent, 0
		s.requeued = s.OutSeq + uint64(e.Messages)
	case trace.Discarded:
		s.Queued = max(0, s.Queued-e.Messages)
		s.OutSeq = max(s.OutSeq, e.UpTo)
	case trace.SequenceAhead:
		s.OutSeq = e.Claimed
	case trace.SessionReset:
		s.Queued, s.Sent = 0, 0
		s.ConnectSeq, s.InSeq, s.InSeqAcked, s.OutSeq, s.requeued = 0, 0, 0, 0, 0
	case trace.QueueDropped:
		s.Queued, s.Sent = 0, 0
	}
}
