package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/conform"
)

func newConformFuzzCommand() *cobra.Command {
	var f conformFlags
	var o conform.FuzzOptions
	var role string
	var last time.Duration
	cmd := &cobra.Command{
		Use:   "fuzz server|client|peer [ADDR]",
		Short: "Change cases at random, and see whether the messenger goes on",
		Long: `conform fuzz plays changed cases: steps that are left out, doubled or swapped, fields at their borders, damaged and cut bytes. What
comes back is not looked at. A finding is a messenger that ends, that greets nobody any more, or that stops answering
the session of another peer. It is tried again alone, shrunk to the shortest script that does the same, and written
as a file of cases.

The seed and the number of a run say what it does. It ends after --for, or after --runs.`,
		Example: `  simplemsgr conform fuzz server 127.0.0.1:6800 --for 1h --out found
  simplemsgr conform fuzz server --exec './my-server {listen}' --seed 7 --runs 1000
  simplemsgr conform fuzz client --exec './my-client {addr}' --for 10m`,
		Args:      cobra.RangeArgs(1, 2),
		ValidArgs: []string{"server", "client", "peer"},
		RunE: func(cmd *cobra.Command, args []string) error {
			role = args[0]
			f.Role, o.Role = conformance.Role(role), conformance.Role(role)
			target, end, err := f.target(args[1:])
			if err != nil {
				return err
			}
			defer end()
			if f.Parallel == 1 {
				o.Parallel = 1
			}
			ctx := cmd.Context()
			if last > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, last)
				defer cancel()
			}
			o.Again = strings.Join(append([]string{"simplemsgr"}, quoted(os.Args[1:])...), " ")
			outcome, err := conform.Fuzz(ctx, cmd.OutOrStdout(), target, o)
			if err == nil && outcome != conform.AllPassed {
				return exitStatus(outcome)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.exec, "exec", "", execUsage)
	flags.StringVar(&f.bind, "bind", "127.0.0.1:0", "address at which the kit listens")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of all runs")
	flags.IntVar(&o.First, "first", 0, "number of the first run")
	flags.IntVar(&o.Runs, "runs", 0, "how many runs; 0 for no end")
	flags.DurationVar(&last, "for", 0, "how long; 0 for no end")
	flags.IntVar(&o.Parallel, "parallel", 4, "how many runs go on at the same time")
	flags.DurationVar(&o.Timeout, "timeout", conformance.DefaultTimeout,
		"how long an answer may take to one who should be answered")
	flags.StringSliceVar(&o.Without, "without", nil,
		"pieces that are not sent, such as close, by which 14.2 is known to end")
	flags.StringVar(&o.Out, "out", "", "write findings as cases to this folder")
	return cmd
}
