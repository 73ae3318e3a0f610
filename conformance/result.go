package conformance

import (
	"time"

	"simplemessenger/conformance/script"
)

// Verdict is what a case has shown.
type Verdict string

// All verdicts.
const (
	// Pass: everything came as the rules want it.
	Pass Verdict = "pass"
	// NonStrict: what came is what genuine messengers do as well, or only a rule of the level
	// should is broken.
	NonStrict Verdict = "non-strict"
	// Fail: a rule is broken.
	Fail Verdict = "fail"
	// Unsupported: probing has found that the messenger lacks what the case needs. It is no
	// failure.
	Unsupported Verdict = "unsupported"
	// Inconclusive: the case did not get to what it tests.
	Inconclusive Verdict = "inconclusive"
)

// Result is what became of one case.
type Result struct {
	Case    *script.Case
	Verdict Verdict
	// Reason says why the verdict is no pass, in a line.
	Reason string
	// Step is the index of the step that failed, -1 if none did.
	Step int
	// Rule is the id of the rule that is cited: that of the failed step, or the first of the case.
	Rule string
	// TimedOut tells that the step failed because something did not come, or end, in its time, and
	// not because something else came. A machine that is too slow makes a step fail in that way
	// too.
	TimedOut bool
	// Chunks are what was said, in order, on all sockets.
	Chunks []Chunk
	// Output is what the target printed, if the kit has started it and the case failed.
	Output string
	Took   time.Duration
}

// PerhapsSlow tells whether what is not right may be so because the machine is slow: something did
// not come in time, or could not even be asked for. It is worth to play such a case once more; what
// came and was wrong stays so.
func (r *Result) PerhapsSlow() bool {
	return r.Verdict == Fail && r.TimedOut || r.Verdict == Inconclusive || r.Verdict == Unsupported
}

// Failed tells whether the result counts as a failure.
func (r *Result) Failed(strict bool) bool {
	return r.Verdict == Fail || strict && r.Verdict == NonStrict
}

// Report is what became of all cases.
type Report struct {
	Target string
	Role   Role
	// Capabilities are what probing has found, in words.
	Capabilities []string
	Seed         uint64
	Strict       bool
	Began        time.Time
	Took         time.Duration
	Results      []*Result
}

// Count returns how many cases have the verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for _, result := range r.Results {
		if result.Verdict == v {
			n++
		}
	}
	return n
}

// Passed, and what counts as it: everything that is right, and what is right enough unless the run
// is strict.
func (r *Report) Passed() int {
	if r.Strict {
		return r.Count(Pass)
	}
	return r.Count(Pass) + r.Count(NonStrict)
}

// Failed counts the failures.
func (r *Report) Failed() int {
	if r.Strict {
		return r.Count(Fail) + r.Count(NonStrict)
	}
	return r.Count(Fail)
}
