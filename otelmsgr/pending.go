package otelmsgr

import (
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"
	oteltrace "go.opentelemetry.io/otel/trace"

	"simplemessenger/protocol"
	"simplemessenger/trace"
)

// Errors with which spans of sent messages fail.
var (
	errDropped = errors.New("dropped from the out queue with its session")
	errReset   = errors.New("lost as the session began anew")
)

// pendingKey names a message before it has a number.
type pendingKey struct {
	connection, tid uint64
	messageType     uint16
}

// pending has the spans of messages that were sent, until it is known what became of them.
type pending struct {
	most int
	any  atomic.Int64 // spans; read without the lock

	mu     sync.Mutex // a leaf: it is taken while sessions are locked
	queued map[pendingKey][]oteltrace.Span
	sent   map[uint64]*sentSpans // by connection
	lossy  map[uint64]bool       // connections whose session is; until it ends
}

// sentSpans are those of a connection that wait for acks, in the order of their numbers.
type sentSpans struct {
	numbers []uint64
	spans   []oteltrace.Span
}

func newPending(most int) pending {
	return pending{most: most, queued: map[pendingKey][]oteltrace.Span{},
		sent: map[uint64]*sentSpans{}, lossy: map[uint64]bool{}}
}

// add keeps a span, unless there are too many.
func (p *pending) add(key pendingKey, s oteltrace.Span) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.any.Load() >= int64(p.most) {
		return false
	}
	p.any.Add(1)
	p.queued[key] = append(p.queued[key], s)
	return true
}

// remove takes a span back whose message was not queued. It reports whether it was there.
func (p *pending) remove(key pendingKey, s oteltrace.Span) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.queued[key]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].SpanContext().Equal(s.SpanContext()) {
			p.setQueued(key, append(all[:i:i], all[i+1:]...))
			p.any.Add(-1)
			return true
		}
	}
	return false
}

func (p *pending) setQueued(key pendingKey, all []oteltrace.Span) {
	if len(all) == 0 {
		delete(p.queued, key)
		return
	}
	p.queued[key] = all
}

// written moves a span to those that wait for acks. If nobody acks it is returned, to be ended.
func (p *pending) written(key pendingKey, seq uint64) oteltrace.Span {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.queued[key]
	if len(all) == 0 {
		return nil
	}
	s := all[0]
	p.setQueued(key, all[1:])
	s.SetAttributes(number(keySeq, seq))
	s.AddEvent("written")
	if p.lossy[key.connection] {
		p.any.Add(-1)
		return s
	}
	waiting := p.sent[key.connection]
	if waiting == nil {
		waiting = new(sentSpans)
		p.sent[key.connection] = waiting
	}
	waiting.numbers, waiting.spans = append(waiting.numbers, seq), append(waiting.spans, s)
	return nil
}

// acked returns the spans of what a peer has acked.
func (p *pending) acked(connection, seq uint64) []oteltrace.Span {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := p.sent[connection]
	if waiting == nil {
		return nil
	}
	n := 0
	for n < len(waiting.numbers) && waiting.numbers[n] <= seq {
		n++
	}
	done := waiting.spans[:n]
	waiting.numbers, waiting.spans = waiting.numbers[n:], waiting.spans[n:]
	if len(waiting.spans) == 0 {
		delete(p.sent, connection)
	}
	p.any.Add(-int64(n))
	return done
}

// drop returns all spans of a connection.
func (p *pending) drop(connection uint64) (all []oteltrace.Span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if waiting := p.sent[connection]; waiting != nil {
		all = waiting.spans
		delete(p.sent, connection)
	}
	for key, spans := range p.queued {
		if key.connection == connection {
			all = append(all, spans...)
			delete(p.queued, key)
		}
	}
	p.any.Add(-int64(len(all)))
	return all
}

func (p *pending) setLossy(connection uint64, lossy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lossy {
		p.lossy[connection] = true
	} else {
		delete(p.lossy, connection)
	}
}

// Trace implements trace.Tracer: it ends the spans of sent messages.
func (t *Tracing) Trace(r trace.Record) {
	p, some := &t.pending, t.pending.any.Load() > 0
	switch e := r.Event.(type) {
	case trace.Opened:
		p.setLossy(r.Connection, e.Lossy)
	case trace.StateChanged:
		// A session that is not lossy may go on in another carrier.
		if e.To == protocol.Closed {
			p.setLossy(r.Connection, false)
		}
	case trace.MessageSent:
		if some && !e.Resent {
			key := pendingKey{r.Connection, e.Header.TID, e.Header.Type}
			if s := p.written(key, e.Header.Seq); s != nil {
				s.End()
			}
		}
	case trace.Acked:
		if some {
			for _, s := range p.acked(r.Connection, e.Seq) {
				s.AddEvent("acked")
				s.End()
			}
		}
	case trace.QueueDropped:
		t.lose(r.Connection, errDropped)
	case trace.SessionReset:
		t.lose(r.Connection, errReset)
	}
}

func (t *Tracing) lose(connection uint64, why error) {
	for _, s := range t.pending.drop(connection) {
		fail(s, why)
		s.End()
	}
}

var _ trace.Tracer = (*Tracing)(nil)
