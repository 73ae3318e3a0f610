package report

import (
	"encoding/hex"
	"math"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/decode"
)

// detail bounds what is told of one case.
type detail struct {
	// first and last are how many frames are told from either end.
	first, last int
	// fields tells whether frames have their fields and bytes. Of a frame so many bytes are told,
	// and of a field fieldBytes: 0 for none, where the frame has them.
	fields            bool
	bytes, fieldBytes int
}

// resultStory is one result, as JSON and the page have it. docs/conformance-report.schema.json
// describes it.
type resultStory struct {
	Type     string              `json:"type"`
	Case     string              `json:"case"`
	Group    string              `json:"group"`
	About    string              `json:"about"`
	Verdict  conformance.Verdict `json:"verdict"`
	Failed   bool                `json:"failed"`
	Rules    []string            `json:"rules"`
	Rule     ruleStory           `json:"rule"`
	Reason   string              `json:"reason,omitempty"`
	Expected string              `json:"expected,omitempty"`
	Seen     string              `json:"seen,omitempty"`
	Step     *stepStory          `json:"step,omitempty"`
	Steps    []string            `json:"steps"`
	TookMs   float64             `json:"took_ms"`
	Frames   []frameStory        `json:"frames"`
	Output   string              `json:"output,omitempty"`
	Command  string              `json:"command,omitempty"`
	Capture  string              `json:"capture,omitempty"`
}

// ruleStory is a rule; of one that the kit does not know only the id is there.
type ruleStory struct {
	ID      string            `json:"id"`
	Level   conformance.Level `json:"level,omitempty"`
	Text    string            `json:"text,omitempty"`
	Section string            `json:"section,omitempty"`
	Source  string            `json:"source,omitempty"`
}

// stepStory is the step that failed.
type stepStory struct {
	Index int    `json:"index"`
	Line  int    `json:"line"`
	Text  string `json:"text"`
}

// frameStory is a frame, or the end of what a side says on a socket, or how many frames are left
// out.
type frameStory struct {
	LeftOut    int          `json:"left_out,omitempty"`
	From       string       `json:"from,omitempty"`
	Socket     string       `json:"socket,omitempty"`
	Connection int          `json:"connection,omitempty"`
	Ms         *float64     `json:"ms,omitempty"`
	Name       string       `json:"name,omitempty"`
	Summary    string       `json:"summary,omitempty"`
	Size       int          `json:"size,omitempty"`
	Malformed  []string     `json:"malformed,omitempty"`
	Incomplete bool         `json:"incomplete,omitempty"`
	Note       string       `json:"note,omitempty"`
	End        string       `json:"end,omitempty"`
	Hex        string       `json:"hex,omitempty"`
	Fields     []fieldStory `json:"fields,omitempty"`
}

type fieldStory struct {
	Name   string `json:"name"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"`
	Value  any    `json:"value"`
	Text   string `json:"text,omitempty"`
	Hex    string `json:"hex,omitempty"`
}

func ruleOf(id string) ruleStory {
	r, _ := conformance.RuleByID(id)
	return ruleStory{ID: id, Level: r.Level, Text: r.Text, Section: r.Section, Source: r.Source}
}

// story tells a result, as far as the detail goes.
func (run *Run) story(r *conformance.Result, strict bool, d detail) resultStory {
	s := resultStory{Type: "result", Case: r.Case.Name, Group: r.Case.Group(),
		About: r.Case.About, Verdict: r.Verdict, Failed: r.Failed(strict), Rules: r.Case.Rules,
		Rule: ruleOf(r.Rule), Reason: r.Reason, TookMs: milliseconds(r.Took), Output: r.Output,
		Command: run.command(r.Case.Name), Capture: run.capture(r.Case.Name),
		Steps: []string{}, Frames: []frameStory{}}
	for i := range r.Case.Steps {
		s.Steps = append(s.Steps, r.Case.Steps[i].String())
	}
	if isStory(r) {
		s.Expected, s.Seen = expectedAndSeen(r.Reason)
	}
	if r.Step >= 0 {
		step := &r.Case.Steps[r.Step]
		s.Step = &stepStory{Index: r.Step, Line: step.Line, Text: step.String()}
	}
	head, tail, leftOut := some(Frames(r), d.first, d.last)
	for i := range head {
		s.Frames = append(s.Frames, d.frame(&head[i], began(r)))
	}
	if leftOut > 0 {
		s.Frames = append(s.Frames, frameStory{LeftOut: leftOut})
	}
	for i := range tail {
		s.Frames = append(s.Frames, d.frame(&tail[i], began(r)))
	}
	return s
}

// milliseconds rounds to a microsecond, which is more than anybody reads.
func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}

func (d detail) frame(f *Frame, began time.Time) frameStory {
	ms := milliseconds(f.at().Sub(began))
	s := frameStory{From: "target", Socket: f.Socket, Connection: f.Connection, Ms: &ms, End: f.End}
	if f.FromKit {
		s.From = "kit"
	}
	if f.Frame == nil {
		return s
	}
	s.Name, s.Summary, s.Size = f.Name(), f.Summary, len(f.Bytes)
	s.Incomplete, s.Note = f.Incomplete, f.Note
	for _, err := range f.Malformed {
		s.Malformed = append(s.Malformed, err.Error())
	}
	if !d.fields {
		return s
	}
	s.Hex = hex.EncodeToString(f.Bytes[:min(len(f.Bytes), d.bytes)])
	for _, field := range f.Fields {
		s.Fields = append(s.Fields, fieldStory{Name: field.Name, Offset: field.Offset,
			Size: field.Size, Value: field.Value, Text: field.Text,
			Hex: hex.EncodeToString(fieldBytes(f.Frame, field, d.fieldBytes))})
	}
	return s
}

// fieldBytes returns the first bytes of a field, as far as they are there.
func fieldBytes(f *decode.Frame, field decode.Field, limit int) []byte {
	end := min(field.Offset+field.Size, len(f.Bytes), field.Offset+limit)
	if field.Offset >= end {
		return nil
	}
	return f.Bytes[field.Offset:end]
}
