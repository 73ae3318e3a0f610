package bench

import (
	"context"
	"time"

	"simplemessenger/wire"
)

// messengerLoad is the load of ceph_perf_msgr_client: jobs with a messenger each.
type messengerLoad struct {
	jobs   []*job
	shares []*latency // of the phase; several jobs have one, since it is large
}

const maxShares = 8

func newMessengerLoad(server wire.EntityAddr, o Options, dial dialer) (*messengerLoad, error) {
	o.setCollector()
	l := &messengerLoad{}
	for range min(o.Jobs, maxShares) {
		l.shares = append(l.shares, newLatency())
	}
	t := newTemplate(o.Size, 0)
	for i := range o.Jobs {
		e, err := newEndpoint(i, o, dial)
		if err != nil {
			l.close()
			return nil, err
		}
		l.jobs = append(l.jobs, newJob(e, o, t))
		if err := e.connect(server); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *messengerLoad) begin(ops int64, d time.Duration) {
	for _, s := range l.shares {
		s.reset()
	}
	for i, j := range l.jobs {
		j.start(ops, d, l.shares[i%len(l.shares)])
	}
}

func (l *messengerLoad) wait(ctx context.Context) error {
	for _, j := range l.jobs {
		if err := j.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *messengerLoad) close() {
	for _, j := range l.jobs {
		j.endpoint.close()
	}
}

func (l *messengerLoad) completed() int64 {
	var n int64
	for _, j := range l.jobs {
		n += j.completed.Load()
	}
	return n
}

func (l *messengerLoad) latencies() *latency {
	sum := newLatency()
	for _, s := range l.shares {
		sum.merge(s)
	}
	return sum
}
