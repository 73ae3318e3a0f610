package otelmsgr

import (
	"context"
	"sync/atomic"

	"github.com/pkg/errors"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
)

// library is the name of the tracer.
const library = "simplemessenger/otelmsgr"

// Options say how spans are made. The zero value uses what the process has set for all.
type Options struct {
	// TracerProvider makes the spans; nil for otel.GetTracerProvider.
	TracerProvider trace.TracerProvider
	// Propagator says what of a context goes with a message; nil for otel.GetTextMapPropagator.
	// Without a Carrier nothing does.
	Propagator propagation.TextMapPropagator
	// Carrier says where in a message that stands; nil for nowhere.
	Carrier Carrier
	// TypeName names types of messages, for the names of spans; "" for those that have no name. nil
	// names those of package messages.
	TypeName func(messageType uint16) string
	// MaxPending is how many spans of sent messages may wait for the end of their messages (4096).
	// Further ones end when the message is queued.
	MaxPending int
}

// Tracing makes spans for one messenger, whose tracer it is. Its methods may be called by many
// goroutines at once.
type Tracing struct {
	options   Options
	tracer    trace.Tracer
	messenger atomic.Pointer[simplemsgr.Messenger]
	pending   pending
}

// New returns a Tracing that has no messenger yet.
func New(o Options) *Tracing {
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.Propagator == nil {
		o.Propagator = otel.GetTextMapPropagator()
	}
	if o.TypeName == nil {
		o.TypeName = knownType
	}
	if o.MaxPending == 0 {
		o.MaxPending = 4096
	}
	return &Tracing{options: o, tracer: o.TracerProvider.Tracer(library),
		pending: newPending(o.MaxPending)}
}

// Watch says whose Tracing it is, so that spans have its name and nonce.
func (t *Tracing) Watch(m *simplemsgr.Messenger) { t.messenger.Store(m) }

var knownTypes = func() map[uint16]string {
	names := map[uint16]string{}
	for _, known := range messages.Types() {
		names[uint16(known)] = known.String()
	}
	return names
}()

func knownType(messageType uint16) string { return knownTypes[messageType] }

// spanName has few values, whatever peers send.
func (t *Tracing) spanName(what string, messageType uint16) string {
	if name := t.options.TypeName(messageType); name != "" {
		return what + " " + name
	}
	return what + " message"
}

// The attributes of spans.
const (
	keySender     = attribute.Key("simplemsgr.sender")       // name of who sends
	keyNonce      = attribute.Key("simplemsgr.sender.nonce") // and its nonce
	keyPeer       = attribute.Key("simplemsgr.peer")         // name and address of the other side
	keyConnection = attribute.Key("simplemsgr.connection")   // Connection.ID of this side
	keyType       = attribute.Key("simplemsgr.message.type")
	keyTID        = attribute.Key("simplemsgr.tid")
	keySeq        = attribute.Key("simplemsgr.seq") // within the session
	keyBytes      = attribute.Key("simplemsgr.message.bytes")
	keyQueued     = attribute.Key("simplemsgr.queued_ms") // between reception and dispatch
)

// number is an attribute of a number that is unsigned: a 64th bit shows as a sign.
func number[N uint16 | uint32 | uint64 | int](k attribute.Key, n N) attribute.KeyValue {
	return k.Int64(int64(n))
}

func describe(c *simplemsgr.Connection, m *simplemsgr.Message) []attribute.KeyValue {
	return []attribute.KeyValue{
		keyPeer.String(c.PeerName().String() + " " + c.PeerAddr().String()),
		number(keyConnection, c.ID()), number(keyType, m.Type), number(keyTID, m.TID),
		number(keyBytes, m.PayloadLen()),
	}
}

// fail marks a span as one that went wrong.
func fail(s trace.Span, err error) {
	s.RecordError(err)
	s.SetStatus(codes.Error, err.Error())
}

// errPanic: the handler of a message panicked.
var errPanic = errors.New("the handler panicked")

// Handler handles a message. The context has the span of its handling. It reports whether it took
// the message, as Dispatcher.Dispatch does.
type Handler func(ctx context.Context, m *simplemsgr.Message) bool

// Dispatcher returns a dispatcher that calls h, with a span around each message.
func (t *Tracing) Dispatcher(h Handler) simplemsgr.Dispatcher {
	return simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		ctx, span := t.Receive(context.Background(), m)
		err := errPanic
		defer func() {
			if err != nil {
				fail(span, err)
			}
			span.End()
		}()
		took := h(ctx, m)
		err = nil
		span.SetAttributes(attribute.Bool("simplemsgr.taken", took))
		return took
	})
}

// Receive begins the span of the handling of a received message, for who is no Dispatcher, such as
// a FastDispatcher, and returns a context with it. The caller ends the span. Its parent is the
// sender's if the message carries that, else that of ctx.
func (t *Tracing) Receive(ctx context.Context, m *simplemsgr.Message) (context.Context,
	trace.Span) {
	c := m.Connection()
	var broken error
	if t.options.Carrier != nil {
		fields, err := t.options.Carrier.Extract(m)
		if err == nil && fields != nil {
			ctx = t.options.Propagator.Extract(ctx, propagation.MapCarrier(fields))
		}
		broken = err
	}
	ctx, span := t.tracer.Start(ctx, t.spanName("dispatch", m.Type),
		trace.WithSpanKind(trace.SpanKindConsumer))
	if !span.IsRecording() {
		return ctx, span
	}
	span.SetAttributes(append(describe(c, m), keySender.String(m.Source.String()),
		number(keyNonce, c.PeerAddr().Nonce), number(keySeq, m.Seq),
		keyQueued.Float64(waited(m)))...)
	if broken != nil {
		span.RecordError(errors.WithMessage(broken, "extract the context"))
	}
	return ctx, span
}
