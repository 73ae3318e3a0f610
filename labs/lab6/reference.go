package lab6

import (
	"cmp"
	"encoding/json"

	"github.com/pkg/errors"

	"simplemessenger/dispatchqueue"
	"simplemessenger/throttle"
)

// reference answers with the library's own throttle and queue.
type reference struct {
	throttle *waiting
	queue    *stepped
}

// Ask implements grade.Subject.
func (r *reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	var g get
	var i item
	var l limits
	var d delivery
	if err := cmp.Or(json.Unmarshal(args, &g), json.Unmarshal(args, &i),
		json.Unmarshal(args, &l), json.Unmarshal(args, &d)); err != nil {
		return nil, err
	}
	switch op {
	case "throttle_new":
		r.throttle = &waiting{throttle: throttle.New("lab", g.N), withdraw: map[int]func() bool{}}
		return json.Marshal(nil)
	case "throttle_get":
		return json.Marshal(r.throttle.get(g.ID, g.N))
	case "throttle_put":
		return json.Marshal(r.throttle.after(func() { r.throttle.throttle.Put(g.N) }))
	case "throttle_cancel":
		return json.Marshal(r.throttle.after(func() { r.throttle.withdraw[g.ID]() }))
	case "throttle_limit":
		return json.Marshal(r.throttle.after(func() { r.throttle.throttle.SetMax(g.N) }))
	case "queue_new":
		r.Close()
		r.queue = newStepped(l)
		return json.Marshal(nil)
	case "enqueue":
		r.queue.queue.Enqueue(dispatchqueue.Item[int, int]{Connection: i.Connection,
			ConnectionID: uint64(i.Connection), Message: i.ID, Priority: i.Priority, Cost: i.Cost})
		return json.Marshal(nil)
	case "event":
		r.queue.queue.QueueEvent(kinds[d.Event], d.Connection, nil)
		return json.Marshal(nil)
	case "next":
		return json.Marshal(r.queue.next())
	case "discard":
		return json.Marshal(r.queue.discard(i.Connection))
	}
	return nil, errors.Errorf("nothing answers %s", op)
}

// Close ends the goroutines of the queue.
func (r *reference) Close() error {
	if r.queue != nil {
		r.queue.close()
		r.queue = nil
	}
	return nil
}

// waiting is a throttle of which it is noted who goes on when.
type waiting struct {
	throttle *throttle.Throttle
	withdraw map[int]func() bool
	woken    []int
}

func (w *waiting) get(id int, n int64) (granted bool) {
	withdraw := w.throttle.Await(n, func() { w.woken = append(w.woken, id) })
	w.withdraw[id] = withdraw
	return withdraw == nil
}

// after returns who goes on by something.
func (w *waiting) after(do func()) []int {
	w.woken = nil
	do()
	return w.woken
}

// kinds are the events that the lab has.
var kinds = map[string]dispatchqueue.Kind{"accept": dispatchqueue.KindAccept,
	"connect": dispatchqueue.KindConnect, "reset": dispatchqueue.KindReset}

// stepped is a queue whose dispatch goroutine stands still in a callback until it is asked for the
// next delivery.
type stepped struct {
	queue     *dispatchqueue.Queue[int, int]
	delivered chan delivery
	goOn      chan struct{}
	dropped   []int
}

func newStepped(l limits) *stepped {
	s := &stepped{delivered: make(chan delivery), goOn: make(chan struct{})}
	s.queue = dispatchqueue.New(dispatchqueue.Config{MaxTokensPerPriority: l.MaxTokens,
		MinCost: l.MinCost}, s)
	s.queue.QueueEvent(dispatchqueue.KindFault, 0, nil) // in whose callback it stands first
	s.queue.Start()
	<-s.delivered
	return s
}

// next lets the goroutine deliver once more.
func (s *stepped) next() delivery {
	if now := s.queue.Snapshot(); now.Events+now.Messages == 0 {
		return delivery{}
	}
	s.goOn <- struct{}{}
	return <-s.delivered
}

func (s *stepped) discard(connection int) []int {
	s.dropped = nil
	s.queue.DiscardConnection(uint64(connection))
	return s.dropped
}

func (s *stepped) close() {
	s.queue.Shutdown()
	go func() { // what is still queued of events is delivered
		for range s.delivered {
		}
	}()
	close(s.goOn)
	s.queue.Wait()
	close(s.delivered)
}

func (s *stepped) deliver(d delivery) {
	s.delivered <- d
	<-s.goOn
}

// HandleEvent implements dispatchqueue.Handler.
func (s *stepped) HandleEvent(kind dispatchqueue.Kind, connection int, _ error) {
	s.deliver(delivery{Event: kind.String(), Connection: connection})
}

// Dispatch implements dispatchqueue.Handler.
func (s *stepped) Dispatch(connection, message int) {
	s.deliver(delivery{Connection: connection, Message: message})
}

// Discard implements dispatchqueue.Handler.
func (s *stepped) Discard(_, message int) {
	s.dropped = append(s.dropped, message)
}

// CanFastDispatch implements dispatchqueue.Handler.
func (s *stepped) CanFastDispatch(int) bool { return false }

// FastPreprocess implements dispatchqueue.Handler.
func (s *stepped) FastPreprocess(int, int) {}

// FastDispatch implements dispatchqueue.Handler.
func (s *stepped) FastDispatch(int, int) {}
