package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplemessenger/internal/command/bench"
	"simplemessenger/internal/command/engine"
)

func newBenchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the messenger, also against a bare TCP loop",
		Long: `bench makes the load of Ceph's ceph_perf_msgr_client and ceph_perf_msgr_server: each job keeps a fixed number
of MOSDOp in flight over one connection, and the server answers each with an MOSDOpReply without data. The number in
flight is exact, and every reply is waited for and checked.

Absolute figures differ from machine to machine and from hour to hour. To claim something, compare:
bench compare runs the messenger and a bare TCP loop in turn.`,
		Example: `  simplemsgr bench pair --concurrency 32 --size 4096     client and server in two processes
  simplemsgr bench pair --cpu 0 --json                   both on one processor: the steadiest figures
  simplemsgr bench raw --concurrency 32 --size 4096      the same bytes without a messenger
  simplemsgr bench compare --quick                       messenger and bare loop in turn`,
		Args: cobra.NoArgs,
		// so that another word is an error
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchServerCommand(), newBenchClientCommand(), newBenchPairCommand(),
		newBenchSelfCommand(),
		newBenchRawCommand(), newBenchChildCommand(), newBenchIdleCommand(), newBenchPipesCommand(),
		newBenchPriorityCommand(),
		newBenchCompareCommand())
	return cmd
}

// loadFlags defines the flags that say what load to make. Those that ceph_perf_msgr_client has bear
// its names.
func loadFlags(flags *pflag.FlagSet, o *bench.Options) {
	flags.IntVarP(&o.Jobs, "jobs", "j", 1, "connections, each of a messenger of its own")
	flags.IntVarP(&o.Concurrency, "concurrency", "c", 32, "requests in flight in each job")
	flags.Int64Var(&o.Ops, "ops", 0, "requests of each job; 0 means as many as fit into --duration")
	flags.DurationVarP(&o.Duration, "duration", "d", 2*time.Second,
		"length of the run, unless --ops is given")
	flags.DurationVar(&o.Warmup, "warmup", 500*time.Millisecond, "load before the run")
	flags.IntVarP(&o.Size, "size", "s", 0, "data bytes of a request")
}

// clientFlags defines the flags of a client that is a messenger.
func clientFlags(flags *pflag.FlagSet, o *bench.Options) {
	loadFlags(flags, o)
	flags.DurationVar(&o.Think, "think", 0, "pause of the client at each reply")
	flags.StringVar(&o.Policy, "policy", "lossy-client",
		"policy of the client: "+strings.Join(bench.ClientPolicies(), ", "))
	messengerFlags(flags, o)
}

// messengerFlags defines the flags that both ends have.
func messengerFlags(flags *pflag.FlagSet, o *bench.Options) {
	flags.Var(&o.Engine, "engine", engine.Usage)
	flags.BoolVar(&o.NoCRC, "no-crc", false, "compute and check no checksums")
	flags.BoolVar(&o.Pool, "pool", false,
		"take received messages from a pool (Config.Pipe.PoolMessages)")
	flags.StringVar(&o.Observe, "observe", "none",
		"who observes both ends: "+strings.Join(bench.Observers(), ", "))
	collectorFlags(flags, &o.GCPercent, &o.LiveHeap)
	flags.IntVar(&o.ReceiveBuffer, "receive-buffer", 0,
		"receive buffer of sockets in bytes (ms_tcp_rcvbuf); 0 leaves it to the system")
	flags.IntVar(&o.NotSentLowWater, "not-sent-low-water", 0,
		"unsent bytes above which a socket takes no more (TCP_NOTSENT_LOWAT); 0 leaves it to the "+
			"system")
}

// collectorFlags defines the flags that say what the garbage collector has to do with.
func collectorFlags(flags *pflag.FlagSet, percent, live *int) {
	flags.IntVar(percent, "gc-percent", bench.DefaultGCPercent,
		"what each end tells its garbage collector (GOGC); 0 leaves it to the environment")
	flags.IntVar(live, "live-heap", 0, "MiB that each end holds besides, as real programs do")
}

// serverFlags defines the flags that say how a server takes requests.
func serverFlags(flags *pflag.FlagSet, o *bench.Options) {
	flags.IntVarP(&o.Workers, "workers", "w", 0,
		"goroutines that answer requests; 0 answers in the connection's reader")
	flags.BoolVar(&o.Queue, "queue", false,
		"take requests from the dispatch queue rather than by fast dispatch")
}
