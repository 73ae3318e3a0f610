package report

import (
	"encoding/json"
	"io"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/wire"
)

// jsonFormat counts the forms of the JSON that cannot be read by who knows the last one alone. New
// keys are no new form.
const jsonFormat = 1

// What JSON tells of a case.
var (
	jsonBrief = detail{first: 500, last: 500}
	jsonStory = detail{first: 500, last: 500, fields: true, bytes: 4096, fieldBytes: 64}
)

// JSON writes one object a line: one about the run, one for each result, as soon as there is one,
// and one with the counts at the end. The key "type" tells them apart: run, result, end.
// docs/conformance-report.schema.json describes each.
type JSON struct {
	Run
	W io.Writer
	// Strict is that of the options.
	Strict bool
}

// runStory says what is run.
type runStory struct {
	Type         string            `json:"type"`
	Format       int               `json:"format"`
	Target       string            `json:"target"`
	Role         conformance.Role  `json:"role"`
	Capabilities []string          `json:"capabilities"`
	Versions     map[string]string `json:"versions"`
	Seed         uint64            `json:"seed"`
	Strict       bool              `json:"strict"`
	Cases        int               `json:"cases"`
	Began        time.Time         `json:"began"`
}

// endStory counts verdicts.
type endStory struct {
	Type string `json:"type"`
	// Passed and Failed are those of the last line of the text: where the run is not strict, what
	// is non-strict is among the passed.
	Passed   int                         `json:"passed"`
	Failed   int                         `json:"failed"`
	Verdicts map[conformance.Verdict]int `json:"verdicts"`
	TookMs   float64                     `json:"took_ms"`
}

// verdicts are all of them, the worst first.
var verdicts = []conformance.Verdict{conformance.Fail, conformance.NonStrict,
	conformance.Inconclusive, conformance.Unsupported, conformance.Pass}

func (run *Run) about(r *conformance.Report, cases int) runStory {
	version := run.Version
	if version == "" {
		version = "unknown"
	}
	return runStory{Type: "run", Format: jsonFormat, Target: r.Target, Role: r.Role,
		Capabilities: append([]string{}, r.Capabilities...),
		Versions:     map[string]string{"kit": version, "protocol": wire.Banner},
		Seed:         r.Seed, Strict: r.Strict, Cases: cases, Began: r.Began.UTC()}
}

func counts(r *conformance.Report) endStory {
	s := endStory{Type: "end", Passed: r.Passed(), Failed: r.Failed(),
		Verdicts: make(map[conformance.Verdict]int), TookMs: milliseconds(r.Took)}
	for _, v := range verdicts {
		s.Verdicts[v] = r.Count(v)
	}
	return s
}

// Start writes the first line. It is called by [conformance.Options.OnStart].
func (j *JSON) Start(r *conformance.Report, cases int) error {
	return j.line(j.about(r, cases))
}

// Result writes one result as a line.
func (j *JSON) Result(r *conformance.Result) error {
	d := jsonBrief
	if isStory(r) {
		d = jsonStory
	}
	return j.line(j.story(r, j.Strict, d))
}

// End writes the last line.
func (j *JSON) End(r *conformance.Report) error { return j.line(counts(r)) }

func (j *JSON) line(v any) error { return json.NewEncoder(j.W).Encode(v) }
