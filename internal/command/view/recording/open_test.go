package recording

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// valid fails the test if a page cannot show a run.
func valid(t *testing.T, r Recorded) {
	t.Helper()
	for i := range r.Steps {
		if err := r.check(i); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

// has reports whether a step says it.
func says(r Recorded, what string) bool {
	for _, s := range r.Steps {
		name := ""
		if s.Frame != nil {
			name = s.Frame.Name
		}
		if strings.Contains(s.Lane+" "+s.To+" "+name+" "+s.Text, what) {
			return true
		}
	}
	return false
}

func TestCaptures(t *testing.T) {
	paths, err := filepath.Glob("../../../../testdata/captures/*.pcap*")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		runs, err := Open(path)
		if err != nil || len(runs) != 1 {
			t.Errorf("%s: %d runs, %v", path, len(runs), err)
			continue
		}
		valid(t, runs[0])
		if !says(runs[0], "CONNECT") || len(runs[0].Lanes) < 2 {
			t.Errorf("%s: nobody connects; lanes %v", path, runs[0].Lanes)
		}
	}
}

func TestReports(t *testing.T) {
	runs, err := Open("../../../../conformance/report/testdata/json.txt")
	if err != nil || len(runs) == 0 {
		t.Fatal(runs, err)
	}
	for _, r := range runs {
		valid(t, r)
		last := r.Steps[len(r.Steps)-1]
		if last.Kind != Note || last.Mark != "alarm" || !strings.Contains(last.Text, "broke") {
			t.Errorf("%s ends with %+v", r.ID, last)
		}
	}
	if runs[0].ID != "wrong/new" || !says(runs[0], "kit target CONNECT") ||
		!says(runs[0], "Expected reply: tag=RESETSESSION, seen reply: tag=READY") {
		t.Errorf("%+v", runs[0])
	}
}

const verdictOfLab = `{
  "lab": 1, "seed": 7, "points": 10, "of": 100,
  "steps": [{"name": "numbers", "points": 10, "of": 10, "state": "passed"},
    {"name": "the banner", "points": 0, "of": 90, "state": "failed"}],
  "failed": "the banner", "section": "protocol.md#banner",
  "story": {"asked": "banner {\"n\":1} → ", "expected": "9 bytes", "got": "8 bytes",
    "fields": ["0 banner ceph v027, got ceph v02"], "why": "The last byte is missing.",
    "before": ["number 1 → 01"]}}`

func TestVerdicts(t *testing.T) {
	runs, err := Read("lab", []byte(verdictOfLab))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	valid(t, runs[0])
	for _, want := range []string{`Step "numbers": passed`, "grader program  number 1",
		"program grader  01", "Expected 9 bytes, got 8 bytes", "The last byte is missing.",
		"Read docs/protocol.md#banner"} {
		if !says(runs[0], want) {
			t.Errorf("nobody says %q", want)
		}
	}
	trouble, err := Read("lab", []byte(`{"lab":2,"points":0,"trouble":"it hangs","kind":"hang"}`))
	if err != nil || !says(trouble[0], "it hangs") {
		t.Errorf("%v, %v", trouble, err)
	}
}

func TestRecordingsThatAreNone(t *testing.T) {
	const head = `{"recording":1,"id":"a","lanes":[{"name":"x"}]}` + "\n"
	for text, want := range map[string]string{
		"":                                "neither a recorded run",
		"hello":                           "neither a recorded run",
		"{}":                              "neither a recorded run",
		`{"recording":2,"id":"a"}` + "\n": "line 1: it is of format 2",
		head + "{\n" + head:               "line 2: ",
		head + `{"lane":"y"}`:             `line 2: step 0: no lane "y"`,
		head + `{"of":0}`:                 "step 0: of step 0",
		head + `{"lane":"x"}` + "\n" + `{"of":-1}`: "step 1: of step -1",
	} {
		if _, err := Read("x", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there")
	}
	// The program that wrote it was ended.
	runs, err := Read("x", []byte(head+`{"kind":"note","text":"one"}`+"\n"+`{"kind":"no`))
	if err != nil || len(runs) != 1 || len(runs[0].Steps) != 1 {
		t.Errorf("%v, %v", runs, err)
	}
}

func TestWriteAndOpen(t *testing.T) {
	of := 0
	want := Recorded{Run: Run{ID: "a/b", Title: "A", Lanes: []Lane{{Name: "x", Engine: "async"}}},
		Steps: []Step{{Kind: Frame, Lane: "x", To: "x", Socket: 1, Text: "hi",
			Frame: &Said{Name: "MSG", Size: 1, Hex: "07"}}, {Kind: Arrival, Lane: "x", Of: &of},
			{Kind: Event, Case: "new", Pipes: []Pipe{{Key: "k", Lane: "x", State: "OPEN"}}}}}
	var b bytes.Buffer
	if err := want.Write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(path, append(b.Bytes(), b.Bytes()...), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Recorded{want, want}, got); diff != "" {
		t.Error(diff)
	}
}

// A recording is bounded, and says where it ends.
func TestRecorderIsBounded(t *testing.T) {
	r := NewRecorder(Run{ID: "a"}, nil)
	for range MaxSteps + 10 {
		r.Add(Step{Kind: Quiet})
	}
	steps, _, over := r.Since(MaxSteps-1, 100)
	if !r.Full() || len(steps) != 2 || steps[1].Mark != "alarm" || over {
		t.Errorf("%d steps, %v", len(steps), over)
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	if _, _, over := r.Since(MaxSteps+1, 100); !over || r.Run().Live {
		t.Error("it is not over")
	}
}

// However large steps are: a run takes no more memory than it may, and says so, also out of a file.
func TestRecorderIsBoundedInBytes(t *testing.T) {
	const size = 1 << 20
	large := strings.Repeat("x", size)
	steps := []Step{{Text: large}, {Frame: &Said{Hex: large}}, {Frame: &Said{Note: large}},
		{Frame: &Said{Malformed: []string{large}}},
		{Frame: &Said{Fields: []Field{{Text: large}}}},
		{Frame: &Said{Fields: []Field{{Value: large}}}},
		{Frame: &Said{Fields: make([]Field, size/80)}}, {Pipes: make([]Pipe, size/256)}}
	for _, s := range steps {
		r := NewRecorder(Run{}, nil)
		added := 0
		for ; !r.Full(); added++ {
			r.Add(s)
		}
		if most := MaxBytes / size; added > most+1 || added < most/2 || r.Bytes() > MaxBytes+size {
			t.Errorf("%d steps of a MiB, %d bytes", added, r.Bytes())
		}
		all, _, _ := r.Since(added-1, 9)
		if len(all) != 1 || !strings.Contains(all[0].Text, "128 MiB") || all[0].Mark != "alarm" {
			t.Errorf("the last step is %.200q", all[0].Text)
		}
		if again := Play(Recorded{Steps: all}); again.Bytes() < len(all[0].Text) {
			t.Errorf("played back it has %d bytes", again.Bytes())
		}
	}
	line := `{"at":1,"kind":"quiet","pipes":[` + strings.Repeat("{},", size/256) + "{}]}\n"
	runs, err := Read("x", []byte(`{"recording":1,"id":"a"}`+"\n"+strings.Repeat(line, 200)+
		`{"recording":1,"id":"b"}`+"\n"+line))
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if n := len(runs[0].Steps); n > MaxBytes/size+1 || !says(runs[0], "The recording is full") {
		t.Errorf("%d steps of a file of 200 MiB", n)
	}
	if len(runs[1].Steps) != 1 || says(runs[1], "The recording is full") {
		t.Errorf("the run behind it has %d steps", len(runs[1].Steps))
	}
}
