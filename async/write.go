package async

import "simplemessenger/session"

// What a link writes, one thing after the other: what its handshake says, and then one batch at a
// time.

// write writes a batch, or as much of it as the socket takes: the rest waits for the write event.
func (c *carrier) write(j session.Job) {
	l := linkOf(j.Link)
	c.stage(&c.writerStage, j.Stage)
	c.busy = true
	if c.config.Interceptor == nil {
		l.writeBatch(j)
		return
	}
	c.intercept(l, j.Stage, j.Batch.FirstTag(), func(err error) {
		if err != nil {
			l.wrote(j, err)
			return
		}
		l.writeBatch(j)
	})
}

func (l *link) writeBatch(j session.Job) {
	l.job = j
	for {
		if l.isShut.Load() {
			l.wrote(j, nil)
			return
		}
		pieces, err := j.Batch.Pieces(l.c.session, &l.Link)
		if err != nil || pieces == nil {
			l.wrote(j, err)
			return
		}
		l.pending = pieces // which are the batch's, and so ours until it is written
		switch done, err := l.flush(); {
		case err != nil:
			l.wrote(j, err)
			return
		case !done:
			l.flushed = l.batchFlushed
			return
		}
	}
}

// batchFlushed goes on with a batch of which the socket has not taken all at once.
func (l *link) batchFlushed(err error) {
	if err != nil {
		l.wrote(l.job, err)
		return
	}
	l.writeBatch(l.job)
}

// wrote ends a write.
func (l *link) wrote(j session.Job, err error) {
	if err != nil {
		l.c.session.Fault(&l.Link, err, j.Stage)
	}
	l.c.session.Written(&l.Link, j.Batch)
	l.c.jobDone()
}

// write sends what a handshake says, and goes on with then once the socket has taken it.
func (l *link) write(b []byte, then func() error) error {
	l.pending = [][]byte{b}
	done, err := l.flush()
	if err != nil || done {
		if err == nil {
			err = then()
		}
		return err
	}
	l.flushed = func(err error) {
		if err == nil {
			err = then()
		}
		if err != nil {
			l.fail(err)
			return
		}
		l.process()
	}
	return nil
}

// flush writes what is pending, as far as the socket takes it, and reports whether that was all.
func (l *link) flush() (done bool, err error) {
	for len(l.pending) > 0 {
		n, err := l.stream.write(l.pending)
		if n == 0 || err != nil {
			return false, err
		}
		for len(l.pending) > 0 && n >= len(l.pending[0]) {
			n -= len(l.pending[0])
			l.pending[0] = nil
			l.pending = l.pending[1:]
		}
		if n > 0 {
			l.pending[0] = l.pending[0][n:]
		}
	}
	l.pending = nil
	return true, nil
}

// writable is the write handler.
func (l *link) writable() {
	if l.isShut.Load() || l.flushed == nil {
		return
	}
	done, err := l.flush()
	if f := l.flushed; done || err != nil {
		l.flushed = nil
		f(err)
	}
}
