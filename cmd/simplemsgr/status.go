package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"simplemessenger/internal/command/status"
)

func newStatusCommand() *cobra.Command {
	var login clusterFlags
	var timeout time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Ask the monitors how a cluster is",
		Long: `status logs in to the monitors, with what ceph.conf and the flags say, and asks for the cluster's status, as
"ceph status" does.`,
		Example: `  simplemsgr status
  simplemsgr status --conf ceph.conf --keyring ceph.client.admin.keyring
  simplemsgr status --mon-host 10.0.0.1:6789 --json | jq .health.status`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			settings, err := login.resolve(ctx, timeout, nil)
			if err != nil {
				return err
			}
			client, err := settings.Dial(ctx, 0)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close(context.WithoutCancel(ctx)) }()
			output, _, err := client.Command(ctx, []byte(`{"prefix": "status", "format": "json"}`),
				nil)
			if err != nil {
				return settings.Explain(err)
			}
			out := cmd.OutOrStdout()
			if asJSON {
				_, err = fmt.Fprintf(out, "%s\n", output)
				return err
			}
			s, err := status.Decode(output)
			if err == nil {
				s.Print(out)
			}
			return err
		},
	}
	flags := cmd.Flags()
	login.add(flags)
	flags.DurationVarP(&timeout, "timeout", "W", 5*time.Second, "how long to wait for the monitors")
	flags.BoolVar(&asJSON, "json", false,
		"print what the monitors say, which differs from release to release")
	return cmd
}
