package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// binary is the command, built once for the tests of this package.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "simplemsgr")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "simplemsgr")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// run runs the command and returns what it printed and its exit status.
func run(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if e := cmd.Run(); e != nil && cmd.ProcessState == nil {
		t.Fatal(e)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

func TestDemoIsCleanAndPlainWhenPiped(t *testing.T) {
	stdout, stderr, status := run(t, "demo")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if last := lines[len(lines)-1]; status != 0 || !strings.HasPrefix(last, "demo: sent ") ||
		!strings.Contains(last, "lost 0, duplicated 0, reordered 0") {
		t.Errorf("status %d, last line %q\n%s", status, last, stderr)
	}
	if strings.Contains(stdout, "\x1b") {
		t.Error("colours although the output is no terminal")
	}
}

func TestHelpVersionAndCompletion(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"demo", "--help"}, {"ping", "--help"},
		{"serve", "--help"}, {"decode", "--help"}, {"bench", "--help"}, {"watch", "--help"},
		{"config", "--help"}, {"osd-ls", "--help"}, {"osd-stat", "--help"}, {"osd-rm", "--help"},
		{"vectors", "--help"}, {"vectors", "verify", "--help"}, {"vectors", "print", "--help"},
		{"vectors", "export", "--help"}, {"lab", "--help"}, {"lab", "list", "--help"},
		{"lab", "start", "--help"}, {"lab", "test", "--help"}, {"lab", "hint", "--help"},
		{"docs", "--help"}} {
		stdout, _, status := run(t, args...)
		if status != 0 || !strings.Contains(stdout, "Examples:") {
			t.Errorf("%v: status %d, no examples in\n%s", args, status, stdout)
		}
	}
	if stdout, _, status := run(t,
		"--version"); status != 0 || !strings.HasPrefix(stdout, "simplemsgr ") {
		t.Errorf("--version: %d %q", status, stdout)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, _, status := run(t, "completion", shell); status != 0 || len(stdout) < 1000 {
			t.Errorf("completion %s: status %d, %d bytes", shell, status, len(stdout))
		}
	}
}

func TestWrongUseSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"ping nonsense.invalid:6789", `host "nonsense.invalid"`},
		{"ping osd.0 --conf /does/not/exist", "/does/not/exist"},
		{"ping v2:127.0.0.1:3300", "protocol v2"},
		{"ping 127.0.0.1:0", "has no port"},
		{"ping :6789", "names no host"},
		{"ping [::1:6789", "no closing bracket"},
		{"ping 127.0.0.1", "has no port"},
		{"ping 127.0.0.1:1 --peer queen.1", "not an entity type"},
		{"ping 127.0.0.1:1", "connection refused"},
		{"serve --policy none", "lossless-peer-reuse"},
		{"serve --name osd", "no dot"},
		{"serve --bind localhost:port", "bind"},
		{"serve --nonce 4294967296", "nonce is a number of 32 bits"},
		{"serve --nonce 4294967297", "nonce is a number of 32 bits"},
		{"serve --nonce=-2", "nonce is a number of 32 bits"},
		{"serve --name mon.0 --auth none --nonce 5", "a monitor's nonce is 0"},
		{"serve --announce nonsense.invalid", "--announce"},
		{"decode /does/not/exist", "no such file"},
		{"fly", "unknown command"},
	} {
		stdout, stderr, status := run(t, strings.Fields(tc.args)...)
		if status != 1 || !strings.Contains(stderr, tc.want) || stdout != "" {
			t.Errorf("%s: status %d, want 1 and %q\nstdout %q\nstderr %q", tc.args, status, tc.want,
				stdout, stderr)
		}
	}
}

func TestServeAndPing(t *testing.T) {
	for bind, want := range map[string]string{"localhost:0": "", "[::1]:0": "",
		"127.0.0.1": "/4294967295"} {
		args := []string{"serve", "--bind", bind, "--name", "mon.0", "--trace", "--dump"}
		if want != "" {
			args = append(args, "--nonce", want[1:])
		}
		serve := exec.Command(binary, args...)
		out, err := serve.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		serve.Stderr = os.Stderr
		if err := serve.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("serve says nothing")
		}
		addr, ok := strings.CutPrefix(lines.Text(), "listening on ")
		if !ok || !strings.HasSuffix(addr, want) {
			t.Fatal(lines.Text())
		}
		// With the nonce and without.
		withoutNonce, _, _ := strings.Cut(addr, "/")
		for _, target := range []string{addr, withoutNonce} {
			stdout, stderr, status := run(t, "ping", target, "--count", "2", "--interval", "1ms",
				"--trace")
			if status != 0 || !strings.Contains(stdout, "2 sent, 2 received") ||
				!strings.Contains(stdout, "READY connect_seq 1") {
				t.Errorf("ping %s: status %d\n%s%s", target, status, stdout, stderr)
			}
		}
		if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		var rest strings.Builder
		for lines.Scan() {
			rest.WriteString(lines.Text() + "\n")
		}
		if err := serve.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
		for _, want := range []string{`"dispatch_queue"`,
			"served: sessions opened 2, messages received 4, sent 4"} {
			if !strings.Contains(rest.String(), want) {
				t.Errorf("serve does not say %q:\n%s", want, rest.String())
			}
		}
	}
}
