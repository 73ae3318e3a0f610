package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/labs"
	"simplemessenger/labs/grade"
)

// outside runs the command in an empty folder, as a student does who has only that and Go.
func outside(t *testing.T, dir string, args ...string) (output string, status int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// A student starts, is told what is wrong, gets a hint, does it, and has all points.
func TestLabFromAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	out, status := outside(t, dir, "lab", "start", "1", "mine")
	if status != 0 || !strings.Contains(out, "simplemsgr lab test 1 mine") {
		t.Fatalf("status %d\n%s", status, out)
	}
	if out, status := outside(t, dir, "lab", "start", "bytes", "mine"); status != 1 ||
		!strings.Contains(out, "not empty") {
		t.Errorf("started over somebody's work: %d\n%s", status, out)
	}
	out, status = outside(t, dir, "lab", "test", "1", "mine")
	first := labs.All()[0].Steps[0].Name
	for _, want := range []string{"lab 1, bytes: 0 of ", "✗ " + first, "expected", "came",
		"whole by: simplemsgr docs protocol#", "simplemsgr lab hint 1 "} {
		if status != 1 || !strings.Contains(out, want) {
			t.Fatalf("status %d, no %q in\n%s", status, want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("colours although the output is no terminal")
	}
	if out, status := outside(t, dir, "lab", "hint", "1", first); status != 0 || len(out) < 10 {
		t.Errorf("%d %s", status, out)
	}
	solution, err := filepath.Glob("../../labs/lab1/_solution/*")
	if err != nil || len(solution) == 0 {
		t.Fatal(err)
	}
	for _, name := range solution {
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "mine", filepath.Base(name)), b, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out, status = outside(t, dir, "lab", "test", "1", "mine", "--json", "--seed", "9")
	var v grade.Verdict
	if err := json.Unmarshal([]byte(out), &v); status != 0 || err != nil || v.Points != v.Of ||
		v.Seed != 9 {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
}

// Who watches gets a verdict now, one for each change, and ends as the last one was.
func TestLabWatch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	if out, status := outside(t, t.TempDir(), "lab", "start", "1", dir); status != 0 {
		t.Fatal(out)
	}
	cmd := exec.Command(binary, "lab", "test", "1", dir, "--watch", "--json")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	verdicts := json.NewDecoder(stdout)
	for _, want := range []string{"", "build"} {
		var v grade.Verdict
		if err := verdicts.Decode(&v); err != nil || v.Kind != want || v.Points != 0 {
			t.Errorf("%+v %v, want %q", v, err, want)
		}
		added := filepath.Join(dir, "new.go")
		if err := os.WriteFile(added, []byte("nonsense"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Error(err)
	}
}

func TestLabWrongUse(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"lab test 99 .":      "there is no lab",
		"lab test 1 nowhere": "there is no folder nowhere",
		"lab start 1":        "accepts 2 arg",
		"lab hint 1 nothing": "has no step",
		"lab fly":            "unknown command",
		"docs nosuchtopic":   "docs --search nosuchtopic",
		"docs --search":      "which words",
	} {
		if out, status := outside(t, dir, strings.Fields(args)...); status != 1 ||
			!strings.Contains(out, want) {
			t.Errorf("%s: status %d, want %q\n%s", args, status, want, out)
		}
	}
}

func TestLabListAndDocs(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"lab list":                       "1  bytes: ",
		"docs":                           "negotiation ",
		"docs glossary":                  "Glossary\n════════\n",
		"docs protocol#connect-33-bytes": "connect (33 bytes)",
		"docs RESETSESSION":              "I have no such session",
		"docs --search EPOLLRDHUP":       "async#",
		"docs decisions/monitor":         "lock",
	} {
		out, status := outside(t, dir, strings.Fields(args)...)
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: status %d, no %q in\n%s", args, status, want, out)
		}
	}
}
