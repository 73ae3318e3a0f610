package main

import (
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/bench"
	"simplemessenger/internal/command/engine"
)

func newBenchIdleCommand() *cobra.Command {
	var o bench.IdleOptions
	var out reportOutput
	cmd := &cobra.Command{
		Use:   "idle",
		Short: "Measure what connections cost that do nothing",
		Long: `idle opens connections to a server in a process of its own, makes one request on each, and then leaves them alone.
It tells what each end of a connection holds — resident memory, and heap and stacks as the runtime counts them, after what is
free was given back to the system — and the CPU time that it took to open one and to answer its first request.

Each connection is that of a client messenger of its own, since a server has one session for each address of a peer.`,
		Example: `  simplemsgr bench idle --connections 10000`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Connections < 1 || o.AtOnce < 1 || o.Hold < 0 {
				return errors.New("--connections and --at-once are at least 1, --hold at least 0")
			}
			return out.run(cmd, func(self bench.Program, progress bench.Progress) (report, error) {
				return bench.RunIdle(cmd.Context(), o, self, progress)
			})
		},
	}
	flags := cmd.Flags()
	flags.Var(&o.Engine, "engine", engine.Usage)
	flags.IntVarP(&o.Connections, "connections", "n", 1000, "how many")
	flags.IntVar(&o.AtOnce, "at-once", 64, "how many are opened at a time")
	flags.DurationVar(&o.Hold, "hold", 2*time.Second, "how long they are watched doing nothing")
	out.flags(cmd)
	return cmd
}

func newBenchPipesCommand() *cobra.Command {
	var o bench.Options
	var out reportOutput
	var inFlight int
	var pipes []int
	cmd := &cobra.Command{
		Use:   "pipes",
		Short: "Spread a fixed number in flight over more and more connections",
		Long: `pipes makes the same load over 1, 10, 100 and 1000 connections: each has so many fewer requests in flight. It shows what
it costs to have many, since less can be gathered into one write.`,
		Example: `  simplemsgr bench pipes --in-flight 1000 --pipes 1,10,100,1000`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, n := range pipes {
				if n < 1 || n > inFlight {
					return errors.Errorf("%d connections with %d in flight: 1 to as many as are "+
						"in flight", n, inFlight)
				}
			}
			o := o.WithDefaults()
			return out.run(cmd, func(self bench.Program, progress bench.Progress) (report, error) {
				return bench.RunPipes(cmd.Context(), o, inFlight, pipes, self, progress)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&inFlight, "in-flight", 1000, "requests in flight, all connections together")
	flags.IntSliceVar(&pipes, "pipes", []int{1, 10, 100, 1000}, "numbers of connections")
	flags.DurationVarP(&o.Duration, "duration", "d", 2*time.Second, "length of each run")
	flags.DurationVar(&o.Warmup, "warmup", 500*time.Millisecond, "load before each run")
	flags.IntVarP(&o.Size, "size", "s", 0, "data bytes of a request")
	serverFlags(flags, &o)
	messengerFlags(flags, &o)
	out.flags(cmd)
	return cmd
}

func newBenchPriorityCommand() *cobra.Command {
	var o bench.PriorityOptions
	var out reportOutput
	var backlog int
	cmd := &cobra.Command{
		Use:   "priority",
		Short: "Send messages of high priority past a backlog of low priority",
		Long: `priority keeps a backlog of messages of low priority queued, and sends one of high priority after the other. It tells how
long each waited in the messenger, and how long it took until its reply came, which has high priority as well: without a
backlog, with it on the same connection, and with it on another connection. What a message cannot overtake is what lies in the
sockets' buffers already. Linux lets those grow by itself to many MiB: one more case bounds them, with --receive-buffer and
--not-sent-low-water.`,
		Example: `  simplemsgr bench priority --backlog 100`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Backlog = int64(backlog) << 20
			if o.Samples < 1 || o.Interval <= 0 || o.Size < 1 {
				return errors.New("--samples and --size are at least 1, --interval is above 0")
			}
			return out.run(cmd, func(self bench.Program, progress bench.Progress) (report, error) {
				return bench.RunPriority(cmd.Context(), o, self, progress)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&backlog, "backlog", 100, "MiB of low priority that are queued all the time")
	flags.IntVarP(&o.Size, "size", "s", 64<<10, "bytes of each message of low priority")
	flags.IntVar(&o.Samples, "samples", 200, "messages of high priority")
	flags.DurationVar(&o.Interval, "interval", 5*time.Millisecond, "pause between them")
	flags.IntVar(&o.ReceiveBuffer, "receive-buffer", 256<<10,
		"receive buffer of bounded sockets in bytes (ms_tcp_rcvbuf)")
	flags.IntVar(&o.NotSentLowWater, "not-sent-low-water", 128<<10,
		"unsent bytes above which a bounded socket takes no more (TCP_NOTSENT_LOWAT)")
	flags.BoolVar(&o.Queue, "queue", false,
		"the server takes messages from its dispatch queue rather than by fast dispatch")
	out.flags(cmd)
	return cmd
}
