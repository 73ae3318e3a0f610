package recording

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Recorder is a run that goes on. It is safe for concurrent use; its lock is a leaf, but for that
// of the writer.
type Recorder struct {
	run   Run
	began time.Time

	mu      sync.Mutex
	steps   []Step
	room    room
	changed chan struct{} // closed with the next step
	ended   bool
	encoder *json.Encoder // nil if it is not written to a file
	err     error         // of the writer
}

// NewRecorder begins to record a run. Steps are also written to w as JSON lines, unless that is
// nil; the recorder does not close it.
func NewRecorder(run Run, w io.Writer) *Recorder {
	r := &Recorder{run: run, began: time.Now(), changed: make(chan struct{})}
	if w != nil {
		r.encoder = json.NewEncoder(w)
		r.err = writeHead(r.encoder, run)
	}
	return r
}

// Run returns the run; it is live until End.
func (r *Recorder) Run() Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	run := r.run
	run.Live = !r.ended
	return run
}

// Add records a step, which happens now, and returns its number.
func (r *Recorder) Add(s Step) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.add(s)
}

func (r *Recorder) add(s Step) int {
	if r.ended {
		return len(r.steps)
	}
	s, ok := r.room.admit(s)
	if !ok {
		return len(r.steps)
	}
	s.At = milliseconds(float64(time.Since(r.began)) / float64(time.Millisecond))
	r.steps = append(r.steps, s)
	if r.encoder != nil && r.err == nil {
		r.err = r.encoder.Encode(&s)
	}
	close(r.changed)
	r.changed = make(chan struct{})
	return len(r.steps) - 1
}

// Full reports whether there is no room for further steps.
func (r *Recorder) Full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.room.full
}

// Bytes returns how much memory the steps take, about.
func (r *Recorder) Bytes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.room.bytes
}

// Since returns the steps from number n on, at most limit, and a channel that is closed when there
// are more, or the run has ended, which over says. The steps must not be changed.
func (r *Recorder) Since(n, limit int) (steps []Step, more <-chan struct{}, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(max(n, 0), len(r.steps))
	end := min(n+limit, len(r.steps))
	return r.steps[n:end:end], r.changed, r.ended && end == len(r.steps)
}

// End ends the run, and returns what kept it from being written.
func (r *Recorder) End() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended = true
		close(r.changed)
		r.changed = make(chan struct{})
	}
	return r.err
}

// Play returns a recorder that has all of a run, and has ended.
func Play(recorded Recorded) *Recorder {
	recorded.Live = false
	r := &Recorder{run: recorded.Run, steps: recorded.Steps, changed: make(chan struct{}),
		ended: true}
	for i := range r.steps {
		r.room.bytes += r.steps[i].bytes()
	}
	return r
}
