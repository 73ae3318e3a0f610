package metrics_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"simplemessenger/metrics"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// A messenger whose metrics are registered. A program serves the registry by promhttp, or by
// package msghttp with much else.
func Example() {
	c := metrics.New(metrics.Options{Types: map[uint16]string{1000: "Put"}})
	config := simplemsgr.Config{}
	config.Pipe.Tracer = c
	m := simplemsgr.New(wire.OSD(0), config)
	c.Watch(m)
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)

	got := make(chan bool)
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
		got <- true
		return true
	}))
	m.Bind(context.Background(), "127.0.0.1:0")
	m.Start()
	defer m.Shutdown(context.Background())
	m.Send(m.Inst(), &simplemsgr.Message{Type: 1000, Front: []byte("hello")}) // to itself
	<-got

	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range families {
		if f.GetName() == "simplemsgr_dispatches_total" {
			for _, m := range f.GetMetric() {
				fmt.Println(f.GetName(), m.GetLabel()[0].GetValue(), m.GetCounter().GetValue())
			}
		}
	}
	// Output:
	// simplemsgr_dispatches_total fast 0
	// simplemsgr_dispatches_total queue 1
}
