package osdio

import (
	"context"
	"sync"
)

// pieces are requests for the parts of one object, several at a time. The first that fails ends the
// others.
type pieces struct {
	ctx   context.Context
	end   context.CancelCauseFunc
	slots chan struct{}
	group sync.WaitGroup

	mu     sync.Mutex // guards what follows
	failed int64      // the lowest offset that has failed; -1 for none
	why    error
	done   map[int64]chan []byte // by offset; closed without a result if it has failed
}

func newPieces(ctx context.Context, inFlight int) *pieces {
	p := &pieces{slots: make(chan struct{}, inFlight), failed: -1, done: map[int64]chan []byte{}}
	p.ctx, p.end = context.WithCancelCause(ctx)
	return p
}

// run begins a request, when there is room for one.
func (p *pieces) run(offset int64, request func(context.Context) ([]byte, error)) {
	p.slots <- struct{}{}
	done := make(chan []byte, 1)
	p.mu.Lock()
	p.done[offset] = done
	p.mu.Unlock()
	p.group.Go(func() {
		defer func() { <-p.slots }()
		defer close(done)
		data, err := request(p.ctx)
		if err != nil {
			p.failAt(offset, err)
			return
		}
		done <- data
	})
}

// fail ends all requests.
func (p *pieces) fail(err error) { p.failAt(-1, err) }

func (p *pieces) failAt(offset int64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == nil {
		p.why = err // those after it fail because of it
	}
	if offset >= 0 && (p.failed < 0 || offset < p.failed) {
		p.failed = offset
	}
	if offset >= 0 {
		p.end(err)
	}
}

func (p *pieces) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.why
}

// wait waits for all requests, and returns the offset up to which none has failed.
func (p *pieces) wait() int64 {
	p.group.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed < 0 {
		return 1<<63 - 1
	}
	return p.failed
}

// result waits for what one request has read.
func (p *pieces) result(offset int64) ([]byte, error) {
	p.mu.Lock()
	done := p.done[offset]
	delete(p.done, offset)
	p.mu.Unlock()
	if data, ok := <-done; ok {
		return data, nil
	}
	return nil, p.err()
}
