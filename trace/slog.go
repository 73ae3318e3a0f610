package trace

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"simplemessenger/wire"
)

// NewLogger returns a Tracer that writes each event to log: panics at error level, faults and
// refusals at warning level, what happens to a session at information level, frames, stages and
// what another line says as well at debug level. Level has the rule, docs/observation.md the table.
//
// Where the level may change while the messenger runs, a change to debug level counts from the next
// event on that does not come with each message.
//
// A line has the messenger and, as far as there are any, the peer, the connection (Connection.ID of
// package simplemsgr) and the pipe.
func NewLogger(log *slog.Logger) Tracer { return logger{log} }

type logger struct{ log *slog.Logger }

// Level returns the level at which NewLogger writes e.
func Level(e Event) slog.Level {
	switch e := e.(type) {
	case Panicked:
		return slog.LevelError
	case Faulted:
		if e.Goodbye {
			return slog.LevelInfo
		}
		return slog.LevelWarn
	case Stuck, AcceptFailed, SequenceAhead, SequenceGap, Unhandled:
		return slog.LevelWarn
	case Decided:
		switch {
		case e.Reason != "":
			return slog.LevelWarn
		case e.Answer == wire.TagReady || e.Answer == wire.TagSeq:
			return slog.LevelDebug // opened says it
		}
		return slog.LevelInfo
	case Evicted, Opened, Replaced, SessionReset, Requeued, Discarded, QueueDropped, AddressLearned,
		SentLimitReached:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// WantsFrequent implements Sparing: all frequent events are at debug level.
func (l logger) WantsFrequent() bool {
	return l.log.Enabled(context.Background(), slog.LevelDebug)
}

func (l logger) Trace(r Record) {
	level := Level(r.Event)
	ctx := context.Background()
	if !l.log.Enabled(ctx, level) {
		return
	}
	l.log.LogAttrs(ctx, level, r.Event.Name(), append(r.attrs(), Attrs(r.Event)...)...)
}

// attrs returns what is known of the circumstances.
func (r *Record) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("messenger", r.Messenger.String())}
	if peer := r.peer(); peer != "" {
		attrs = append(attrs, slog.String("peer", peer))
	}
	if r.Connection != 0 {
		attrs = append(attrs, slog.Uint64("connection", r.Connection))
	}
	if r.Pipe != 0 {
		attrs = append(attrs, slog.Uint64("pipe", r.Pipe))
	}
	return attrs
}

// peer returns name and address of the peer, as far as they are known.
func (r *Record) peer() string {
	unnamed := r.PeerName.Type == 0
	switch {
	case unnamed && r.Peer.IsBlank():
		return ""
	case unnamed:
		return r.Peer.String()
	case r.Peer.IsBlank():
		return r.PeerName.String()
	}
	return wire.EntityInst{Name: r.PeerName, Addr: r.Peer}.String()
}

// Attrs returns the fields of e as attributes with the names that the protocol uses (lower case,
// underscores).
func Attrs(e Event) []slog.Attr {
	var attrs []slog.Attr
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		name := snakeCase(v.Type().Field(i).Name)
		switch f := v.Field(i).Interface().(type) {
		case wire.Connect:
			attrs = append(attrs, slog.String("features", f.Features.String()),
				slog.String("host_type", f.HostType.String()),
				slog.Any("global_seq", f.GlobalSeq), slog.Any("connect_seq", f.ConnectSeq),
				slog.Any("protocol_version", f.ProtocolVersion),
				slog.Any("authorizer_protocol", f.AuthorizerProtocol),
				slog.Any("authorizer_len", f.AuthorizerLen), slog.Any("flags", f.Flags))
		case wire.ConnectReply:
			attrs = append(attrs, slog.String("tag", f.Tag.String()),
				slog.String("features", f.Features.String()),
				slog.Any("global_seq", f.GlobalSeq), slog.Any("connect_seq", f.ConnectSeq),
				slog.Any("protocol_version", f.ProtocolVersion),
				slog.Any("authorizer_len", f.AuthorizerLen), slog.Any("flags", f.Flags))
		case wire.MessageHeader:
			attrs = append(attrs, slog.Uint64("seq", f.Seq), slog.Uint64("tid", f.TID),
				slog.Any("type", f.Type),
				slog.Any("priority", f.Priority), slog.Any("front_len", f.FrontLen),
				slog.Any("middle_len", f.MiddleLen),
				slog.Any("data_len", f.DataLen), slog.String("src", f.Source.String()))
		case wire.Timespec:
			attrs = append(attrs, slog.String(name, fmt.Sprintf("%d.%09d", f.Sec, f.Nsec)))
		case error:
			attrs = append(attrs, slog.String(name, f.Error()))
		case fmt.Stringer:
			attrs = append(attrs, slog.String(name, f.String()))
		default:
			attrs = append(attrs, slog.Any(name, f))
		}
	}
	return attrs
}

func snakeCase(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' && i > 0 && s[i-1] >= 'a' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
