package timeline

import (
	"fmt"
	"strings"

	"simplemessenger/messages"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Direction says which way a frame went, or that the event is not a frame.
type Direction int

// The directions.
const (
	Inside Direction = iota // no frame: a decision, a fault, a change
	Sent
	Received
)

// Line is one event in words.
type Line struct {
	Direction Direction
	Text      string
	// Alarm marks faults, refusals and resets, Milestone what a reader looks for: opened, replaced,
	// requeued.
	Alarm, Milestone bool
}

// Describe returns the line of an event, and false for events that are too fine to be shown
// (changes of stages).
func Describe(e trace.Event) (Line, bool) {
	switch e := e.(type) {
	case trace.SocketOpened:
		if e.Incoming {
			return inside("socket accepted from %s", e.Remote), true
		}
		return inside("socket to %s", e.Remote), true
	case trace.BannerSent:
		if e.Seen.IsBlank() {
			return sent("BANNER %q, I am %v", wire.Banner, e.Announced), true
		}
		return sent("BANNER %q, I am %v, I see you as %v", wire.Banner, e.Announced, e.Seen), true
	case trace.BannerReceived:
		return received("BANNER from %v", e.Announced), true
	case trace.ConnectSent:
		return sent("%s", connect(e.Connect)), true
	case trace.ConnectReceived:
		return received("%s", connect(e.Connect)), true
	case trace.ReplySent:
		return alarming(sent("%s", reply(e.Reply)), e.Reply.Tag), true
	case trace.ReplyReceived:
		return alarming(received("%s", reply(e.Reply)), e.Reply.Tag), true
	case trace.SeqSent:
		return sent("in_seq %d", e.InSeq), true
	case trace.SeqReceived:
		return received("in_seq %d", e.InSeq), true
	case trace.MessageSent:
		if e.Resent {
			l := sent("%s (again)", message(e.Header))
			l.Milestone = true
			return l, true
		}
		return sent("%s", message(e.Header)), true
	case trace.MessageReceived:
		return received("%s", message(e.Header)), true
	case trace.MessageDropped:
		l := received("%s dropped: %s", message(e.Header), e.Reason)
		l.Milestone = true
		return l, true
	case trace.AckSent:
		return sent("ACK %d", e.Seq), true
	case trace.Acked:
		return received("ACK %d (frees %d)", e.Seq, e.Messages), true
	case trace.KeepaliveSent:
		return sent("%s", keepalive(e.Tag, e.Stamp)), true
	case trace.KeepaliveReceived:
		return received("%s", keepalive(e.Tag, e.Stamp)), true
	case trace.CloseSent:
		return sent("CLOSE"), true
	case trace.CloseReceived:
		return received("CLOSE"), true
	}
	return describeChange(e)
}

func describeChange(e trace.Event) (Line, bool) {
	switch e := e.(type) {
	case trace.Decided:
		l := inside("decision: %s, answer %v", e.Case, e.Answer)
		if e.Reason != "" {
			l.Text += ": " + e.Reason
			l.Alarm = true
		}
		return l, true
	case trace.AddressLearned:
		return inside("learned my address: %v", e.Addr), true
	case trace.Replaced:
		return milestone("took the session over from pipe %d, %d queued", e.Old, e.QueueLen), true
	case trace.Opened:
		return milestone("open: connect_seq %d, peer's global_seq %d, features %v%s", e.ConnectSeq,
			e.GlobalSeq, e.Features, lossy(e.Lossy)), true
	case trace.SessionReset:
		return alarm("session reset, %d messages dropped", e.Dropped), true
	case trace.SequenceGap:
		return alarm("sequence gap: expected %d, got %d", e.Expected, e.Got), true
	case trace.StateChanged:
		return inside("%s → %s", e.From, e.To), true
	case trace.Faulted:
		return alarm("fault (%s): %v → %s", e.Stage, e.Err, e.Next), true
	case trace.Stuck:
		return alarm("stuck: %s", e.What), true
	case trace.BackedOff:
		return inside("next attempt in %v", e.Delay), true
	case trace.Requeued:
		return milestone("%d unacked messages requeued", e.Messages), true
	case trace.Discarded:
		return milestone("%d requeued messages up to %d dropped: the peer has them", e.Messages,
			e.UpTo), true
	case trace.SequenceAhead:
		return alarm("peer claims %d, only %d were sent", e.Claimed, e.Sent), true
	case trace.SentLimitReached:
		return alarm("waiting for acks: %d messages, %d bytes unacked", e.Messages, e.Bytes), true
	case trace.QueueDropped:
		return alarm("%d queued messages dropped", e.Messages), true
	case trace.ThrottleWaited:
		return inside("waited %v for throttle %s", e.Waited, e.Throttle), true
	case trace.Unhandled:
		return alarm("no dispatcher takes message type %d seq %d", e.Header.Type, e.Header.Seq),
			true
	case trace.EventQueued:
		l := inside("event: %s", e.Kind)
		if e.Reason != "" {
			l.Text += " (" + e.Reason + ")"
		}
		l.Alarm = e.Kind == "remote_reset" || e.Kind == "reset" || e.Kind == "refused"
		return l, true
	case trace.AcceptFailed:
		return alarm("accept: %v", e.Err), true
	case trace.Evicted:
		return alarm("session evicted: %s", e.Reason), true
	case trace.Panicked:
		return alarm("panic in %s: %s\n%s", e.Entry, e.Value, strings.TrimSpace(e.Stack)), true
	}
	return Line{}, false
}

func inside(format string, args ...any) Line { return Line{Text: fmt.Sprintf(format, args...)} }
func sent(format string, args ...any) Line {
	return Line{Direction: Sent, Text: fmt.Sprintf(format, args...)}
}
func received(format string, args ...any) Line {
	return Line{Direction: Received, Text: fmt.Sprintf(format, args...)}
}
func alarm(format string, args ...any) Line {
	return Line{Text: fmt.Sprintf(format, args...), Alarm: true}
}
func milestone(format string, args ...any) Line {
	return Line{Text: fmt.Sprintf(format, args...), Milestone: true}
}

// alarming marks replies that do not lead to an open session.
func alarming(l Line, tag wire.Tag) Line {
	switch tag {
	case wire.TagReady, wire.TagSeq:
		l.Milestone = true
	case wire.TagChallengeAuthorizer:
	default:
		l.Alarm = true
	}
	return l
}

func lossy(lossy bool) string {
	if lossy {
		return ", lossy"
	}
	return ""
}

func connect(c wire.Connect) string {
	s := fmt.Sprintf("CONNECT host_type %v, connect_seq %d, global_seq %d, protocol_version %d, "+
		"features %v",
		c.HostType, c.ConnectSeq, c.GlobalSeq, c.ProtocolVersion, c.Features)
	if c.AuthorizerLen > 0 {
		s += fmt.Sprintf(", authorizer %d of %d bytes", c.AuthorizerProtocol, c.AuthorizerLen)
	}
	return s + lossy(c.Lossy())
}

func reply(r wire.ConnectReply) string {
	s := r.Tag.String()
	switch r.Tag {
	case wire.TagReady, wire.TagSeq:
		s += fmt.Sprintf(" connect_seq %d, global_seq %d, features %v%s", r.ConnectSeq, r.GlobalSeq,
			r.Features, lossy(r.Lossy()))
	case wire.TagRetrySession:
		s += fmt.Sprintf(" connect_seq %d", r.ConnectSeq)
	case wire.TagRetryGlobal:
		s += fmt.Sprintf(" global_seq %d", r.GlobalSeq)
	case wire.TagFeatures:
		s += " " + strings.Join(r.Features.Names(), " ")
	case wire.TagBadProtoVer:
		s += fmt.Sprintf(" protocol_version %d", r.ProtocolVersion)
	default:
	}
	if r.AuthorizerLen > 0 {
		s += fmt.Sprintf(", authorizer reply of %d bytes", r.AuthorizerLen)
	}
	return s
}

func message(h wire.MessageHeader) string {
	return fmt.Sprintf("MSG seq %d %v from %v, tid %d, prio %d, %d+%d+%d bytes",
		h.Seq, messages.Type(h.Type), h.Source, h.TID, h.Priority, h.FrontLen, h.MiddleLen,
		h.DataLen)
}

func keepalive(tag wire.Tag, stamp wire.Timespec) string {
	if tag == wire.TagKeepalive {
		return tag.String()
	}
	return fmt.Sprintf("%v %d.%09d", tag, stamp.Sec, stamp.Nsec)
}
