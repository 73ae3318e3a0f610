package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Result is what a run has measured. CPU time and memory are those of whole processes; a run in one
// process has them all at the client.
type Result struct {
	Kind        string `json:"kind"`             // messenger or bare
	Engine      string `json:"engine,omitempty"` // of a messenger
	Jobs        int    `json:"jobs"`
	Concurrency int    `json:"concurrency"`
	Size        int    `json:"size"`
	Workers     int    `json:"workers"`
	Queue       bool   `json:"queue"`
	Policy      string `json:"policy,omitempty"`
	CRC         bool   `json:"crc"`
	Pool        bool   `json:"pool"`
	Observe     string `json:"observe,omitempty"` // of a messenger

	Ops       int64   `json:"ops"`
	Seconds   float64 `json:"seconds"`
	OpsPerSec float64 `json:"ops_per_sec"`
	MBPerSec  float64 `json:"mb_per_sec"` // of data, in 10^6 bytes
	Latency

	ClientCPU    float64 `json:"client_cpu_us_per_op"`
	ServerCPU    float64 `json:"server_cpu_us_per_op"`
	ClientRSS    uint64  `json:"client_rss_bytes"`
	ServerRSS    uint64  `json:"server_rss_bytes"`
	ClientAllocs float64 `json:"client_allocs_per_op"` // objects
	ServerAllocs float64 `json:"server_allocs_per_op"`

	// System calls that read or write, also those that found nothing to read; waits (epoll) not
	// counted. 0 where the system does not tell.
	ClientIOCalls float64 `json:"client_io_calls_per_op"`
	ServerIOCalls float64 `json:"server_io_calls_per_op"`

	Timeline []Sample `json:"-"`

	// oneProcess: client and server are one process, whose usage stands at the client.
	oneProcess bool
	// remote: the server is not ours to ask.
	remote bool
}

func newResult(o Options, ops int64, elapsed time.Duration, l Latency, timeline []Sample) *Result {
	rate := float64(ops) / elapsed.Seconds()
	return &Result{
		Jobs: o.Jobs, Concurrency: o.Concurrency, Size: o.Size, Workers: o.Workers, Queue: o.Queue,
		Policy: o.Policy, Pool: o.Pool, Engine: o.Engine.String(),
		Observe: o.Observe,
		Ops:     ops, Seconds: elapsed.Seconds(), OpsPerSec: rate,
		MBPerSec: rate * float64(o.Size) / 1e6, Latency: l, Timeline: timeline,
	}
}

func (r *Result) setClient(before, after Usage) {
	r.ClientCPU, r.ClientAllocs, r.ClientIOCalls, r.ClientRSS = perOp(before, after, r.Ops)
}

func (r *Result) setServer(before, after Usage) {
	r.ServerCPU, r.ServerAllocs, r.ServerIOCalls, r.ServerRSS = perOp(before, after, r.Ops)
}

func perOp(before, after Usage, ops int64) (cpu, allocs, ioCalls float64, rss uint64) {
	n := float64(max(ops, 1))
	return micros(after.CPU-before.CPU) / n, float64(after.Mallocs-before.Mallocs) / n,
		float64(after.IOCalls-before.IOCalls) / n, after.RSS
}

// WriteText writes r for a human.
func (r *Result) WriteText(w io.Writer) error {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s: %d × %d in flight, %s of data each, %s\n", r.kindText(), r.Jobs,
		r.Concurrency, sizeText(r.Size), r.describe())
	fmt.Fprintf(b, "  throughput  %.0f op/s, %.1f MB/s (%d ops in %.2f s, all answered)\n",
		r.OpsPerSec, r.MBPerSec, r.Ops, r.Seconds)
	if r.Count > 0 {
		note := ""
		if r.Count < r.Ops {
			note = fmt.Sprintf(" (of %d ops)", r.Count)
		}
		fmt.Fprintf(b, "  latency     mean %.1f  p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max "+
			"%.1f µs%s\n", r.Mean, r.P50, r.P90, r.P99, r.P999, r.Max, note)
	}
	client := "client"
	if r.oneProcess {
		client = "both"
	}
	row := func(name string, cpu, allocs, ioCalls float64, rss uint64) {
		fmt.Fprintf(b, "  %-11s %.2f µs CPU/op, %.2f allocations/op, %.2f reads and writes/op, "+
			"%.1f MiB resident\n", name, cpu, allocs, ioCalls, float64(rss)/(1<<20))
	}
	row(client, r.ClientCPU, r.ClientAllocs, r.ClientIOCalls, r.ClientRSS)
	if !r.oneProcess && !r.remote {
		row("server", r.ServerCPU, r.ServerAllocs, r.ServerIOCalls, r.ServerRSS)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const (
	kindMessenger = "messenger"
	kindBare      = "bare"
)

func (r *Result) kindText() string {
	if r.Kind == kindBare {
		return "bare TCP loop"
	}
	return "messenger"
}

func (r *Result) describe() string {
	words := []string{"no crc"}
	if r.CRC {
		words[0] = "crc"
	}
	if r.Kind == kindMessenger {
		words = append(words, "engine "+r.Engine, r.Policy)
		switch {
		case r.Workers > 0:
			words = append(words, fmt.Sprintf("%d workers", r.Workers))
		case r.remote:
		case r.Queue:
			words = append(words, "answered from the dispatch queue")
		default:
			words = append(words, "answered in the reader")
		}
		if r.Pool {
			words = append(words, "pooled")
		}
	}
	return strings.Join(words, ", ")
}

func sizeText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// title says in one line what was measured.
func (r *Result) title() string {
	return fmt.Sprintf("%s: %d × %d in flight, %s: %.0f op/s", r.kindText(), r.Jobs, r.Concurrency,
		sizeText(r.Size), r.OpsPerSec)
}

// cpu returns the CPU time of both ends together, in µs per operation.
func (r *Result) cpu() float64 { return r.ClientCPU + r.ServerCPU }
