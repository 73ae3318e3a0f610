package main

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// serve prints where it shows what it does, and shows what a ping has left there.
func TestServeHTTP(t *testing.T) {
	serve := exec.Command(binary, "serve", "--http", "127.0.0.1:0", "--http-profiles")
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	addr := strings.TrimPrefix(lines.Text(), "listening on ")
	lines.Scan()
	url, ok := strings.CutPrefix(lines.Text(), "shown at ")
	t.Cleanup(func() {
		_ = serve.Process.Signal(syscall.SIGTERM)
		for lines.Scan() {
		}
		if err := serve.Wait(); err != nil {
			t.Error(err)
		}
	})
	if !ok {
		t.Fatalf("the second line is %q", lines.Text())
	}
	if stdout, stderr, status := run(t, "ping", addr, "--peer", "osd.0"); status != 0 {
		t.Fatalf("ping: status %d\n%s%s", status, stdout, stderr)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{
		"metrics":                        `simplemsgr_messages_received_total{type="MPing"} 1`,
		"dump":                           `"name": "osd.0"`,
		"healthz":                        "ok",
		"debug/pprof/goroutine?debug=1":  "goroutine profile",
		"":                               "/metrics",
		"debug/pprof/trace?seconds=0.01": "go 1.",
	} {
		answer, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK ||
			!strings.Contains(string(body), want) {
			t.Errorf("%s: %s, %v, no %q in\n%.2000s", path, answer.Status, err, want, body)
		}
	}
}

func TestServeHTTPWrongUse(t *testing.T) {
	for args, want := range map[string]string{
		"serve --http nowhere":   "--http: listen tcp",
		"serve --http-profiles ": "there is no --http",
	} {
		_, stderr, status := run(t, strings.Fields(args)...)
		if status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, want 1 and %q\n%s", args, status, want, stderr)
		}
	}
}
