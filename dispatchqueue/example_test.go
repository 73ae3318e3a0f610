package dispatchqueue_test

import (
	"fmt"
	"sync"

	"simplemessenger/dispatchqueue"
)

// printer is a handler of connections and messages that are strings.
type printer struct {
	dispatched sync.WaitGroup
}

func (p *printer) HandleEvent(kind dispatchqueue.Kind, connection string, _ error) {
	fmt.Println(connection, "event", kind)
}

func (p *printer) Dispatch(connection, message string) {
	fmt.Println(connection, "dispatch", message)
	p.dispatched.Done()
}

func (p *printer) Discard(connection, message string) {
	fmt.Println(connection, "discard", message)
}

func (p *printer) CanFastDispatch(message string) bool       { return message == "ping" }
func (p *printer) FastPreprocess(connection, message string) {}
func (p *printer) FastDispatch(connection, message string) {
	fmt.Println(connection, "fast dispatch", message)
}

// Three connections have sent messages, and one of them has been reset.
func Example() {
	handler := &printer{}
	q := dispatchqueue.New[string, string](dispatchqueue.Config{}, handler)
	osd, client, mds := q.NextConnectionID(), q.NextConnectionID(), q.NextConnectionID()

	// What a connection's reader does with a message.
	received := func(connection string, id uint64, priority int, message string) {
		size := int64(len(message))
		if _, err := q.DispatchThrottle().Get(size, nil); err != nil {
			return
		}
		q.FastPreprocess(connection, message)
		item := dispatchqueue.Item[string, string]{
			Connection:   connection,
			ConnectionID: id,
			Message:      message,
			Priority:     priority,
			Cost:         size,
			ThrottleSize: size,
		}
		if q.CanFastDispatch(message) {
			q.FastDispatch(item)
		} else {
			q.Enqueue(item)
		}
	}
	received("client.4", client, 127, "read one")
	received("client.4", client, 127, "read two")
	received("osd.0", osd, 127, "peering")
	received("osd.0", osd, 20, "scrub")
	received("osd.0", osd, 127, "ping")
	received("mds.0", mds, 196, "beacon")
	q.QueueEvent(dispatchqueue.KindReset, "mds.0", nil)
	q.DiscardConnection(mds)

	handler.dispatched.Add(q.Len() - 1) // all but the event
	q.Start()
	handler.dispatched.Wait()
	q.Shutdown()
	q.Wait()
	fmt.Println("bytes held:", q.DispatchThrottle().Current())
	// Output:
	// osd.0 fast dispatch ping
	// mds.0 discard beacon
	// mds.0 event reset
	// client.4 dispatch read one
	// osd.0 dispatch peering
	// client.4 dispatch read two
	// osd.0 dispatch scrub
	// bytes held: 0
}
