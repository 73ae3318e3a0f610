package bench

import (
	"context"
	"fmt"
	"io"
)

// PipesResult is throughput over the number of connections that share what is in flight.
type PipesResult struct {
	InFlight int       `json:"in_flight"`
	Runs     []*Result `json:"runs"`
}

// RunPipes makes the load of o with inFlight requests in flight, spread over each of the given
// numbers of connections in turn.
func RunPipes(ctx context.Context, o Options, inFlight int, pipes []int, self Program,
	progress Progress) (*PipesResult, error) {
	r := &PipesResult{InFlight: inFlight}
	for i, n := range pipes {
		o.Jobs, o.Concurrency = n, max(inFlight/n, 1)
		if err := o.Check(); err != nil {
			return nil, err
		}
		if err := NeedFiles(n + 64); err != nil {
			return nil, err
		}
		run, err := RunPair(ctx, o, self, progress.part(i, len(pipes),
			fmt.Sprintf("%d connections", n)))
		if err != nil {
			return nil, err
		}
		r.Runs = append(r.Runs, run)
	}
	return r, nil
}

// WriteText writes r for a human.
func (r *PipesResult) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%d requests in flight, spread over connections\n\n",
		r.InFlight); err != nil {
		return err
	}
	t := table{head: []string{"connections", "op/s", "of the first", "p50 µs", "p99 µs",
		"client CPU µs/op", "server CPU µs/op", "server MiB"}}
	for _, p := range r.Runs {
		t.row(fmt.Sprint(p.Jobs), fmt.Sprintf("%.0f", p.OpsPerSec),
			fmt.Sprintf("%.2f", p.OpsPerSec/r.Runs[0].OpsPerSec),
			fmt.Sprintf("%.0f", p.P50), fmt.Sprintf("%.0f", p.P99),
			fmt.Sprintf("%.2f", p.ClientCPU), fmt.Sprintf("%.2f", p.ServerCPU),
			fmt.Sprintf("%.0f", float64(p.ServerRSS)/(1<<20)))
	}
	return t.write(w)
}
