package simplemsgr_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// What fills all out queues together is sent and not acked, and the acks lie behind the next
// questions. The readers do not wait for each other: what does not fit is refused.
func TestStoppedReadersDoNotWaitForAcks(t *testing.T) {
	const clients, questions, size = 8, 50, 128 << 10
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
			func(c *simplemsgr.Config) {
				c.Pipe.QueueLimitTotal, c.Pipe.StopReading = 4*size, true
			})
		var got, refused, answered atomic.Int32
		server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			got.Add(1)
			err := m.Connection().Send(&simplemsgr.Message{Type: m.Type, Data: m.Data})
			if errors.Is(err, pipe.ErrQueueFull) {
				refused.Add(1)
			}
			return true
		}))
		start(t, server, "10.0.0.1:6800")
		for i := range clients {
			client := node(t, n, wire.Client(int64(i)), fmt.Sprintf("10.0.0.%d", 2+i),
				simplemsgr.LosslessClient())
			client.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
				answered.Add(1)
				return true
			}))
			start(t, client, "")
			for range questions {
				if err := client.Send(server.Inst(), &simplemsgr.Message{Type: 100,
					Data: make([]byte, size)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Minute)
		if got.Load() != clients*questions || answered.Load()+refused.Load() != got.Load() {
			t.Errorf("%d of %d questions were read, %d answered, %d answers refused", got.Load(),
				clients*questions, answered.Load(), refused.Load())
		}
	})
}

// Silence behind a message is noticed like any other, also where nobody traces.
func TestSilenceBehindAMessage(t *testing.T) {
	for _, fast := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
				func(c *simplemsgr.Config) {
					c.Keepalive = simplemsgr.Keepalive{Interval: 4 * time.Second,
						Timeout: 8 * time.Second}
				})
			server.AddDispatcher(side{&panicky{fast: fast}, false})
			start(t, server, "10.0.0.1:6800")
			client := node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient())
			client.AddDispatcher(side{&panicky{}, false})
			start(t, client, "")
			if err := client.Send(server.Inst(), &simplemsgr.Message{Type: 100}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // no keepalive has been asked for yet
			if state := server.Dump().Pipes[0].State; state != "OPEN" {
				t.Fatalf("state %s", state)
			}
			n.Conns()[0].Stall()
			time.Sleep(time.Minute)
			if state := server.Dump().Pipes[0].State; state == "OPEN" {
				t.Errorf("nobody has noticed that the peer is gone, with fast dispatch %v", fast)
			}
			n.Conns()[0].Resume()
		})
	}
}
