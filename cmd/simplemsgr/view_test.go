package main

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// show runs demo with the page, asks the page for a path, and ends the command.
func show(t *testing.T, path string, args ...string) (text string) {
	t.Helper()
	demo := exec.Command(binary, append([]string{"demo", "--view"}, args...)...)
	out, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	url, ok := strings.CutPrefix(lines.Text(), "the page is at ")
	if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("it says %q", lines.Text())
	} else {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	_ = demo.Process.Signal(syscall.SIGTERM)
	if err := demo.Wait(); err != nil {
		t.Errorf("demo --view %v: %v", args, err)
	}
	return text
}

func TestDemoView(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.jsonl")
	if page := show(t, "", "--record", file); !strings.Contains(page, "<title>Messengers") {
		t.Errorf("%.300s", page)
	}
	const first = `"text":"osd.0 starts at 10.0.0.1:6800/1001, engine simple"`
	if steps := show(t, "steps?run=live-1&from=0", file); !strings.Contains(steps, first) {
		t.Errorf("%.300s", steps)
	}
	if runs := show(t, "runs", "--engine", "async"); !strings.Contains(runs, `"engine":"async"`) {
		t.Errorf("%.300s", runs)
	}
	for args, want := range map[string]string{
		"demo x":                              `"x": only --view shows a file`,
		"demo --record " + file:               "--record: there is no --view",
		"demo --view --record x " + file:      "--record: what is shown is recorded already",
		"demo --view /nowhere":                "no such file",
		"demo --view view_test.go":            "neither a recorded run nor a capture",
		"demo --view --view-listen 0.0.0.0:0": "which is not loopback",
	} {
		_, stderr, status := run(t, strings.Fields(args)...)
		if status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, want 1 and %q\n%s", args, status, want, stderr)
		}
	}
}
