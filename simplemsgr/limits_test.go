package simplemsgr_test

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// deaf makes a messenger read nothing after the handshake, until hear is closed.
func deaf(hear <-chan struct{}) func(*simplemsgr.Config) {
	return func(c *simplemsgr.Config) {
		c.Pipe.QueueLimitBytes, c.Pipe.QueueLimitMessages, c.Pipe.QueueLimitTotal = -1, -1, -1
		c.Pipe.Interceptor = func(b pipe.Breakpoint) error {
			if b.Stage == protocol.StageReadTag {
				select {
				case <-hear:
				case <-b.Done:
				}
			}
			return nil
		}
	}
}

// A peer that sends and never reads is not read either: what waits for it keeps below the limit,
// others are answered meanwhile, and once it reads it gets every answer.
func TestFloodFromAPeerThatNeverReads(t *testing.T) {
	const limit, perMessage = 1 << 20, 4 << 10
	policies := map[string][2]simplemsgr.Policy{
		"lossy":    {simplemsgr.StatelessServer(), simplemsgr.LossyClient()},
		"lossless": {simplemsgr.StatefulServer(), simplemsgr.LosslessClient()},
	}
	for name, policy := range policies {
		for _, size := range []int{0, perMessage} {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				server := node(t, n, wire.OSD(0), "10.0.0.1", policy[0],
					func(c *simplemsgr.Config) {
						c.Pipe.QueueLimitBytes, c.Pipe.StopReading = limit, true
					})
				server.AddDispatcher(side{&panicky{fast: true}, true})
				start(t, server, "10.0.0.1:6800")
				hear, answers := make(chan struct{}), &panicky{}
				flooder := node(t, n, wire.Client(1), "10.0.0.2", policy[1], deaf(hear))
				flooder.AddDispatcher(side{answers, false})
				start(t, flooder, "")
				const total = uint64(10_000) // more than what fits
				for tid := range total {
					if err := flooder.Send(server.Inst(), &simplemsgr.Message{Type: 100,
						TID: tid + 1, Data: make([]byte, size)}); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				dump := server.Dump()
				s := dump.Pipes[0].Session
				if held := s.QueuedBytes + int64(s.Queued)*pipe.MessageOverhead; held > limit ||
					s.InSeq >= total || s.InSeq == 0 {
					t.Errorf("%s, %d bytes: %d bytes wait, limit %d; %d of %d messages were read",
						name, size, held, limit, s.InSeq, total)
				}
				other := &panicky{}
				quick := node(t, n, wire.Client(2), "10.0.0.3", policy[1])
				quick.AddDispatcher(side{other, false})
				start(t, quick, "")
				if err := quick.Send(server.Inst(), &simplemsgr.Message{Type: 100,
					TID: 7}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if other.got.Load() != 7 {
					t.Errorf("%s, %d bytes: another peer is not answered", name, size)
				}
				close(hear)
				time.Sleep(time.Minute)
				if got := answers.got.Load(); got != total {
					t.Errorf("%s, %d bytes: once it reads, answers up to %d of %d", name, size, got,
						total)
				}
				shutdown(t, server)
				if left := server.Dump().OutQueues; left != 0 {
					t.Errorf("%s, %d bytes: %d bytes are counted after the end", name, size, left)
				}
			})
		}
	}
}

// The shutdown does not wait for room.
func TestShutdownEndsAStoppedReader(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer(),
			func(c *simplemsgr.Config) {
				c.Pipe.QueueLimitBytes, c.Pipe.StopReading = 64<<10, true
			})
		server.AddDispatcher(side{&panicky{fast: true}, true})
		start(t, server, "10.0.0.1:6800")
		flooder := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient(),
			deaf(nil)), "")
		for range 5000 {
			if err := flooder.Send(server.Inst(), &simplemsgr.Message{Type: 100,
				Data: make([]byte, 4<<10)}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		before := time.Now()
		shutdown(t, server)
		if took := time.Since(before); took != 0 {
			t.Errorf("the shutdown took %v", took)
		}
	})
}

// Messages without payload are counted in the dispatch queue too.
func TestDispatchQueueIsBoundedInMessages(t *testing.T) {
	const limit, total = 100, 5000
	bubble(t, func(t *testing.T, n *memnet.Network) {
		gate := make(chan struct{})
		var count atomic.Int32
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
			func(c *simplemsgr.Config) {
				c.Queue.LimitMessages = limit
			})
		server.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
			<-gate
			count.Add(1)
			return true
		}))
		start(t, server, "10.0.0.1:6800")
		for i := range 3 {
			client := start(t, node(t, n, wire.Client(int64(i)), "10.0.0.2",
				simplemsgr.LosslessClient()), "")
			for range total {
				if err := client.Send(server.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
					t.Fatal(err)
				}
			}
		}
		synctest.Wait()
		if queued := server.Dump().Queue.Messages; queued < limit || queued > limit+3 {
			t.Errorf("%d messages queued, limit %d and one for each connection", queued, limit)
		}
		close(gate)
		time.Sleep(time.Minute)
		if count.Load() != 3*total {
			t.Errorf("%d messages dispatched of %d", count.Load(), 3*total)
		}
	})
}

// A connection that floods a slow dispatcher takes its own share of the dispatch queue, and leaves
// the others theirs.
func TestOneConnectionLeavesRoomInTheDispatchQueue(t *testing.T) {
	const own, total = 50, 1000
	bubble(t, func(t *testing.T, n *memnet.Network) {
		gate := make(chan struct{})
		var count atomic.Int32
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
			func(c *simplemsgr.Config) {
				c.Queue.LimitMessages, c.Queue.LimitOfConnection = 3*own, own
			})
		server.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
			<-gate
			count.Add(1)
			return true
		}))
		start(t, server, "10.0.0.1:6800")
		send := func(client int64, messages int) {
			t.Helper()
			m := start(t, node(t, n, wire.Client(client), "10.0.0.2", simplemsgr.LosslessClient()),
				"")
			for range messages {
				if err := m.Send(server.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
		send(1, total)
		if queued := server.Dump().Queue.Messages; queued < own-1 || queued > own+1 {
			t.Errorf("%d messages of one connection queued, its limit is %d", queued, own)
		}
		send(2, 10)
		if queued := server.Dump().Queue.Messages; queued < own+9 {
			t.Errorf("%d messages queued: the second connection has no room", queued)
		}
		close(gate)
		time.Sleep(time.Minute)
		if count.Load() != total+10 {
			t.Errorf("%d messages dispatched of %d", count.Load(), total+10)
		}
	})
}

// What one connection holds, within the limit of all together, leaves others their reserve; and
// room is waited for.
func TestQueueLimitTotal(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		const total = 1 << 20
		m := node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
			func(c *simplemsgr.Config) {
				c.Pipe.QueueLimitTotal = total
			})
		start(t, m, "")
		n.Host("10.0.0.1")
		peer := func(port uint16) wire.EntityInst {
			return wire.EntityInst{Name: wire.OSD(0), Addr: wire.EntityAddr{Type: wire.AddrLegacy,
				IP: netip.MustParseAddr("10.0.0.1"), Port: port}}
		}
		greedy, modest := connect(t, m, peer(1)), connect(t, m, peer(2))
		large := &simplemsgr.Message{Type: 1, Data: make([]byte, 100<<10)}
		var err error
		for err == nil {
			err = greedy.Send(large)
		}
		if held := m.Dump().OutQueues; !errors.Is(err, pipe.ErrQueueFull) || held > total ||
			held < total-200<<10 {
			t.Errorf("%v, %d bytes held of %d", err, held, total)
		}
		if err := modest.Send(&simplemsgr.Message{Type: 1,
			Data: make([]byte, 60<<10)}); err != nil {
			t.Errorf("within its reserve: %v", err)
		}
		if err := modest.Send(&simplemsgr.Message{Type: 1,
			Data: make([]byte, 60<<10)}); !errors.Is(err, pipe.ErrQueueFull) {
			t.Errorf("beyond its reserve: %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := modest.WaitForRoom(ctx, large); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited for room that did not come: %v", err)
		}
		room := make(chan error)
		go func() { room <- modest.WaitForRoom(context.Background(), large) }()
		dead := make(chan error)
		go func() { dead <- greedy.WaitForRoom(context.Background(), large) }()
		synctest.Wait()
		greedy.MarkDown()
		if err := <-dead; !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("room in a dead connection: %v", err)
		}
		if err := <-room; err != nil {
			t.Errorf("room made by another connection: %v", err)
		}
		if err := modest.Send(large); err != nil {
			t.Error(err)
		}
	})
}

// Peers that come and go do not pile up events before a handler that does not return: the next ones
// wait for their handshake.
func TestEventsAreBounded(t *testing.T) {
	const limit, peers = 10, 100
	bubble(t, func(t *testing.T, n *memnet.Network) {
		gate := make(chan struct{})
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer(),
			func(c *simplemsgr.Config) {
				c.Queue.LimitEvents = limit
			})
		server.AddDispatcher(newTold())
		server.AddDispatcherFirst(simplemsgr.DispatcherFunc(func(
			*simplemsgr.Message) bool {
			<-gate
			return true
		}))
		start(t, server, "10.0.0.1:6800")
		clients := make([]*simplemsgr.Messenger, peers)
		for i := range clients {
			clients[i] = start(t, node(t, n, wire.Client(int64(i)), "10.0.0.2",
				simplemsgr.LosslessClient()), "")
			if err := clients[i].Send(server.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		// One is being told, and one more peer may have been let in beside the last event.
		if queued := server.Dump().Queue.Events; queued > limit+1 {
			t.Errorf("%d events queued, limit %d", queued, limit)
		}
		close(gate)
		time.Sleep(time.Minute)
		for i, client := range clients {
			if c := connect(t, client, server.Inst()); !c.IsConnected() {
				t.Errorf("client %d has not come in", i)
			}
		}
	})
}
