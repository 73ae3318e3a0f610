package simulator_test

import (
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPairsSurviveACut(t *testing.T) {
	for _, pair := range simulator.Pairs {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			server, client := pair.Start(w)
			stream := client.Stream(client.Connect(server))
			if err := stream.Send(10); err != nil {
				t.Fatal(err)
			}
			stream.AwaitDelivered(10)
			w.Cut(server, client)
			w.Settle()
			err := stream.Send(10)
			w.Drain()
			if pair.Lossy() {
				if err == nil {
					t.Error("a lossy connection went on after its fault")
				}
			} else if got := stream.Delivered(); got != 20 {
				t.Errorf("%s: %d of 20 delivered", pair.Name, got)
			}
		})
	}
}
