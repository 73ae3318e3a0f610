package conformance

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// In waits of a step: maxStepsTime bounds a whole case, startTime its first connection from a
// program that may have to start first.
const (
	maxStepsTime = 12
	startTime    = 6
)

// errTooLong ends a case whose steps together take too long, though each had time left: no rule is
// broken by that.
var errTooLong = errors.New("the whole case took too long")

// runEnded is why cases that were not over when the run was ended have no verdict.
const runEnded = "the run has ended"

// Check runs the cases that the options choose against a target. The error says that nothing could
// be run: the target cannot be reached, or ctx has ended. What is wrong with the target is in the
// report.
func Check(ctx context.Context, target *Target, options Options) (*Report, error) {
	r := &runner{target: target, options: options, patience: options.Timeout}
	if r.patience <= 0 {
		r.patience = DefaultTimeout
	}
	report := &Report{Target: target.Name, Role: options.role(), Seed: options.Seed,
		Strict: options.Strict, Began: time.Now()}
	var err error
	r.recorded.Store(maxRun)
	r.capabilities, err = r.probe(ctx)
	if errors.Is(err, errUnreachable) || ctx.Err() != nil {
		return nil, err
	}
	report.Capabilities = r.capabilities.words()
	if err != nil {
		// Who cannot even be asked is told by the cases what is wrong.
		if r.capabilities.lossy == nil {
			r.capabilities = simplest()
		}
		report.Capabilities = []string{"unknown: probing ended with " + err.Error()}
	}
	cases := options.Select()
	if options.OnStart != nil {
		options.OnStart(report, len(cases))
	}
	r.all(ctx, cases, func(result *Result) {
		report.Results = append(report.Results, result)
		if options.OnResult != nil {
			options.OnResult(result)
		}
	})
	report.Took = time.Since(report.Began)
	return report, context.Cause(ctx)
}

type runner struct {
	target       *Target
	options      Options
	patience     time.Duration
	capabilities capabilities
	// recorded is what may still be kept of conversations.
	recorded atomic.Int64
}

func (r *runner) probe(ctx context.Context) (capabilities, error) {
	b := &prober{target: r.target, patience: r.patience, random: r.random("probe")}
	if r.options.role() == RoleServer {
		return b.server(ctx)
	}
	return b.client(ctx, r.options.role())
}

// random draws names of peers: the same for a case each time. Nonces differ each time, or a second
// run would find the sessions of the first.
func (r *runner) random(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(r.options.Seed, h.Sum64()))
}

// all runs cases side by side and hands on their results in order. Cases that are known to end
// messengers come last, one by one: no other case is to suffer by them.
func (r *runner) all(ctx context.Context, cases []*script.Case, done func(*Result)) {
	results := make([]chan *Result, len(cases))
	for i := range results {
		results[i] = make(chan *Result, 1)
	}
	places := make(chan struct{}, r.options.parallel())
	var running sync.WaitGroup
	var alone sync.RWMutex // written to by cases that hold up others
	running.Go(func() {
		var beside sync.WaitGroup
		for i, c := range cases {
			if c.Harm != "" {
				continue
			}
			places <- struct{}{} // in order, so that with one place they run one after the other
			beside.Go(func() {
				defer func() { <-places }()
				if c.Alone != "" {
					alone.Lock()
					defer alone.Unlock()
				} else {
					alone.RLock()
					defer alone.RUnlock()
				}
				results[i] <- r.one(ctx, c)
			})
		}
		beside.Wait()
		for i, c := range cases {
			if c.Harm != "" {
				results[i] <- r.one(ctx, c)
			}
		}
	})
	for i := range results {
		done(<-results[i])
	}
	running.Wait()
}

// one runs a case.
func (r *runner) one(ctx context.Context, c *script.Case) *Result {
	began := time.Now()
	result := &Result{Case: c, Verdict: Pass, Step: -1, Rule: c.Rules[0]}
	defer func() { result.Took = time.Since(began) }()
	a, lossy, lacking := r.capabilities.lacks(c)
	switch {
	case ctx.Err() != nil:
		result.Verdict, result.Reason = Inconclusive, runEnded
		return result
	case lacking.missing != "" && slices.Contains(r.options.Require, lacking.need):
		result.Verdict, result.Reason = r.verdict(result.Rule), lacking.need+
			" is required, and probing says: "+lacking.missing
		return result
	case lacking.missing != "":
		result.Verdict, result.Reason = Unsupported, lacking.missing
		return result
	}
	whole, cancel := context.WithTimeoutCause(ctx, maxStepsTime*r.patience, errTooLong)
	defer cancel()
	p := newPlay(r.target, a.Identity, lossy, r.patience, r.random(c.Name))
	p.record.left = &r.recorded
	ended, err := p.start(whole, Role(c.Role), c.Address, a.byPort(c.Address))
	if err != nil {
		result.Verdict, result.Reason = Inconclusive, err.Error()
		if errors.Is(err, errNotHere) {
			result.Verdict = Unsupported
		}
		return result
	}
	err = p.run(whole, c.Steps)
	p.end()
	alive := r.alive(ctx, p) // with time of its own
	result.Output = ended()
	result.Chunks = p.record.all()
	if ctx.Err() != nil { // the target may have ended with it
		result.Verdict, result.Reason = Inconclusive, runEnded
		return result
	}
	r.judge(result, p, err, alive)
	return result
}

// alive asks whether a server still greets, after the case.
func (r *runner) alive(ctx context.Context, p *play) error {
	if p.instance.Dial == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	conn, err := p.instance.Dial(ctx)
	if err != nil {
		return errors.Wrap(err, "it cannot be reached any more")
	}
	defer conn.Close()
	s := newSocket("", conn, true, new(recording))
	if err := conn.SetDeadline(time.Now().Add(r.patience)); err != nil {
		return err
	}
	_, err = s.readGreeting()
	return errors.Wrap(err, "it does not greet any more")
}

// judge turns what happened into a verdict.
func (r *runner) judge(result *Result, p *play, err, alive error) {
	var failed *stepError
	switch {
	case errors.As(err, &failed):
		result.Step, result.Reason = failed.index, failed.err.Error()
		result.TimedOut = isTimeout(failed.err)
		if failed.rule != "" {
			result.Rule = failed.rule
		}
		result.Verdict = r.verdict(result.Rule)
		switch {
		case errors.Is(err, errNotHere):
			result.Verdict = Unsupported
		case errors.Is(err, errTooLong), failed.setup && alive == nil:
			result.Verdict = Inconclusive
		}
	case err != nil:
		result.Verdict, result.Reason = Inconclusive, err.Error()
	case alive != nil:
		result.Verdict, result.Reason = Fail, alive.Error()
	case len(p.weak) > 0:
		result.Verdict, result.Reason = NonStrict, p.weak[0]
	}
	if alive != nil && err != nil {
		result.Verdict, result.Reason = Fail, result.Reason+"; after that "+alive.Error()
	}
	if result.Verdict == Pass || result.Verdict == Unsupported {
		result.Output = ""
	}
}

// verdict is that of a broken rule.
func (r *runner) verdict(id string) Verdict {
	if rule, found := RuleByID(id); found && rule.Level != Must {
		return NonStrict
	}
	return Fail
}

// start makes the target ready for the case. Call ended when it is over.
// Address is what the case wants of the kit's address, byPort by which part of it.
func (p *play) start(ctx context.Context, role Role, address string, byPort bool) (
	ended func() string, err error) {
	var kit wire.EntityAddr
	if role != RoleServer {
		if p.listener, err = p.target.listen(ctx, address, byPort); err != nil {
			return nil, err
		}
		kit = p.listener.addr
		p.self.addr = kit
	}
	p.instance, err = p.target.Start(ctx, kit)
	if err != nil && p.listener != nil {
		p.listener.end()
	}
	return func() (output string) {
		if p.instance.Stop != nil {
			output = p.instance.Stop()
		}
		if p.listener != nil {
			p.listener.end()
		}
		return output
	}, err
}
