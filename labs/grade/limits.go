package grade

import "time"

// Limits are what a student's program may take: whoever exceeds one is stopped. Zero stands for the
// field of DefaultLimits.
type Limits struct {
	// AnswerTime is how long one answer may take.
	AnswerTime time.Duration
	// MaxAnswer bounds the bytes of one answer, MaxOutput those that the program prints in all.
	MaxAnswer, MaxOutput int
	// MaxMemory bounds the memory of the program that is in use, in bytes.
	MaxMemory uint64
	// BuildTime is how long the compiler may take, MaxSource how many bytes of source it gets.
	BuildTime time.Duration
	MaxSource int
}

// DefaultLimits are generous: no answer needs a millisecond.
var DefaultLimits = Limits{AnswerTime: 10 * time.Second, MaxAnswer: 4 << 20, MaxOutput: 1 << 20,
	MaxMemory: 512 << 20, BuildTime: 3 * time.Minute, MaxSource: 8 << 20}

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	or(&l.AnswerTime, d.AnswerTime)
	or(&l.MaxAnswer, d.MaxAnswer)
	or(&l.MaxOutput, d.MaxOutput)
	or(&l.MaxMemory, d.MaxMemory)
	or(&l.BuildTime, d.BuildTime)
	or(&l.MaxSource, d.MaxSource)
	return l
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
