package otelmsgr

import (
	"context"
	"time"

	"github.com/pkg/errors"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"simplemessenger/simplemsgr"
)

// Send sends m over c as Connection.Send does, with a span that is a child of ctx's. The span ends
// when the peer has acked the message, on a lossy session when it is written; it fails if the
// message is not queued, or dropped with its session. Messages with different transaction ids are
// told apart by them; of those with the same, type and connection the first counts as the one that
// is written first.
func (t *Tracing) Send(ctx context.Context, c *simplemsgr.Connection, m *simplemsgr.Message) error {
	if m == nil {
		return c.Send(m) // which says what is wrong
	}
	ctx, span := t.tracer.Start(ctx, t.spanName("send", m.Type),
		trace.WithSpanKind(trace.SpanKindProducer))
	if t.options.Carrier != nil {
		if err := t.inject(ctx, m); err != nil {
			span.RecordError(errors.WithMessage(err, "inject the context"))
		}
	}
	if !span.IsRecording() {
		span.End()
		return c.Send(m)
	}
	span.SetAttributes(describe(c, m)...)
	if messenger := t.messenger.Load(); messenger != nil {
		span.SetAttributes(keySender.String(messenger.Name().String()),
			number(keyNonce, messenger.Addr().Nonce))
	}
	key := pendingKey{c.ID(), m.TID, m.Type}
	kept := !c.IsLoopback() && t.pending.add(key, span)
	err := c.Send(m)
	switch {
	case err != nil && (!kept || t.pending.remove(key, span)):
		fail(span, err)
		span.End()
	case err == nil && !kept:
		span.AddEvent("queued")
		span.End()
	}
	return err
}

func (t *Tracing) inject(ctx context.Context, m *simplemsgr.Message) error {
	fields := propagation.MapCarrier{}
	t.options.Propagator.Inject(ctx, fields)
	if len(fields) == 0 {
		return nil
	}
	return t.options.Carrier.Inject(m, fields)
}

// waited returns how long a message has waited for its dispatch, in milliseconds.
func waited(m *simplemsgr.Message) float64 {
	if m.CompletedAt.IsZero() {
		return 0
	}
	return float64(time.Since(m.CompletedAt)) / float64(time.Millisecond)
}
