// Package otelmsgr makes spans of OpenTelemetry of what messages go through.
//
//	t := otelmsgr.New(otelmsgr.Options{Carrier: otelmsgr.Middle{}})
//	config.Pipe.Tracer = t
//	m := simplemsgr.New(wire.Client(1), config)
//	t.Watch(m)
//	m.AddDispatcher(t.Dispatcher(func(ctx context.Context, m *simplemsgr.Message) bool { … }))
//	…
//	err := t.Send(ctx, connection, message)
//
// Send makes a span that lasts until the peer has acked the message, on a lossy session until it is
// written, or until it is lost. Dispatcher, or Receive, makes one around the handling of a message
// on the other side.
//
// # What belongs together
//
// The header of a message of protocol v1 has no place for the context of a request. So there are
// two ways, and the first always works:
//
//   - Both spans have the attributes simplemsgr.sender.nonce, simplemsgr.tid, simplemsgr.seq and
//     simplemsgr.message.type, which together name one message. A query finds its other half; no
//     backend draws them as one trace by itself.
//   - A Carrier puts the context into the message, in a place that the program chooses: then the
//     span of the receiver is a child of the sender's. Both programs must know of it. Middle uses
//     the middle part, which most messages leave empty. A Ceph daemon knows of none of this: do not
//     use a Carrier towards one.
//
// # Costs
//
// Whoever does not link this package pays nothing. A Tracing as tracer gets a record of each event,
// as a log at debug level does: that is dearer than metrics are (docs/performance.md). Spans end
// while the messenger is at work, so their processor should be one that puts them into batches.
package otelmsgr
