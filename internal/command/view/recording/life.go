package recording

import (
	"fmt"
	"sync"

	"simplemessenger/async"
	"simplemessenger/internal/command/timeline"
	"simplemessenger/protocol"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Life records the events of one messenger, from its start to its end; one that is started again
// has another life. It implements trace.Tracer.
type Life struct {
	recorder *Recorder
	lane     string
	prefix   string // of the keys of its pipes
	events   bool   // the event engine carries it

	mu    sync.Mutex // held while a step is recorded, so that steps are in the order of states
	pipes map[string]*state
	// left has sessions whose pipe is closed: another pipe may take them over.
	left map[string]*state
	over bool
}

// state is a pipe with what is not shown of it.
type state struct {
	Pipe
	reader, writer protocol.Stage
	requeued       uint64 // the highest number that a message had that was put back
}

// NewLife returns the number-th life of a messenger. events says that the event engine carries it.
func (r *Recorder) NewLife(lane string, number int, events bool) *Life {
	return &Life{recorder: r, lane: lane, prefix: fmt.Sprintf("%s/%d/", lane, number),
		events: events, pipes: make(map[string]*state), left: make(map[string]*state)}
}

// Trace implements trace.Tracer.
func (l *Life) Trace(r trace.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	step := Step{Kind: Quiet, Lane: l.lane, Name: r.Event.Name(), Text: r.Event.Name()}
	if line, told := timeline.Describe(r.Event); told {
		step.Text = line.Text
		switch {
		case line.Alarm:
			step.Mark = "alarm"
		case line.Milestone:
			step.Mark = "milestone"
		}
		if line.Direction == timeline.Inside || isRemarkable(r.Event) {
			step.Kind = Event
		}
	}
	switch e := r.Event.(type) {
	case trace.Decided:
		step.Case, step.Answer = e.Case.String(), e.Answer.String()
	case trace.StageChanged:
		step.Text = fmt.Sprintf("%s: %v → %v", e.Goroutine, e.From, e.To)
	}
	if r.Pipe != 0 || r.Connection != 0 {
		step.Pipes = l.changed(&r)
	}
	l.recorder.Add(step)
}

// isRemarkable tells events worth a line though their frame has one.
func isRemarkable(e trace.Event) bool {
	switch e := e.(type) {
	case trace.MessageSent:
		return e.Resent
	case trace.MessageDropped:
		return true
	}
	return false
}

// changed returns the pipes that an event makes different. Before its session has a handle a pipe
// is known by its number, and then by that of the handle, which outlives pipes.
func (l *Life) changed(r *trace.Record) []Pipe {
	byPipe := fmt.Sprintf("%spipe %d", l.prefix, r.Pipe)
	key := byPipe
	var all []Pipe
	if r.Connection != 0 {
		key = fmt.Sprintf("%sconnection %d", l.prefix, r.Connection)
		if old := l.pipes[byPipe]; old != nil {
			delete(l.pipes, byPipe)
			if l.pipes[key] == nil {
				l.pipes[key] = &state{Pipe: old.Pipe, reader: old.reader,
					writer: old.writer}
			}
			old.Gone = true
			all = append(all, old.Pipe)
		}
	}
	s := l.pipes[key]
	if s == nil {
		s = new(state)
		l.pipes[key] = s
		s.State = protocol.Connecting.String() // of whoever came there is an older one
		if r.Connection == 0 {
			s.State = protocol.Accepting.String()
		}
	}
	s.Key, s.Lane = key, l.lane
	if r.PeerName.Type != 0 && r.PeerName.Num != wire.NumUnknown {
		s.Peer = r.PeerName.String()
	} else if s.Peer == "" && !r.Peer.IsBlank() {
		s.Peer = r.Peer.String()
	}
	if e, replaced := r.Event.(trace.Replaced); replaced && !e.Lossy && l.left[key] != nil {
		old := l.left[key]
		s.takeOver(old)
	}
	s.apply(r.Event, l.events)
	if s.Gone {
		delete(l.pipes, key)
		l.left[key] = s
	}
	return append(all, s.Pipe)
}

// Queue notes that messages are about to be queued on a connection with a peer: there is no event
// of that, and of a new connection none before it.
func (l *Life) Queue(connection uint64, peer string, messages int, step Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := fmt.Sprintf("%sconnection %d", l.prefix, connection)
	s := l.pipes[key]
	if s == nil {
		s = &state{Pipe: Pipe{Key: key, Lane: l.lane, Peer: peer,
			State: protocol.Connecting.String()}}
		l.pipes[key] = s
	}
	s.Queued += messages
	step.Pipes = []Pipe{s.Pipe}
	l.recorder.Add(step)
}

// End ends the life: whatever pipes it had are gone. Later events are not recorded.
func (l *Life) End(step Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for _, s := range l.pipes {
		s.Gone = true
		step.Pipes = append(step.Pipes, s.Pipe)
	}
	clear(l.pipes)
	l.recorder.Add(step)
}

// Pipes returns how pipes are now.
func (l *Life) Pipes() []Pipe {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Pipe
	for _, s := range l.pipes {
		all = append(all, s.Pipe)
	}
	return all
}

// takeOver has a pipe go on with the session of another one.
func (s *state) takeOver(old *state) {
	s.Peer, s.ConnectSeq, s.PeerGlobalSeq = old.Peer, old.ConnectSeq, old.PeerGlobalSeq
	s.InSeq, s.InSeqAcked, s.OutSeq = old.InSeq, old.InSeqAcked, old.OutSeq
	s.Queued, s.Sent, s.requeued = old.Queued, old.Sent, old.requeued
}

// stage notes where a goroutine is.
func (s *state) stage(goroutine string, to protocol.Stage, events bool) {
	if goroutine == "reader" {
		s.reader, s.Reader = to, to.String()
	} else {
		s.writer, s.Writer = to, to.String()
	}
	if events {
		s.Event = async.StateOf(s.reader, s.writer).String()
	}
}
