package simplemsgr

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/session"
)

// ErrDropped: messages were dropped. DroppedError says how many.
var ErrDropped = errors.New("simplemsgr: messages were dropped")

// DroppedError says what an end of the messenger has cost. It is an ErrDropped.
type DroppedError struct {
	// Connections counts those that had something queued or unacked when they were ended, Unsent
	// the messages that were never written, Unacked those that were written and of which no ack
	// came: most of them have arrived.
	Connections, Unsent, Unacked int
}

// Error says it in one line.
func (e *DroppedError) Error() string {
	return fmt.Sprintf("simplemsgr: dropped on %d connections: messages never sent: %d, not acked: "+
		"%d", e.Connections, e.Unsent, e.Unacked)
}

// Unwrap returns ErrDropped.
func (e *DroppedError) Unwrap() error { return ErrDropped }

func (e *DroppedError) add(err error) {
	var loss *session.LossError
	if errors.As(err, &loss) && loss.Unsent+loss.Unacked > 0 {
		e.Connections++
		e.Unsent += loss.Unsent
		e.Unacked += loss.Unacked
	}
}

// StopAccepting closes the listening socket. The sessions that there are live on, but a peer whose
// socket breaks does not come back, and neither does one that is in the middle of its handshake, if
// that fails. Bind opens the messenger again. It waits for the accept goroutine.
func (m *Messenger) StopAccepting() { m.accepter.Stop() }

// Drainer is a Dispatcher that goes on working when Dispatch has returned: Drain waits for it.
// Concurrent returns such a one.
type Drainer interface {
	Dispatcher
	// WaitUntilIdle waits until nothing is under way, or until done. It reports which.
	WaitUntilIdle(done <-chan struct{}) (idle bool)
}

// Drain ends the messenger gracefully. It stops accepting; waits until what has been received is
// dispatched and the handlers have answered; then closes each connection as
// Connection.CloseGracefully does, all at once; and shuts down. Peers that never stop asking cannot
// hold it up for ever: if ctx has a deadline, waiting for handlers takes half of the time that is
// left at most.
//
// It always ends the messenger, in the end abruptly: when ctx ends first. It returns nil if
// everything that was sent has arrived, as far as Delivery.Done says so; a *DroppedError if
// messages were dropped; the cause of ctx's end if it ended with nothing dropped. Call it from
// outside of callbacks. It says CLOSE, so towards daemons of Ceph 14.2, which answer that and then
// abort, use Connection.Flush and Shutdown.
func (m *Messenger) Drain(ctx context.Context) error {
	m.StopAccepting()
	m.mu.Lock()
	started := m.started
	m.mu.Unlock()
	if started { // else nothing is dispatched, and nothing ends
		m.waitForHandlers(ctx)
	}
	var dropped DroppedError
	var mu sync.Mutex
	var closing sync.WaitGroup
	for c := range m.Connections() {
		closing.Go(func() {
			err := c.CloseGracefully(ctx)
			if stoppedBy(c) != nil {
				return // somebody else shuts down, who counts it
			}
			mu.Lock()
			defer mu.Unlock()
			dropped.add(err)
		})
	}
	closing.Wait()
	err := m.Shutdown(ctx)
	select {
	case <-m.done: // and sessions that came while others closed were counted
		dropped.Connections += m.dropped.Connections
		dropped.Unsent += m.dropped.Unsent
		dropped.Unacked += m.dropped.Unacked
	default:
	}
	if dropped != (DroppedError{}) {
		return &dropped
	}
	return err
}

func (m *Messenger) waitForHandlers(ctx context.Context) {
	done := ctx.Done()
	if deadline, ok := ctx.Deadline(); ok {
		half, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
		done = half.Done()
	}
	drainers := m.dispatch.chain.Load().drainers
	for {
		if !m.dispatch.queue.WaitUntilIdle(done) {
			return
		}
		for _, d := range drainers {
			if !d.WaitUntilIdle(done) {
				return
			}
		}
		if len(drainers) == 0 || m.dispatch.queue.Idle() {
			return
		}
		// What came while handlers were waited for is waited for too.
	}
}
