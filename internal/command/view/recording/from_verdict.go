package recording

import (
	"encoding/json"
	"fmt"
	"strings"
)

// verdict is as much of a lab's verdict (package labs/grade) as a run needs.
type verdict struct {
	Lab    int    `json:"lab"`
	Points *int   `json:"points"`
	Of     int    `json:"of"`
	Failed string `json:"failed"`
	// Section is what to read.
	Section string `json:"section"`
	Story   *struct {
		Asked    string   `json:"asked"`
		Expected string   `json:"expected"`
		Got      string   `json:"got"`
		Fields   []string `json:"fields"`
		Why      string   `json:"why"`
		Before   []string `json:"before"`
	} `json:"story"`
	Trouble string `json:"trouble"`
	Steps   []struct {
		Name  string `json:"name"`
		State string `json:"state"`
	} `json:"steps"`
}

func isVerdict(b []byte) bool {
	var v verdict
	return json.Unmarshal(b, &v) == nil && v.Points != nil && v.Lab > 0
}

// fromVerdict tells a lab's verdict as questions of a grader to a program, and its answers.
func fromVerdict(name string, b []byte) ([]Recorded, error) {
	var v verdict
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	run := Recorded{Run: Run{ID: name, Title: fmt.Sprintf("Lab %d: %d of %d points", v.Lab,
		*v.Points, v.Of), Lanes: []Lane{{Name: "grader"}, {Name: "program"}}}}
	add := func(kind Kind, lane, to, mark, text string) {
		run.Steps = append(run.Steps, Step{Kind: kind, Lane: lane, To: to, Mark: mark, Text: text,
			At: float64(len(run.Steps))})
	}
	for _, s := range v.Steps {
		mark := map[string]string{"passed": "milestone", "failed": "alarm"}[s.State]
		add(Note, "", "", mark, "Step \""+s.Name+"\": "+s.State)
	}
	if v.Story != nil {
		for _, line := range v.Story.Before {
			question, answer, _ := strings.Cut(line, " → ")
			add(Frame, "grader", "program", "", question)
			add(Frame, "program", "grader", "", answer)
		}
		add(Frame, "grader", "program", "", v.Story.Asked)
		add(Frame, "program", "grader", "alarm", v.Story.Got)
		add(Note, "", "", "alarm", "Expected "+v.Story.Expected+", got "+v.Story.Got)
		for _, field := range v.Story.Fields {
			add(Note, "", "", "", field)
		}
		if v.Story.Why != "" {
			add(Note, "", "", "", v.Story.Why)
		}
	}
	if v.Trouble != "" {
		add(Note, "", "", "alarm", v.Trouble)
	}
	if v.Section != "" {
		add(Note, "", "", "", "Read docs/"+v.Section)
	}
	return []Recorded{run}, nil
}
