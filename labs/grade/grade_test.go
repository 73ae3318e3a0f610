package grade

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	shieldedChild()
	goleak.VerifyTestMain(m)
}

// theirs is the grader's file of the lab of these tests.
const theirs = `package main

func main() {
	op("double", func(q struct{ How string; N int }) (any, error) {
		answer := Double(q.How, q.N)
		if err, is := answer.(error); is {
			return nil, err
		}
		return answer, nil
	})
	serve()
}
`

type number struct{ N int }

// lab asks thrice for the double of a number.
func lab(how string, limits Limits) Lab {
	double := func(s *Session) error {
		for range 3 {
			n := 1 + s.Random.IntN(1000)
			var got number
			if err := s.Ask("double", map[string]any{"How": how, "N": n}, &got); err != nil {
				return err
			}
			if got.N != 2*n {
				return &Story{Asked: fmt.Sprint("double ", n), Expected: fmt.Sprint(2 * n),
					Got: fmt.Sprint(got.N)}
			}
		}
		return nil
	}
	files := fstest.MapFS{"README.md": {Data: []byte("# Double\n")},
		"hints.md":            {Data: []byte("# Hints\n\n## double\n\nTwice.\n\n## again\n\nTwice again.\n")},
		"_starter/main.go":    {Data: []byte(theirs)},
		"_starter/go.mod.txt": {Data: []byte("module student\n\ngo 1.22\n")},
		"_starter/double.go":  {Data: []byte("package main\n\nfunc Double(string, int) any { return 0 }\n")},
	}
	return Lab{Number: 1, Name: "double", Title: "Twice", Files: files, Limits: limits,
		Steps: []Step{{Name: "double", Points: 60, Section: "a.md#b", Run: double},
			{Name: "again", Points: 40, Section: "a.md#c", Run: double}}}
}

// student is the folder of a student whose program can do all that is wrong.
func student(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/student.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	return folder(t, map[string]string{"double.go": string(b), "go.mod": mod})
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Each way of a program to be wrong has its verdict, the same one each time, and no points.
func TestVerdictOfWhatGoesWrong(t *testing.T) {
	l := lab("", Limits{})
	path, remove, err := Build(t.Context(), student(t), l.graders(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	soon := Limits{AnswerTime: 100 * time.Millisecond} // for what ends by that alone
	for _, tc := range []struct {
		how    string
		limits Limits
		kind   string // empty for a story
		says   string
	}{
		{"hang", soon, "hang", "not answered within 100ms"},
		{"closes", Limits{}, "nonsense", "closed descriptor 3"},
		{"panic", Limits{}, "panic", "index out of range"},
		{"panic", Limits{}, "panic", "in main.Double (double.go:"},
		{"recurse", Limits{}, "exit", "goroutine stack exceeds"},
		{"goroutine", Limits{}, "exit", "panic: elsewhere"},
		{"memory", Limits{MaxMemory: 64 << 20}, "memory", "64 MiB"},
		{"output", Limits{MaxOutput: 64 << 10}, "output", "64 KiB"},
		{"exit", Limits{}, "exit", "I go"},
		{"closed", Limits{}, "nonsense", "closed descriptor 3"},
		{"wait", Limits{}, "exit", "all goroutines are asleep"},
		{"wait", Limits{}, "exit", "main.Double\n\tstudent/double.go:"},
		{"long", Limits{MaxAnswer: 64 << 10}, "nonsense", "longer than 64 KiB"},
		{"text", Limits{}, "", `"four"`},
		{"error", Limits{}, "error", "cannot"},
		{"garbage", Limits{}, "nonsense", "no answer to what was asked"},
		{"forged id", Limits{}, "nonsense", "no answer to what was asked"},
		{"forged points", Limits{}, "nonsense", "no answer to what was asked"},
		{"answers twice", Limits{}, "nonsense", "no answer to what was asked"},
		{"environment", Limits{}, "", ""},
	} {
		t.Run(tc.how, func(t *testing.T) {
			t.Setenv("SECRET_OF_THE_GRADER", "secret")
			var verdicts [2]string
			for i := range verdicts {
				p, err := Start(t.Context(), path, tc.limits)
				if err != nil {
					t.Fatal(err)
				}
				v := Grade(1, lab(tc.how, tc.limits).Steps, p, 7)
				b, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				verdicts[i] = string(b)
				said := v.Trouble
				if v.Story != nil {
					said = v.Story.Got
				}
				if v.Points != 0 || v.Of != 100 || v.Failed != "double" || v.Kind != tc.kind ||
					!strings.Contains(said, tc.says) || (v.Story == nil) == (tc.kind == "") {
					t.Errorf("%s", b)
				}
				if v.Story != nil && tc.how == "environment" && v.Story.Got != "0" {
					t.Errorf("the program sees the grader's environment: %s", b)
				}
			}
			if verdicts[0] != verdicts[1] {
				t.Errorf("the same seed, and two verdicts:\n%s\n%s", verdicts[0], verdicts[1])
			}
		})
	}
}

// What prints, and is right, has all points.
func TestVerdictOfWhatIsRight(t *testing.T) {
	l := lab("prints", Limits{})
	v, err := l.Test(t.Context(), student(t), 3)
	if err != nil || v.Points != 100 || v.Of != 100 || v.Failed != "" || v.Seed != 3 {
		t.Errorf("%+v %v", v, err)
	}
}

// Another seed asks for something else, the same one for the same.
func TestSeedChoosesQuestions(t *testing.T) {
	l := lab("text", Limits{})
	path, remove, err := Build(t.Context(), student(t), l.graders(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	asked := map[string]bool{}
	for _, seed := range []uint64{1, 2, 1, 2, 1} {
		p, err := Start(t.Context(), path, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		asked[Grade(1, l.Steps, p, seed).Story.Asked] = true
	}
	if len(asked) != 2 {
		t.Errorf("two seeds ask %d questions: %v", len(asked), asked)
	}
}

// Who is interrupted gets no verdict, and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := lab("hang", Limits{AnswerTime: time.Hour})
	first := l.Steps[0].Run
	l.Steps[0].Run = func(s *Session) error {
		cancel()
		return first(s)
	}
	if v, err := l.Test(ctx, student(t), 1); err != context.Canceled {
		t.Errorf("%+v %v", v, err)
	}
}

// The reference may be wrong as well: a grader that panics says that it is its own mistake.
func TestGraderThatFails(t *testing.T) {
	steps := []Step{{Name: "a", Points: 1, Run: func(*Session) error { panic("oh") }}}
	v := Grade(1, steps, silent{}, 1)
	if v.Points != 0 || v.Kind != "grader" || !strings.Contains(v.Trouble, "oh") {
		t.Errorf("%+v", v)
	}
}
