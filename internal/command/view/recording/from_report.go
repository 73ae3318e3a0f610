package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pkg/errors"
)

// report is as much of a line of `simplemsgr conform --json` as a run needs.
// docs/conformance-report.schema.json describes the whole.
type report struct {
	Type     string `json:"type"`
	Format   int    `json:"format"`
	Case     string `json:"case"`
	About    string `json:"about"`
	Verdict  string `json:"verdict"`
	Expected string `json:"expected"`
	Seen     string `json:"seen"`
	Reason   string `json:"reason"`
	Rule     struct {
		ID, Text, Section string
	} `json:"rule"`
	Step *struct {
		Text string `json:"text"`
	} `json:"step"`
	Frames []reportFrame `json:"frames"`
}

type reportFrame struct {
	LeftOut    int     `json:"left_out"`
	From       string  `json:"from"`
	Connection int     `json:"connection"`
	Ms         float64 `json:"ms"`
	Summary    string  `json:"summary"`
	End        string  `json:"end"`
	Said
}

func isReport(b []byte) bool {
	var r report
	return json.NewDecoder(bytes.NewReader(b)).Decode(&r) == nil &&
		(r.Type == "run" && r.Format > 0 || r.Type == "result")
}

// fromReport makes a run of each case that did not pass; of each that did, if all did. What is cut
// off at its end is read as far as it goes.
func fromReport(b []byte) ([]Recorded, error) {
	var failed, passed []Recorded
	decoder := json.NewDecoder(bytes.NewReader(b))
	for {
		var r report
		err := decoder.Decode(&r)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if len(failed) == 0 {
				return passed, nil
			}
			return failed, nil
		case err != nil:
			return nil, err
		case r.Type != "result" || r.Verdict == "unsupported":
		case r.Verdict == "pass":
			passed = append(passed, r.run())
		default:
			failed = append(failed, r.run())
		}
	}
}

func (r *report) run() Recorded {
	run := Recorded{Run: Run{ID: r.Case, Title: r.Case + ": " + r.Verdict,
		Lanes: []Lane{{Name: "kit"}, {Name: "target"}}}}
	add := func(s Step) {
		run.Steps = append(run.Steps, s)
	}
	add(Step{Kind: Note, Text: r.About})
	at := 0.0
	for i := range r.Frames {
		f := &r.Frames[i]
		at = max(at, f.Ms)
		if f.LeftOut > 0 {
			add(Step{Kind: Note, At: at, Text: fmt.Sprintf("%d frames are left out.", f.LeftOut)})
			continue
		}
		s := Step{At: at, Lane: "target", To: "kit", Socket: f.Connection, Kind: Frame,
			Text: f.Summary}
		if f.From == "kit" {
			s.Lane, s.To = "kit", "target"
		}
		if f.End != "" {
			s.Kind, s.To, s.Text = End, "", "the end: "+f.End
		} else {
			said := f.Said
			s.Frame = &said
		}
		add(s)
	}
	if r.Verdict != "pass" {
		add(Step{Kind: Note, At: at, Mark: "alarm", Text: r.verdict()})
	}
	return run
}

// verdict says what is wrong.
func (r *report) verdict() string {
	text := "Here it broke"
	if r.Step != nil {
		text += ", at \"" + r.Step.Text + "\""
	}
	if r.Expected != "" {
		text += ". Expected " + r.Expected + ", seen " + r.Seen
	} else {
		text += ". " + r.Reason + r.Seen
	}
	if r.Rule.Text != "" {
		text += ". Rule " + r.Rule.ID + ": " + r.Rule.Text + " (docs/" + r.Rule.Section + ")"
	}
	return text
}
