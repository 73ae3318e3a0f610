package main

import (
	"strings"

	"github.com/spf13/cobra"

	"simplemessenger/internal/command/bench"
	"simplemessenger/simplemsgr"
)

func newBenchServerCommand() *cobra.Command {
	var o bench.Options
	var bind, policy, profiles string
	var cpu int
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Answer each MOSDOp with an MOSDOpReply without data",
		Long: `server is osd.0 and answers each MOSDOp with an MOSDOpReply without data, as ceph_perf_msgr_server does.
It prints "listening on IP:PORT/NONCE" when it is ready, and ends cleanly on SIGINT and SIGTERM.`,
		Example: `  simplemsgr bench server --bind 0.0.0.0:6800 --workers 2`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			stop, err := prepareProcess("server", cpu, profiles)
			if err != nil {
				return err
			}
			defer stop(&err)
			server, err := bench.NewServer(cmd.Context(), o, policy, bind, nil)
			if err != nil {
				return err
			}
			defer server.Close()
			if err := bench.Listening(cmd.OutOrStdout(), server.Addr()); err != nil {
				return err
			}
			<-cmd.Context().Done()
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&bind, "bind", "127.0.0.1:0",
		"address to listen on, IP:PORT; port 0 takes any free one")
	flags.StringVar(&policy, "policy", "stateless-server",
		"policy towards clients: "+strings.Join(simplemsgr.PolicyNames(), ", "))
	flags.DurationVar(&o.ServerThink, "think", 0, "pause of the server for each request")
	serverFlags(flags, &o)
	messengerFlags(flags, &o)
	processFlags(cmd, &cpu, &profiles)
	_ = cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(simplemsgr.PolicyNames(),
		cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// childCommand is the name of the command as which this program starts itself.
const childCommand = "child"

func newBenchChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:    childCommand + " ORDER",
		Short:  "What this program starts itself for",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			self, err := benchSelf()
			if err != nil {
				return err
			}
			return bench.RunChild(cmd.Context(), self, args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

func benchSelf() (bench.Program, error) { return bench.Self("bench", childCommand) }
