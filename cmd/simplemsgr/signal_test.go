package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// started runs the command until it has said a line with a text in it.
func started(t *testing.T, text string, args ...string) (cmd *exec.Cmd, line string,
	rest io.Reader) {
	t.Helper()
	cmd = exec.Command(binary, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(out)
	for !strings.Contains(line, text) {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatalf("%v: behind %q comes %v", args, line, err)
		}
	}
	return cmd, strings.TrimSpace(line), lines
}

// interrupted sends a signal, and returns what the command says then, and its exit status.
func interrupted(t *testing.T, cmd *exec.Cmd, signal os.Signal, rest io.Reader) (string, int) {
	t.Helper()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	_, _ = io.Copy(&said, rest)
	_ = cmd.Wait()
	return said.String(), cmd.ProcessState.ExitCode()
}

// What the help says of signals: serve and ping tell what they have counted, and are done; what is
// not done has failed.
func TestStatusAfterASignal(t *testing.T) {
	serve, first, served := started(t, "listening on", "serve", "--bind", "127.0.0.1:0", "--name",
		"mon.0")
	addr, _ := strings.CutPrefix(first, "listening on ")
	ping, _, pinged := started(t, "answered by", "ping", addr, "--count", "2", "--interval",
		"1h")
	if said, status := interrupted(t, ping, os.Interrupt, pinged); status != 0 ||
		!strings.Contains(said, "1 sent, 1 received") {
		t.Errorf("ping: status %d, %q", status, said)
	}
	if said, status := interrupted(t, serve, syscall.SIGTERM, served); status != 0 ||
		!strings.Contains(said, "served: sessions opened 1") {
		t.Errorf("serve: status %d, %q", status, said)
	}
	demo, _, shown := started(t, "osd", "demo", "--messages", "1000000")
	if _, status := interrupted(t, demo, syscall.SIGTERM, shown); status != 1 {
		t.Errorf("demo: status %d", status)
	}
}
