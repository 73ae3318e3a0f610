package bench

import (
	"fmt"
	"time"
)

// Step says how far a measurement is.
type Step struct {
	Text     string
	Fraction float64 // of the whole
}

// Progress is told now and then how far a measurement is; nil if nobody wants to know.
type Progress func(Step)

// part returns the Progress of the i-th of n parts of equal length.
func (p Progress) part(i, n int, name string) Progress {
	if p == nil {
		return nil
	}
	return func(s Step) {
		if name != "" {
			s.Text = name + ": " + s.Text
		}
		p(Step{s.Text, (float64(i) + s.Fraction) / float64(n)})
	}
}

// rate tells how many of something were done, and how fast.
func (p Progress) rate(what string, done int64, elapsed time.Duration, fraction float64) {
	if p != nil {
		p(Step{fmt.Sprintf("%s, %.0f/s", what, float64(done)/elapsed.Seconds()), min(fraction, 1)})
	}
}

func (p Progress) step(text string, fraction float64) {
	if p != nil {
		p(Step{text, fraction})
	}
}
