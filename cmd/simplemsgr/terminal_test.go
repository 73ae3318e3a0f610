package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// onTerminal runs the command with a terminal for both outputs, and returns what it shows.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), env...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	defer terminal.Close()
	shown, _ := io.ReadAll(terminal) // ends with an error when the command has gone
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, shown)
	}
	return string(shown)
}

const (
	escape = "\x1b"
	// rewrite begins each step of a progress bar: back to the start of the line, and no new one.
	rewrite = "\r"
)

// isRewritten reports whether a line was shown more than once. A terminal itself puts a return
// before each new line.
func isRewritten(shown string) bool {
	return strings.Contains(strings.ReplaceAll(shown, "\r\n", "\n"), rewrite)
}

func TestColourIsForTerminalsThatWantIt(t *testing.T) {
	const capture = "../../testdata/captures/18.2.7-async-cephx-client.pcap"
	for _, args := range [][]string{{"demo"}, {"decode", "--brief", capture},
		{"docs", "glossary"}} {
		for _, tc := range []struct {
			env  string
			want bool
		}{{"NO_COLOR=", true}, {"NO_COLOR=1", false}, {"NO_COLOR=false", false}} {
			shown := onTerminal(t, []string{tc.env}, args...)
			if got := strings.Contains(shown, escape); got != tc.want {
				t.Errorf("%v with %s: colour is %v\n%q", args, tc.env, got, shown)
			}
		}
		if stdout, stderr, _ := run(t, args...); strings.Contains(stdout+stderr, escape) {
			t.Errorf("%v: colour in a pipe", args)
		}
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	args := []string{"bench", "self", "--duration", "300ms", "--warmup", "0"}
	if shown := onTerminal(t, []string{"NO_COLOR="}, args...); !isRewritten(shown) {
		t.Errorf("no progress on a terminal: %q", shown)
	}
	if shown := onTerminal(t, []string{"NO_COLOR=1"}, args...); isRewritten(shown) ||
		strings.Contains(shown, escape) {
		t.Errorf("progress with NO_COLOR: %q", shown)
	}
	if stdout, stderr, status := run(t, args...); status != 0 || stderr != "" ||
		isRewritten(stdout) {
		t.Errorf("progress in a pipe: status %d, %q", status, stderr)
	}
}
