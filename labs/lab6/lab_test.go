package lab6

import (
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLab(t *testing.T) {
	const small = "if len(t.waiting) > 0 || !t.fits(n) {"
	const circle = "l.circle = append(l.circle, &line{i.Connection, []Item{i}})"
	gradetest.Check(t, Lab, func() grade.Subject { return new(reference) }, []gradetest.Wrong{
		{Name: "gives back without waking", File: "throttle.go",
			Old: "t.taken -= n\n\treturn t.wake()", New: "t.taken -= n\n\treturn nil",
			Step: "counting", Section: aboutThrottle},
		{Name: "small ones overtake", File: "throttle.go", Old: small, New: "if !t.fits(n) {",
			Step: "in turn", Section: aboutThrottle},
		{Name: "wakes one only", File: "throttle.go",
			Old:  "\t\tt.waiting = t.waiting[1:]\n",
			New:  "\t\tt.waiting = t.waiting[1:]\n\t\tbreak\n",
			Step: "in turn", Section: aboutThrottle},
		{Name: "large ones never", File: "throttle.go", Old: "return t.taken <= t.limit",
			New: "return false", Step: "too large", Section: aboutThrottle},
		{Name: "large ones only alone", File: "throttle.go", Old: "return t.taken <= t.limit",
			New: "return t.taken == 0", Step: "too large", Section: aboutThrottle},
		{Name: "nobody looks when one gives up", File: "throttle.go",
			Old:  "\t\t\tbreak\n\t\t}\n\t}\n\treturn t.wake()",
			New:  "\t\t\tbreak\n\t\t}\n\t}\n\treturn nil",
			Step: "giving up", Section: aboutThrottle},
		{Name: "low ones first", File: "queue.go", Old: "q.levels[at].priority > priority",
			New:  "q.levels[at].priority < priority",
			Step: "strict priorities", Section: aboutOrder},
		{Name: "one line for all", File: "queue.go", Old: "if c.connection == i.Connection {",
			New: "if true {", Step: "taking turns", Section: aboutOrder},
		{Name: "newcomers first", File: "queue.go", Old: circle,
			New:  "l.circle = append([]*line{{i.Connection, []Item{i}}}, l.circle...)",
			Step: "taking turns", Section: aboutOrder},
		{Name: "all priorities strict", File: "queue.go",
			Old: "shared := chosen.priority < PriorityLow", New: "shared := false",
			Step: "tokens", Section: aboutOrder},
		{Name: "a bucket without bottom", File: "queue.go",
			Old:  "min(l.tokens+tokens*int64(l.priority)/sum+1, q.maxTokens)",
			New:  "l.tokens + tokens*int64(l.priority)/sum + 1",
			Step: "everything", Section: aboutOrder},
		{Name: "events behind", File: "queue.go", Old: "if len(q.events) > 0 {",
			New:  "if len(q.events) > 0 && len(q.levels) == 0 {",
			Step: "events", Section: aboutOrder},
		{Name: "discards one priority", File: "queue.go", Old: "\t\tl.circle = left\n",
			New: "\t\tl.circle = left\n\t\tbreak\n", Step: "discard", Section: aboutOrder},
	})
}
