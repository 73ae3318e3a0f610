package otelmsgr_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"simplemessenger/otelmsgr"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// halves are the attributes by which the two spans of a message find each other.
var halves = []attribute.Key{"simplemsgr.sender", "simplemsgr.sender.nonce", "simplemsgr.tid",
	"simplemsgr.seq", "simplemsgr.message.type"}

func checkHalves(t *testing.T, sent, got tracetest.SpanStub) {
	t.Helper()
	a, b := attributes(sent), attributes(got)
	for _, key := range halves {
		if a[key] == "" || a[key] != b[key] {
			t.Errorf("%s is %q at the sender and %q at the receiver", key, a[key], b[key])
		}
	}
}

// With a carrier the receiver's span, and what its handler does, are children of the sender's; and
// without one the spans have the same attributes all the same.
func TestSendToDispatch(t *testing.T) {
	for name, carrier := range map[string]otelmsgr.Carrier{"carrier": otelmsgr.Middle{},
		"no carrier": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				o := otelmsgr.Options{Carrier: carrier}
				osd, _ := w.node(t, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(), o,
					func(ctx context.Context, m *simplemsgr.Message) bool {
						_, span := w.provider.Tracer("test").Start(ctx, "inner")
						time.Sleep(time.Second)
						span.End()
						return m.TID == 7
					})
				client, tracing := w.node(t, wire.Client(1), "10.0.0.2",
					simplemsgr.LosslessClient(), o, nil)
				c, err := client.Connect(osd.Inst())
				if err != nil {
					t.Fatal(err)
				}
				ctx, root := w.provider.Tracer("test").Start(t.Context(), "root")
				if err := tracing.Send(ctx, c, &simplemsgr.Message{Type: 42, TID: 7,
					Front: []byte("hello")}); err != nil {
					t.Fatal(err)
				}
				root.End()
				time.Sleep(2 * time.Second)
				sent, got, inner := w.named("send"), w.named("dispatch"), w.named("inner")
				if len(sent) != 1 || len(got) != 1 || len(inner) != 1 {
					t.Fatalf("%d, %d and %d spans", len(sent), len(got), len(inner))
				}
				if sent[0].Name != "send MOSDOp" || got[0].Name != "dispatch MOSDOp" ||
					sent[0].SpanKind != oteltrace.SpanKindProducer ||
					got[0].SpanKind != oteltrace.SpanKindConsumer {
					t.Errorf("%s (%v), %s (%v)", sent[0].Name, sent[0].SpanKind, got[0].Name,
						got[0].SpanKind)
				}
				if sent[0].Parent.SpanID() != root.SpanContext().SpanID() {
					t.Error("the sender's span is no child of the caller's")
				}
				if e := events(sent[0]); e != "written acked" {
					t.Errorf("the sender's span has the events %q", e)
				}
				child := got[0].Parent.SpanID() == sent[0].SpanContext.SpanID() &&
					got[0].SpanContext.TraceID() == root.SpanContext().TraceID()
				if child != (carrier != nil) {
					t.Errorf("the receiver's span is a child of the sender's: %v", child)
				}
				if inner[0].Parent.SpanID() != got[0].SpanContext.SpanID() {
					t.Error("what the handler does is no child of the receiver's span")
				}
				if d := got[0].EndTime.Sub(got[0].StartTime); d != time.Second {
					t.Errorf("the receiver's span took %v, want 1s", d)
				}
				checkHalves(t, sent[0], got[0])
				if a := attributes(got[0]); a["simplemsgr.taken"] != "true" ||
					a["simplemsgr.tid"] != "7" {
					t.Errorf("attributes %v", a)
				}
			})
		})
	}
}

// On a lossy session a span ends when its message is written: nobody need ack it.
func TestLossyEndsWhenWritten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		osd, _ := w.node(t, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer(),
			otelmsgr.Options{}, take)
		client, tracing := w.node(t, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient(),
			otelmsgr.Options{}, nil)
		c, err := client.Connect(osd.Inst())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // of one TID
			if err := tracing.Send(t.Context(), c, &simplemsgr.Message{Type: 9999}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		sent, got := w.named("send message"), w.named("dispatch message")
		if len(sent) != 3 || len(got) != 3 {
			t.Fatalf("%d and %d spans", len(sent), len(got))
		}
		for i := range sent {
			if e := events(sent[i]); e != "written" {
				t.Errorf("the events are %q", e)
			}
			checkHalves(t, sent[i], got[i])
		}
	})
}

// What is lost fails, with the reason.
func TestLost(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.network.Host("10.0.0.1") // where nobody listens
		client, tracing := w.node(t, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
			otelmsgr.Options{MaxPending: 2}, nil)
		addr, err := wire.ParseEntityAddr("10.0.0.1:6800/1")
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.Connect(wire.EntityInst{Name: wire.OSD(0), Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		send := func(tid uint64) error {
			return tracing.Send(t.Context(), c, &simplemsgr.Message{Type: 42, TID: tid})
		}
		for tid := range uint64(3) {
			if err := send(tid); err != nil {
				t.Fatal(err)
			}
		}
		// Beyond MaxPending nobody waits.
		if all := w.named("send"); len(all) != 1 || events(all[0]) != "queued" ||
			all[0].Status.Code != codes.Unset {
			t.Fatalf("%+v", all)
		}
		synctest.Wait()
		c.MarkDown()
		if err := send(9); !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("sent: %v", err)
		}
		if err := tracing.Send(t.Context(), c, nil); !errors.Is(err, pipe.ErrNilMessage) {
			t.Errorf("sent nothing: %v", err)
		}
		all := w.named("send")[1:]
		if len(all) != 3 {
			t.Fatalf("%d spans failed, want 3", len(all))
		}
		for i, want := range []string{"dropped from the out queue with its session",
			"dropped from the out queue with its session", "connection is closed"} {
			if s := all[i].Status; s.Code != codes.Error || s.Description != want {
				t.Errorf("%d: %+v, want %q", i, s, want)
			}
		}
	})
}

// A message that goes again over the next socket has one span, which ends when it is acked.
func TestOneSpanOverTwoSockets(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		osd, _ := w.node(t, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
			otelmsgr.Options{}, take)
		client, tracing := w.node(t, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
			otelmsgr.Options{}, nil)
		c, err := client.Connect(osd.Inst())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for tid := range uint64(5) {
			old := w.network.Conns()[0]
			old.Stall() // it is written, and does not arrive
			if err := tracing.Send(t.Context(), c, &simplemsgr.Message{Type: 42,
				TID: tid}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if n := len(w.named("send")); n != int(tid) {
				t.Fatalf("%d spans have ended before the ack of message %d", n, tid)
			}
			old.Reset()
			time.Sleep(time.Minute)
		}
		all := w.named("send")
		if len(all) != 5 {
			t.Fatalf("%d spans, want 5", len(all))
		}
		for i, s := range all {
			if events(s) != "written acked" ||
				attributes(s)["simplemsgr.seq"] != strconv.Itoa(i+1) {
				t.Errorf("%d: events %q, attributes %v", i, events(s), attributes(s))
			}
		}
	})
}

// A handler that panics leaves a span that says so.
func TestPanic(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		osd, tracing := w.node(t, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
			otelmsgr.Options{}, func(context.Context, *simplemsgr.Message) bool { panic("boom") })
		c, err := osd.Connect(osd.Inst()) // itself
		if err != nil {
			t.Fatal(err)
		}
		if err := tracing.Send(t.Context(), c, &simplemsgr.Message{Type: 42}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if all := w.named("send"); len(all) != 1 || events(all[0]) != "queued" {
			t.Errorf("%+v", all)
		}
		if all := w.named("dispatch"); len(all) != 1 || all[0].Status.Code != codes.Error ||
			all[0].Status.Description != "the handler panicked" {
			t.Errorf("%+v", all)
		}
	})
}

// What is not sampled is carried as such, and nothing waits for it.
func TestNotSampled(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var got oteltrace.SpanContext
		o := otelmsgr.Options{Carrier: otelmsgr.Middle{}}
		osd, _ := w.node(t, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(), o,
			func(ctx context.Context, _ *simplemsgr.Message) bool {
				got = oteltrace.SpanContextFromContext(ctx)
				return true
			})
		client, tracing := w.node(t, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(), o,
			nil)
		c, err := client.Connect(osd.Inst())
		if err != nil {
			t.Fatal(err)
		}
		ctx, root := w.provider.Tracer("test").Start(t.Context(), "root")
		if err := tracing.Send(ctx, c, &simplemsgr.Message{Type: 42}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(w.spans.GetSpans()); n != 0 {
			t.Errorf("%d spans", n)
		}
		if got.TraceID() != root.SpanContext().TraceID() || got.IsSampled() {
			t.Errorf("the handler's context is %v of the trace %v", got, root.SpanContext())
		}
	}, sdktrace.WithSampler(sdktrace.NeverSample()))
}

// A middle part of the program's own stays as it is, in either direction.
func TestMiddleInUse(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var got string
		o := otelmsgr.Options{Carrier: otelmsgr.Middle{}}
		osd, _ := w.node(t, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(), o,
			func(_ context.Context, m *simplemsgr.Message) bool {
				got = string(m.Middle)
				return true
			})
		client, tracing := w.node(t, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(), o,
			nil)
		c, err := client.Connect(osd.Inst())
		if err != nil {
			t.Fatal(err)
		}
		for _, middle := range []string{"mine", "\x00otc1\xff", "\x00ot"} {
			w.spans.Reset()
			if err := tracing.Send(t.Context(), c, &simplemsgr.Message{Type: 42,
				Middle: []byte(middle)}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got != middle {
				t.Errorf("got %q, want %q", got, middle)
			}
			if all := w.named("dispatch"); len(all) != 1 || all[0].Parent.IsValid() {
				t.Errorf("%q: %+v", middle, all)
			}
		}
	})
}
