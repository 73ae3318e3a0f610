package bench

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// bareLoad makes the same load as messengerLoad over bare sockets. It measures the latency of every
// sampleEvery-th request only.
type bareLoad struct {
	jobs  []*bareJob
	share *latency
}

const (
	sampleEvery = 64
	clockEvery  = 16 // requests between looks at the clock
)

func newBareLoad(ctx context.Context, server wire.EntityAddr, o Options) (*bareLoad, error) {
	l := &bareLoad{share: newLatency()}
	for range o.Jobs {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", server.AddrPort().String())
		if err != nil {
			l.close()
			return nil, err
		}
		l.jobs = append(l.jobs, newBareJob(c, o))
	}
	return l, nil
}

func (l *bareLoad) begin(ops int64, d time.Duration) {
	l.share.reset()
	for _, j := range l.jobs {
		j.start(ops, d, l.share)
	}
}

func (l *bareLoad) wait(ctx context.Context) error {
	for _, j := range l.jobs {
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if j.failed != nil {
			return errors.WithMessage(j.failed, "bare loop")
		}
	}
	return nil
}

func (l *bareLoad) completed() int64 {
	var n int64
	for _, j := range l.jobs {
		n += j.completed.Load()
	}
	return n
}

func (l *bareLoad) latencies() *latency { return l.share }

func (l *bareLoad) close() {
	for _, j := range l.jobs {
		_ = j.conn.Close()
	}
}

// bareJob is one socket: a phase has a goroutine that writes requests, one write each, and one that
// counts replies.
type bareJob struct {
	conn        net.Conn
	concurrency int64
	request     []byte
	crc         bool
	completed   atomic.Int64

	// Of one phase.
	mu       sync.Mutex
	room     sync.Cond // with mu: fewer are in flight, or the phase has failed
	sent     int64
	replied  int64
	over     bool  // nothing more will be sent
	broken   error // ends the phase early
	sampleAt []time.Time

	done   chan struct{} // closed when both goroutines have ended
	failed error         // valid then
}

func newBareJob(c net.Conn, o Options) *bareJob {
	j := &bareJob{conn: c, concurrency: int64(o.Concurrency),
		request: make([]byte, bareOverhead+o.Size), crc: o.CRC,
		sampleAt: make([]time.Time, o.Concurrency/sampleEvery+1)}
	j.room.L = &j.mu
	return j
}

func (j *bareJob) start(ops int64, d time.Duration, l *latency) {
	j.sent, j.replied, j.over = 0, 0, false
	j.done = make(chan struct{})
	until := time.Now().Add(d)
	go func() {
		defer close(j.done)
		var reader sync.WaitGroup
		reader.Go(func() { j.fail(j.read(l)) })
		j.fail(j.write(ops, until))
		reader.Wait()
		j.failed = j.broken
	}()
}

func (j *bareJob) fail(err error) {
	if err == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken == nil {
		j.broken = err
		_ = j.conn.Close() // the other goroutine may be in a system call
	}
	j.room.Signal()
}

// write sends requests until the phase is over. The last one is known as such when it is sent, so
// that the reader, which sees its reply, knows when to end.
func (j *bareJob) write(ops int64, until time.Time) error {
	for n := int64(0); ; n++ {
		last := ops > 0 && n == ops-1 || ops == 0 && n%clockEvery == 0 && time.Now().After(until)
		j.mu.Lock()
		for j.sent-j.replied >= j.concurrency && j.broken == nil {
			j.room.Wait()
		}
		if j.broken != nil {
			j.mu.Unlock()
			return nil
		}
		if n%sampleEvery == 0 {
			j.sampleAt[n/sampleEvery%int64(len(j.sampleAt))] = time.Now()
		}
		j.sent++
		j.over = last
		j.mu.Unlock()
		if j.crc {
			_ = wire.CRC(0, j.request[bareOverhead:])
		}
		if _, err := j.conn.Write(j.request); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
}

// read counts replies, which come in any pieces.
func (j *bareJob) read(l *latency) error {
	buffer := make([]byte, bareBuffer)
	rest := 0 // bytes of a reply that is not complete
	for {
		n, err := j.conn.Read(buffer)
		if err != nil {
			return err
		}
		rest += n
		replies := int64(rest / bareReply)
		rest %= bareReply
		now := time.Now()
		j.mu.Lock()
		// The first sampled request at or after j.replied, and all others among these replies.
		first := (j.replied + sampleEvery - 1) / sampleEvery
		for k := first; k*sampleEvery < j.replied+replies; k++ {
			l.record(now.Sub(j.sampleAt[k%int64(len(j.sampleAt))]))
		}
		j.replied += replies
		j.completed.Add(replies)
		over := j.over && j.replied == j.sent
		surplus := j.replied > j.sent
		j.room.Signal()
		j.mu.Unlock()
		switch {
		case surplus || over && rest > 0:
			return errors.New("more replies than requests")
		case over:
			return nil
		}
	}
}
