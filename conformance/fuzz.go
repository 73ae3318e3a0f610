package conformance

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// FuzzOptions say how Fuzz goes on. The zero value fuzzes a server until ctx ends.
type FuzzOptions struct {
	// Role is that of the target; RoleServer if it is empty.
	Role Role
	// Cases are those that are changed; those of the kit if it is nil.
	Cases []*script.Case
	// Seed and the number of a run say what the run does: the same each time.
	Seed uint64
	// First is the number of the first run, and Runs how many there are; 0 for no end.
	First, Runs int
	// Parallel is how many runs go on side by side; 4 if it is 0.
	Parallel int
	// Without are pieces that are not sent: those that the target is known to end by, so that the
	// same is not found again and again.
	Without []string
	// Timeout is how long an answer may take to one who should be answered; DefaultTimeout if it is
	// 0. In a run itself nothing is waited for longer than a tenth of it.
	Timeout time.Duration
	// OnFinding is called with each finding, by one goroutine at a time.
	OnFinding func(*Finding)
}

// Finding is something that a target must not do, whatever is said to it: end, greet nobody, stop
// answering another session.
type Finding struct {
	// Run is the number of the run that found it.
	Run int
	// What says what the target did.
	What string
	// Case is the shortest script that was found to have the same effect.
	Case *script.Case
	// Output is the end of what the target printed.
	Output string
}

// FuzzReport sums up.
type FuzzReport struct {
	Target   string
	Role     Role
	Seed     uint64
	Runs     int
	Findings []*Finding
	// Unconfirmed counts runs after which the target was not well, and that have not done it again
	// when they were alone with it.
	Unconfirmed int
	Took        time.Duration
}

// maxReturns bounds how many connections of a caller are looked at for one that gets through, and
// maxFindings how many findings a fuzz goes on for: a target that has so many is fuzzed again when
// they are mended.
const (
	maxReturns  = 32
	maxFindings = 100
)

// Fuzz changes cases at random, steps and fields and bytes, and plays them against a target. What
// comes back is not compared with anything: a finding is that the target ends, or no longer serves
// others. A finding is confirmed, alone with the target, and shrunk.
//
// The error says that the target cannot be reached at all.
func Fuzz(ctx context.Context, target *Target, options FuzzOptions) (*FuzzReport, error) {
	f, err := newFuzzer(ctx, target, options)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	var workers sync.WaitGroup
	for range f.parallel {
		workers.Go(func() { f.work(ctx) })
	}
	workers.Wait()
	f.report.Runs = int(f.done.Load())
	f.report.Took = time.Since(began)
	return f.report, nil
}

type fuzzer struct {
	runner   *runner
	options  FuzzOptions
	parallel int
	cases    []*script.Case
	next     atomic.Int64
	done     atomic.Int64
	// alone is held for reading by each run, and for writing by who wants the target for itself.
	alone  sync.RWMutex
	mu     sync.Mutex
	report *FuzzReport // guarded by mu, but for what is set once
}

func newFuzzer(ctx context.Context, target *Target, o FuzzOptions) (*fuzzer, error) {
	options := Options{Role: o.Role, Cases: o.Cases, Seed: o.Seed}
	r := &runner{target: target, options: options, patience: o.Timeout}
	if r.patience <= 0 {
		r.patience = DefaultTimeout
	}
	f := &fuzzer{runner: r, options: o, parallel: o.Parallel,
		report: &FuzzReport{Target: target.Name, Role: options.role(), Seed: o.Seed}}
	if f.parallel <= 0 {
		f.parallel = 4
	}
	f.next.Store(int64(o.First))
	var err error
	if r.capabilities, err = r.probe(ctx); err != nil {
		return nil, err
	}
	for _, c := range options.Select() {
		if _, _, lacking := r.capabilities.lacks(c); lacking.missing == "" && c.Harm == "" {
			f.cases = append(f.cases, c)
		}
	}
	if len(f.cases) == 0 {
		return nil, errors.New("conformance: there is no case that the target supports")
	}
	return f, nil
}

// work does one run after the other.
func (f *fuzzer) work(ctx context.Context) {
	for ctx.Err() == nil && !f.enough() {
		n := int(f.next.Add(1)) - 1
		if f.options.Runs > 0 && n >= f.options.First+f.options.Runs {
			return
		}
		c := f.mutated(n)
		f.alone.RLock()
		what, _ := f.try(ctx, c)
		f.alone.RUnlock()
		f.done.Add(1)
		if what != "" && ctx.Err() == nil {
			f.investigate(ctx, n, c)
		}
	}
}

// enough tells whether there are as many findings as a fuzz goes on for.
func (f *fuzzer) enough() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.report.Findings) >= maxFindings
}

// random is what a run draws from.
func (f *fuzzer) random(n int) *rand.Rand {
	return rand.New(rand.NewPCG(f.options.Seed, uint64(n)))
}

// try plays a case, whatever comes back, and says what is wrong with the target then; nothing if it
// is well.
func (f *fuzzer) try(ctx context.Context, c *script.Case) (what, output string) {
	a, lossy, _ := f.runner.capabilities.lacks(c)
	p := newPlay(f.runner.target, a.Identity, lossy, f.runner.patience/10,
		f.runner.random(c.Name))
	p.lenient = true
	ended, err := p.start(ctx, Role(c.Role), c.Address, a.byPort(c.Address))
	if err != nil {
		return "cannot be started: " + err.Error(), ""
	}
	var other *play
	if p.instance.Dial != nil {
		other, err = f.witness(ctx, p.instance)
		defer other.end()
		if err != nil {
			return "opens no session: " + err.Error(), ended()
		}
	}
	_ = p.run(ctx, c.Steps) // it is the target that is looked at
	if err := f.well(ctx, p, other, lossy); err != nil && ctx.Err() == nil {
		p.end()
		return err.Error(), ended()
	}
	p.end()
	return "", ended()
}

// witnesses returns who the other peer is: lossy if there is such a session.
func (f *fuzzer) witnesses() *ability {
	if a := f.runner.capabilities.lossy; a != nil {
		return a
	}
	return f.runner.capabilities.lossless
}

// asks are the steps by which a peer asks whether its session is well; none if the target answers
// nothing.
func asks(a *ability) []script.Step {
	switch {
	case a.features.Has(wire.FeatureMsgrKeepalive2):
		return []script.Step{{Verb: "send", Words: []string{"keepalive2"}},
			{Verb: "expect", Words: []string{"keepalive2_ack"}}}
	case a.echo:
		return []script.Step{{Verb: "send", Words: []string{"msg"}},
			{Verb: "expect", Words: []string{"msg"}}}
	}
	return nil
}

// witness opens a session of another peer, which has nothing to do with the run.
func (f *fuzzer) witness(ctx context.Context, instance *Instance) (*play, error) {
	p := newPlay(f.runner.target, f.witnesses().Identity, f.runner.capabilities.lossy != nil,
		f.runner.patience, rand.New(rand.NewPCG(rand.Uint64(), 0)))
	p.instance = instance
	return p, p.run(ctx, []script.Step{{Verb: "open"}})
}

// well asks whether the target goes on serving: the session of the witness, and a new one; a client
// or a peer whose session is lossless comes back.
func (f *fuzzer) well(ctx context.Context, p, other *play, lossy bool) error {
	if crashed := p.instance.Crashed; crashed != nil {
		if how := crashed(); how != "" {
			return errors.Errorf("it has ended: %s", how)
		}
	}
	if other != nil {
		if err := other.run(ctx, asks(f.witnesses())); err != nil {
			return errors.WithMessage(err, "the session of another peer")
		}
		again, err := f.witness(ctx, p.instance)
		again.end()
		return errors.WithMessage(err, "a new session")
	}
	if lossy {
		return nil // a lossy client may have given up
	}
	p.end()
	p.self.forget()
	p.current, p.lenient, p.patience = nil, false, 4*f.runner.patience
	for range maxReturns { // among them those that the run has not taken
		err := p.run(ctx, []script.Step{{Verb: "accept"}, {Verb: "welcome"}})
		var failed *stepError
		if !errors.As(err, &failed) || failed.step.Verb != "welcome" || ctx.Err() != nil {
			return errors.WithMessage(err, "it does not come back")
		}
		p.end()
	}
	return errors.Errorf("it does not come back: none of %d connections got through", maxReturns)
}
