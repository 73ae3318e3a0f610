package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runBench runs the command in this process.
func runBench(ctx context.Context, stdout io.Writer, args ...string) error {
	cmd := newBenchCommand()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetOut(stdout)
	cmd.SetErr(io.Discard)
	cmd.SetArgs(args)
	return cmd.ExecuteContext(ctx)
}

func TestBenchServerAndClient(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- runBench(ctx, w, "server", "--workers", "0") }()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("the server said %q", line)
	}
	withoutNonce, _, _ := strings.Cut(addr, "/")
	for _, server := range []string{addr, withoutNonce} {
		var out bytes.Buffer
		if err := runBench(t.Context(), &out, "client", "--server", server, "--ops", "50", "--jobs",
			"2", "--warmup", "0", "--json"); err != nil {
			t.Fatal(err)
		}
		var result struct {
			Ops int `json:"ops"`
		}
		if err := json.Unmarshal(out.Bytes(), &result); err != nil || result.Ops != 100 {
			t.Errorf("%v: %s", err, &out)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestBenchSelfPlots(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plot.svg")
	var out bytes.Buffer
	if err := runBench(t.Context(), &out, "self", "--ops", "50", "--size", "100", "--warmup", "0",
		"--plot", file); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "50 ops") {
		t.Errorf("%s", &out)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestBenchRefusesNonsense(t *testing.T) {
	for _, line := range []string{
		"self --jobs -1", "self --concurrency 70000", "self --policy stateless-server",
		"self --duration 0s --ops -1", "self --plot x.gif",
		"client", "client --server nobody", "client --server 127.0.0.1", "server --policy none",
		"server --bind nowhere",
		"idle --connections 0", "pipes --in-flight 5 --pipes 10", "priority --samples 0",
		"priority --backlog 100000000 --size 1",
		"compare --rounds 0", "child nonsense", "nothing",
	} {
		if err := runBench(t.Context(), io.Discard, strings.Fields(line)...); err == nil {
			t.Errorf("bench %s: no error", line)
		} else {
			t.Logf("bench %s: %v", line, err)
		}
	}
}
