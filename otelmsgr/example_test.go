package otelmsgr_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"simplemessenger/otelmsgr"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// One request through two messengers: the handling of it is a child of its sending.
func Example() {
	ctx := context.Background()
	spans := tracetest.NewInMemoryExporter() // a program has one that sends them somewhere
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	options := otelmsgr.Options{TracerProvider: provider, Carrier: otelmsgr.Middle{},
		Propagator: propagation.TraceContext{}}

	tracing := otelmsgr.New(options)
	config := simplemsgr.Config{}
	config.Pipe.Tracer = tracing
	server := simplemsgr.New(wire.OSD(0), config)
	tracing.Watch(server)
	server.SetDefaultPolicy(simplemsgr.StatelessServer())
	handled := make(chan bool)
	server.AddDispatcher(tracing.Dispatcher(func(ctx context.Context,
		m *simplemsgr.Message) bool {
		go func() { handled <- true }()
		return true
	}))
	server.Bind(ctx, "127.0.0.1:0")
	server.Start()

	tracing = otelmsgr.New(options)
	config.Pipe.Tracer = tracing
	client := simplemsgr.New(wire.Client(1), config)
	tracing.Watch(client)
	client.SetDefaultPolicy(simplemsgr.LossyClient())
	client.Start()
	connection, _ := client.Connect(server.Inst())
	tracing.Send(ctx, connection, &simplemsgr.Message{Type: 42, TID: 7})
	<-handled
	client.Shutdown(ctx)
	server.Shutdown(ctx)

	byName := map[string]tracetest.SpanStub{}
	for _, s := range spans.GetSpans() {
		byName[s.Name] = s
	}
	parent := byName["dispatch MOSDOp"].Parent.SpanID()
	fmt.Println(parent == byName["send MOSDOp"].SpanContext.SpanID())
	// Output: true
}

// A program whose fronts end where their own length says keeps the context behind that.
func ExampleCarrierFuncs() {
	trailer := otelmsgr.CarrierFuncs{
		InjectFunc: func(m *simplemsgr.Message, fields map[string]string) (err error) {
			m.Front, err = otelmsgr.AppendFields(bytes.Clone(m.Front), fields)
			return err
		},
		ExtractFunc: func(m *simplemsgr.Message) (map[string]string, error) {
			if len(m.Front) < 4 {
				return nil, nil
			}
			end := 4 + uint64(binary.LittleEndian.Uint32(m.Front))
			if end >= uint64(len(m.Front)) {
				return nil, nil
			}
			return otelmsgr.DecodeFields(m.Front[end:])
		},
	}
	m := &simplemsgr.Message{Front: []byte("\x05\x00\x00\x00hello")}
	fmt.Println(trailer.Inject(m, map[string]string{"traceparent": "00-4bf9"}))
	fmt.Println(trailer.Extract(m))
	// Output:
	// <nil>
	// map[traceparent:00-4bf9] <nil>
}
