package pipe

import (
	"time"

	"simplemessenger/protocol"
	"simplemessenger/session"
)

// runWriter is the writer goroutine. It lives as long as the pipe carries the session: it does what
// the session says, one job after the other.
func (p *Pipe) runWriter() {
	for {
		switch j := p.session.Next(p); j.Do {
		case session.Connect:
			p.connect(j.Attempt)
		case session.Write:
			p.write(j)
		case session.Sleep:
			p.sleep(j)
		case session.End:
			p.writerStage.Store(uint32(protocol.StageNone))
			return
		}
	}
}

// sleep waits until the session wakes the writer, or for the pause.
func (p *Pipe) sleep(j session.Job) {
	l := linkOf(j.Link)
	if err := p.enter(&p.writerStage, j.Stage, l, 0); err != nil && l != nil {
		p.fault(l, err, j.Stage)
	}
	if j.Pause == 0 {
		<-p.wake
	} else {
		timer := time.NewTimer(j.Pause)
		select {
		case <-p.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	if p.session.Awake(p) {
		select { // woken when the pause was over anyway
		case <-p.wake:
		default:
		}
	}
}

// write writes a batch, or what a direct write has left of it.
func (p *Pipe) write(j session.Job) {
	l := linkOf(j.Link)
	err := p.enter(&p.writerStage, j.Stage, l, j.Batch.FirstTag())
	for err == nil {
		var pieces [][]byte
		if pieces, err = j.Batch.Pieces(p.session, &l.Link); pieces == nil {
			break
		}
		if err == nil {
			err = l.writeAll(pieces)
		}
	}
	if err != nil {
		p.fault(l, err, j.Stage)
	}
	p.session.Written(&l.Link, j.Batch)
}
