package main

import (
	"runtime"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/bench"
)

func newBenchCompareCommand() *cobra.Command {
	var o bench.CompareOptions
	var out reportOutput
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Run both engines and a bare TCP loop in turn, and compare",
		Long: `compare runs bench pair with each engine and bench raw in turn under a table of loads, and prints the median ratios with their
spread, beside the ratios that Ceph's C++ messengers reached and their figures. The machine may be noisy: what disturbs one
run likely disturbs its neighbour. It takes some minutes; --quick takes some seconds and proves little.`,
		Example: `  simplemsgr bench compare
  simplemsgr bench compare --quick
  simplemsgr bench compare --rounds 9 --json > comparison.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Quick {
				o.Rounds, o.Duration, o.Warmup = 1, 200*time.Millisecond, 50*time.Millisecond
			}
			if o.Rounds < 1 || o.Duration <= 0 || o.Warmup < 0 || o.Workers < 0 {
				return errors.New("--rounds is at least 1, --duration above 0, --warmup and " +
					"--workers at least 0")
			}
			if runtime.GOOS != "linux" {
				o.CPU = -1
			}
			return out.run(cmd, func(self bench.Program, progress bench.Progress) (report, error) {
				return bench.Compare(cmd.Context(), o, self, progress)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&o.Rounds, "rounds", "r", 5, "runs of each")
	flags.DurationVarP(&o.Duration, "duration", "d", time.Second, "length of each run")
	flags.DurationVar(&o.Warmup, "warmup", 300*time.Millisecond, "load before each run")
	flags.IntVar(&o.CPU, "cpu", 0,
		"processor for the comparisons on one processor (Linux); -1 for none")
	flags.BoolVarP(&o.Quick, "quick", "q", false, "fewer comparisons, one short run each")
	flags.IntVarP(&o.Workers, "workers", "w", 0,
		"goroutines that answer requests; 0 answers in the connection's reader")
	flags.BoolVar(&o.Pool, "pool", false,
		"take received messages from a pool in all comparisons, not only in those marked so")
	collectorFlags(flags, &o.GCPercent, &o.LiveHeap)
	out.jsonFlag(cmd)
	return cmd
}
