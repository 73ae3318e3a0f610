package view

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/live"
	"simplemessenger/internal/command/view/recording"
)

const (
	// maxRuns is how many runs are kept, the one that goes on among them. The oldest makes room,
	// which is told in the new one.
	maxRuns = 12
	// maxKept is how much memory those take that are over, about. Beside them one goes on, which
	// can take recording.MaxBytes.
	maxKept = 128 << 20
)

// errNoRun is of runs that are not there, or not any more.
var errNoRun = errors.New("there is no such run")

// runs are those that the page shows. One of them may go on.
type runs struct {
	ctx     context.Context
	options Options

	starting sync.Mutex // held while a run of messengers begins or ends; before mu
	closed   bool       // no run begins any more; guarded by starting

	mu    sync.Mutex
	all   []*recording.Recorder
	world *live.World // nil if none goes on
	count int
}

func newRuns(ctx context.Context, o Options) *runs {
	r := &runs{ctx: ctx, options: o}
	for _, recorded := range o.Runs {
		r.all = append(r.all, recording.Play(recorded))
	}
	return r
}

// begin starts the first run, unless recorded ones are shown.
func (r *runs) begin() error {
	if len(r.all) > 0 {
		return nil
	}
	engines := r.options.Engines
	if len(engines) == 0 {
		engines = make([]engine.Engine, 2)
	}
	_, err := r.start(engines)
	return err
}

// start ends the run that goes on, and begins another one, whose messengers open a session.
func (r *runs) start(engines []engine.Engine) (id string, err error) {
	r.starting.Lock()
	defer r.starting.Unlock()
	if r.closed {
		return "", errors.WithMessage(live.ErrRefused, "the page has ended")
	}
	r.mu.Lock()
	old := r.world
	r.world = nil
	r.count++
	id = fmt.Sprintf("live-%d", r.count)
	r.mu.Unlock()
	if old != nil {
		if err := old.Close(context.WithoutCancel(r.ctx)); err != nil {
			return "", err
		}
	}
	world, err := live.Start(r.ctx, live.Options{ID: id, Engines: engines,
		Record: r.options.Record})
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	if gone := r.makeRoom(); len(gone) > 0 {
		world.Recorder.Add(recording.Step{Kind: recording.Note, Text: fmt.Sprintf("To make room "+
			"these runs were dropped: %s. There can be %d runs, and %d MiB of those that are over.",
			strings.Join(gone, ", "), maxRuns, maxKept>>20)})
	}
	r.world = world
	r.all = append(r.all, world.Recorder)
	r.mu.Unlock()
	return id, world.Do(r.ctx, live.Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 2})
}

// makeRoom drops the oldest runs until there is room for one that goes on, and returns their names.
// r.mu is held.
func (r *runs) makeRoom() (gone []string) {
	kept := 0
	for _, recorder := range r.all {
		kept += recorder.Bytes()
	}
	for len(r.all) > 0 && (len(r.all) >= maxRuns || kept > maxKept) {
		kept -= r.all[0].Bytes()
		gone = append(gone, r.all[0].Run().ID)
		r.all[0] = nil // nothing else holds on to its steps
		r.all = r.all[1:]
	}
	return gone
}

// close ends the run that goes on, and lets none begin after it: a request may still be under way.
func (r *runs) close() error {
	r.starting.Lock()
	defer r.starting.Unlock()
	r.closed = true
	r.mu.Lock()
	world := r.world
	r.world = nil
	r.mu.Unlock()
	if world == nil {
		return nil
	}
	return world.Close(context.WithoutCancel(r.ctx))
}

func (r *runs) list() []recording.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []recording.Run{}
	for _, recorder := range r.all {
		list = append(list, recorder.Run())
	}
	return list
}

func (r *runs) find(id string) (*recording.Recorder, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, recorder := range r.all {
		if recorder.Run().ID == id {
			return recorder, nil
		}
	}
	return nil, errNoRun
}

// do carries a command out on the run that goes on, if it is that one.
func (r *runs) do(id string, c live.Command) error {
	r.mu.Lock()
	world := r.world
	r.mu.Unlock()
	if world == nil || world.Recorder.Run().ID != id {
		return errors.WithMessage(live.ErrRefused, "the run is over")
	}
	return world.Do(r.ctx, c)
}
