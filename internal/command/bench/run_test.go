package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/test/race"
	"simplemessenger/wire"
)

func check(t *testing.T, r *Result, err error, ops int64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if ops > 0 && r.Ops != ops || r.Ops == 0 {
		t.Errorf("%d ops, want %d", r.Ops, ops)
	}
	if r.Seconds <= 0 || r.OpsPerSec <= 0 || r.Count == 0 || r.Mean <= 0 || r.Max < r.P99 ||
		r.P99 < r.P50 || r.P50 < r.Min {
		out, _ := json.Marshal(r)
		t.Errorf("%s", out)
	}
	if r.ClientCPU <= 0 && runtime.GOOS == "linux" {
		t.Errorf("client CPU %v", r.ClientCPU)
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil || !strings.Contains(b.String(), "op/s") {
		t.Errorf("%v %q", err, b.String())
	}
}

func TestSelf(t *testing.T) {
	for name, o := range map[string]Options{
		"fast":      {Jobs: 2, Concurrency: 8, Ops: 300},
		"queue":     {Concurrency: 8, Ops: 300, Queue: true},
		"workers":   {Jobs: 2, Concurrency: 8, Ops: 300, Workers: 2, Size: 100},
		"pooled":    {Concurrency: 8, Ops: 300, Pool: true, Workers: 1, Size: 5000},
		"no crc":    {Concurrency: 8, Ops: 300, NoCRC: true, Size: 5000},
		"lossless":  {Concurrency: 8, Ops: 300, Policy: "lossless-client"},
		"peers":     {Concurrency: 8, Ops: 300, Policy: "lossless-peer"},
		"reuse":     {Concurrency: 8, Ops: 300, Policy: "lossless-peer-reuse"},
		"large":     {Concurrency: 2, Ops: 4, Size: 4 << 20},
		"one":       {Concurrency: 1, Ops: 1},
		"duration":  {Duration: 20 * time.Millisecond, Warmup: 10 * time.Millisecond},
		"slow":      {Concurrency: 2, Ops: 2, ServerThink: time.Millisecond},
		"tight":     {Jobs: 20, Concurrency: 1, Ops: 5},
		"buffers":   {Ops: 50, ReceiveBuffer: 16 << 10, Size: 5000},
		"many ways": {Concurrency: 300, Ops: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			o := o.WithDefaults()
			r, err := RunSelf(t.Context(), o, func(s Step) {})
			check(t, r, err, o.Ops*int64(o.Jobs))
		})
	}
}

func TestPair(t *testing.T) {
	o := Options{Jobs: 2, Ops: 200, Size: 1000}.WithDefaults()
	r, err := RunPair(t.Context(), o, self(t), nil)
	check(t, r, err, 400)
	if runtime.GOOS == "linux" && (r.ServerCPU <= 0 || r.ServerRSS == 0 || r.ServerAllocs <= 0 ||
		r.ServerIOCalls <= 0) {
		t.Errorf("server %v %v %v %v", r.ServerCPU, r.ServerRSS, r.ServerAllocs, r.ServerIOCalls)
	}
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(out, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ops", "seconds", "ops_per_sec", "mb_per_sec", "mean_us",
		"p50_us", "p99_us", "max_us",
		"client_cpu_us_per_op", "server_cpu_us_per_op", "client_rss_bytes", "server_rss_bytes"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("%s is missing from %s", name, out)
		}
	}
}

func TestBare(t *testing.T) {
	for name, o := range map[string]Options{
		"small":    {Jobs: 2, Concurrency: 7, Ops: 1000},
		"crc":      {Concurrency: 7, Ops: 100, Size: 70_000, CRC: true},
		"one":      {Concurrency: 1, Ops: 100, Size: 4096},
		"duration": {Duration: 20 * time.Millisecond, Warmup: 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			o := o.WithDefaults()
			r, err := RunBare(t.Context(), o, self(t), nil)
			check(t, r, err, o.Ops*int64(o.Jobs))
		})
	}
}

func TestClientWithoutServer(t *testing.T) {
	server, err := NewServer(t.Context(), Options{}, "stateless-server", anyPort, nil)
	if err != nil {
		t.Fatal(err)
	}
	addr := server.Addr()
	server.Close()
	if _, err = RunClient(t.Context(), addr, nil, Options{Ops: 1}.WithDefaults(), nil); err == nil {
		t.Fatal("a run against nobody")
	} else if !strings.Contains(err.Error(), "nobody listens") {
		t.Error(err)
	}
}

func TestInterruptedRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{}, 1000)
	go func() { <-begun; cancel() }()
	_, err := RunSelf(ctx, Options{Duration: time.Hour}.WithDefaults(), func(s Step) {
		begun <- struct{}{}
	})
	if err == nil {
		t.Fatal("an hour has passed")
	}
}

func TestIdle(t *testing.T) {
	r, err := RunIdle(t.Context(), IdleOptions{Connections: 30, AtOnce: 8}, self(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Two goroutines each; some more for a moment.
	if r.Client.Goroutines < 1.5 || r.Server.Goroutines < 1.5 || r.Server.OpenCPU <= 0 &&
		runtime.GOOS == "linux" {
		t.Errorf("%+v", r)
	}
	if err := r.WriteText(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestPipes(t *testing.T) {
	o := Options{Ops: 50}.WithDefaults()
	r, err := RunPipes(t.Context(), o, 20, []int{1, 10, 20}, self(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{1, 10, 20} {
		check(t, r.Runs[i], nil, 50*int64(n))
		if r.Runs[i].Jobs*r.Runs[i].Concurrency != 20 {
			t.Errorf("%d × %d in flight", r.Runs[i].Jobs, r.Runs[i].Concurrency)
		}
	}
	if err := r.WriteText(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestPriority(t *testing.T) {
	r, err := RunPriority(t.Context(), PriorityOptions{Backlog: 1 << 20, Size: 32 << 10, Samples: 5,
		Interval: time.Millisecond}, self(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range r.Cases {
		if c.Count != 5 || (c.LowMBPerSec > 0) != (i > 0) {
			t.Errorf("%+v", c)
		}
	}
	if err := r.WriteText(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestCompare(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("starts many processes, which the race detector does not watch")
	}
	c := CompareOptions{Rounds: 1, Duration: 5 * time.Millisecond, CPU: -1, Quick: true}
	if runtime.GOOS == "linux" {
		c.CPU = 0
	}
	r, err := Compare(t.Context(), c, self(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, row := range append(r.Rows, r.Pipes[0].Rows...) {
		if len(row.Messenger) != 1 || len(row.Bare) != 1 || row.Ratio.Median <= 0 {
			t.Errorf("%+v", row)
		}
	}
	t.Logf("\n%s", &b)
}

func TestPlot(t *testing.T) {
	r, err := RunSelf(t.Context(), Options{Duration: 200 * time.Millisecond}.WithDefaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]string{"p.svg": "<?xml", "p.png": "\x89PNG"} {
		file := filepath.Join(t.TempDir(), name)
		if err := r.Plot(file); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(b, []byte(start)) {
			t.Errorf("%s: %v, %d bytes", name, err, len(b))
		}
	}
	// A run that is too short for a curve is drawn all the same.
	if err := new(Result).Plot(filepath.Join(t.TempDir(), "empty.svg")); err != nil {
		t.Error(err)
	}
	if CheckPlotName("x.svg") != nil || CheckPlotName("x.PNG") != nil || CheckPlotName("") != nil ||
		CheckPlotName("x.gif") == nil || CheckPlotName("svg") == nil {
		t.Error("CheckPlotName")
	}
}

func TestProfiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	program := self(t)
	program.Profiles = dir
	r, err := RunPair(t.Context(), Options{Ops: 100}.WithDefaults(), program, nil)
	check(t, r, err, 100)
	for _, name := range []string{"cpu", "heap", "mutex", "block"} {
		if info, err := os.Stat(filepath.Join(dir,
			"server-"+name+".pprof")); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerProcessSpeaksItsLine(t *testing.T) {
	s, err := startServer(t.Context(), self(t), childServer, Options{}.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Addr.Port == 0 || s.Addr.Nonce == 0 {
		t.Errorf("address %v", s.Addr)
	}
	for _, ask := range []func() (Usage, error){s.Usage, s.settled} {
		u, err := ask()
		if err != nil || u.Goroutines == 0 || u.Heap == 0 {
			t.Errorf("%+v, %v", u, err)
		}
	}
	if _, err := s.control.ask("how are you"); err == nil {
		t.Error("an answer to no question")
	}
}

func TestServerProcessThatFails(t *testing.T) {
	if _, err := startServer(t.Context(), self(t), "nonsense", Options{}); err == nil {
		t.Error("a server of no kind")
	}
	if _, err := startServer(t.Context(), Program{Path: filepath.Join(t.TempDir(), "none")},
		childServer, Options{}); err == nil {
		t.Error("a program that is not there")
	}
}

func TestCheckOptions(t *testing.T) {
	if err := (Options{}).WithDefaults().Check(); err != nil {
		t.Error(err)
	}
	for _, o := range []Options{{Jobs: -1}, {Concurrency: -1}, {Concurrency: maxConcurrency + 1},
		{Ops: -1}, {Duration: -1}, {Size: -1},
		{Size: 1 << 30}, {Workers: -1}, {Think: -1}, {Policy: "stateless-server"},
		{Observe: "nobody"}} {
		if o.WithDefaults().Check() == nil {
			t.Errorf("%+v", o)
		}
	}
	for _, name := range ClientPolicies() {
		for _, policy := range []string{name, ServerPolicy(name)} {
			if _, err := (Options{}).messengerConfig(policy); err != nil {
				t.Error(err)
			}
		}
	}
}

// Each observer is one that the messenger takes, and only who is nobody is none.
func TestObservers(t *testing.T) {
	if len(Observers()) != len(observers) {
		t.Errorf("%d names, %d observers", len(Observers()), len(observers))
	}
	for _, name := range Observers() {
		c, err := Options{Observe: name}.WithDefaults().messengerConfig("lossy-client")
		if err != nil || (c.Pipe.Tracer == nil) != (name == "none") {
			t.Errorf("%s: %v, %v", name, c.Pipe.Tracer, err)
		}
	}
}

func TestListeningLine(t *testing.T) {
	addr, err := wire.ParseEntityAddr("10.1.2.3:6800/77")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Listening(&b, addr); err != nil || b.String() != "listening on 10.1.2.3:6800/77\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want Spread
	}{{nil, Spread{}}, {[]float64{3}, Spread{3, 3, 3}}, {[]float64{4, 1}, Spread{1, 2.5, 4}},
		{[]float64{5, 1, 2}, Spread{1, 2, 5}}} {
		if got := spreadOf(c.in); got != c.want {
			t.Errorf("%v: %v", c.in, got)
		}
	}
}
