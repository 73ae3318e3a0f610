package dispatchqueue

import (
	"io"
	"testing"
	"testing/synctest"
)

// Who lets peers in waits until their events are handled; faults beyond the limit are forgotten,
// and nothing else is.
func TestLimitEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{then: map[string]func(){}}
		q := New[string, string](Config{LimitEvents: 2}, r)
		if q.WaitForEventRoom(nil) {
			t.Error("waited for room that there was")
		}
		q.QueueEvent(KindAccept, "c1", nil)
		q.QueueEvent(KindFault, "c1", io.EOF)
		q.QueueEvent(KindFault, "c1", io.ErrUnexpectedEOF)
		q.QueueEvent(KindReset, "c1", nil)

		done := make(chan struct{})
		close(done)
		if !q.WaitForEventRoom(done) {
			t.Error("there was room above the limit")
		}
		q.QueueEvent(KindAccept, "c2", nil)
		waited := make(chan bool)
		go func() { waited <- q.WaitForEventRoom(nil) }()
		synctest.Wait()
		select {
		case <-waited:
			t.Fatal("did not wait")
		default:
		}
		q.Start()
		if !<-waited {
			t.Error("did not say that it waited")
		}
		r.check(t, "accept c1", "fault c1: EOF", "reset c1", "accept c2")
		q.Shutdown()
		q.Wait()
	})
}
