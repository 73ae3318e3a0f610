package main

import (
	"context"
	"strings"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/bench"
	"simplemessenger/simplemsgr"
)

func newBenchClientCommand() *cobra.Command {
	var server string
	cmd := newLoadCommand(&cobra.Command{
		Use:   "client",
		Short: "Make the load against a server that runs already",
		Long: `client makes the load against bench server, or against a server that answers MOSDOp as
ceph_perf_msgr_server does. What that server uses is its own business: only the client's CPU time and memory are told.`,
		Example: `  simplemsgr bench client --server 127.0.0.1:6800/0 --jobs 4 --ops 100000`,
	}, func(ctx context.Context, o bench.Options, _ bench.Program,
		progress bench.Progress) (*bench.Result, error) {
		addr, err := simplemsgr.ResolveAddr(ctx, server, 0)
		if err != nil {
			return nil, err
		}
		if addr.Port == 0 {
			return nil, errors.Errorf("address %q has no port", server)
		}
		return bench.RunClient(ctx, addr, nil, o, progress)
	})
	cmd.Flags().StringVar(&server, "server", "",
		"address of the server, as it says it: IP:PORT/NONCE")
	_ = cmd.MarkFlagRequired("server")
	return cmd
}

func newBenchPairCommand() *cobra.Command {
	return newLoadCommand(&cobra.Command{
		Use:   "pair",
		Short: "Make the load against a server in a process of its own",
		Long:  `pair starts bench server as a process of its own, makes the load against it, and tells what both ends used.`,
		Example: `  simplemsgr bench pair --concurrency 32 --size 4096
  simplemsgr bench pair --cpu 0 --json
  simplemsgr bench pair --jobs 4 --ops 100000 --workers 2 --plot latency.svg`,
	}, bench.RunPair, serverSide)
}

func newBenchSelfCommand() *cobra.Command {
	return newLoadCommand(&cobra.Command{
		Use:   "self",
		Short: "Make the load against a server in the same process",
		Long:  `self has both ends in one process: for profiles, and where processes cannot be started.`,
	}, func(ctx context.Context, o bench.Options, _ bench.Program,
		progress bench.Progress) (*bench.Result, error) {
		return bench.RunSelf(ctx, o, progress)
	}, serverSide)
}

func newBenchRawCommand() *cobra.Command {
	var o bench.Options
	var out loadOutput
	cmd := &cobra.Command{
		Use:   "raw",
		Short: "Send the same bytes over a bare TCP socket: the yardstick",
		Long: `raw shows what the sockets alone cost. The client writes each request, its data and 75 bytes, with one write.
The server, a process of its own, reads whole requests through a buffer of 64 KiB and answers each with 200 bytes, which it
writes when no whole request is at hand. There is no protocol and, without --crc, no checksum.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return out.run(cmd, o, bench.RunBare)
		},
	}
	loadFlags(cmd.Flags(), &o)
	cmd.Flags().BoolVar(&o.CRC, "crc", false,
		"compute the crc of the data at both ends, as the protocol does")
	out.flags(cmd)
	return cmd
}

// runLoad makes a load and measures it.
type runLoad = func(context.Context, bench.Options, bench.Program, bench.Progress) (*bench.Result,
	error)

// serverSide adds the flags that say how the server answers.
func serverSide(cmd *cobra.Command, o *bench.Options) {
	serverFlags(cmd.Flags(), o)
	cmd.Flags().DurationVar(&o.ServerThink, "server-think", 0,
		"pause of the server for each request")
}

// newLoadCommand completes a command whose client is a messenger.
func newLoadCommand(cmd *cobra.Command, run runLoad,
	more ...func(*cobra.Command, *bench.Options)) *cobra.Command {
	var o bench.Options
	var out loadOutput
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return out.run(cmd, o, run) }
	clientFlags(cmd.Flags(), &o)
	for _, f := range more {
		f(cmd, &o)
	}
	out.flags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(bench.ClientPolicies(),
		cobra.ShellCompDirectiveNoFileComp))
	cmd.Long = strings.TrimSpace(cmd.Long)
	return cmd
}
