package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/watch"
)

func newWatchCommand() *cobra.Command {
	var login clusterFlags
	var timeout time.Duration
	var level string
	var count int
	var asJSON bool
	levels := strings.Join(slices.Sorted(maps.Keys(watch.Levels)), ", ")
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print what changes in a cluster, as it happens",
		Long: `watch logs in to the monitors, subscribes to the maps of monitors, osds and managers and to the cluster's log, and
prints a line for each change, as "ceph -w" does, until it is interrupted. It begins with how things are. When a monitor
dies it goes on with another one, and leaves nothing out.`,
		Example: `  simplemsgr watch
  simplemsgr watch --level warn --json | jq -r .text`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			what, ok := watch.Levels[level]
			if !ok {
				return errors.Errorf("no level %q of the log (there are: %s)", level, levels)
			}
			ctx := cmd.Context()
			settings, err := login.resolve(ctx, timeout, nil)
			if err != nil {
				return err
			}
			client, err := settings.Dial(ctx, 0)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close(context.WithoutCancel(ctx)) }()
			enough := errors.New("enough")
			err = watch.Run(ctx, client, what, func(e watch.Event) error {
				var err error
				if asJSON {
					err = printJSON(cmd.OutOrStdout(), e)
				} else {
					err = e.Print(cmd.OutOrStdout())
				}
				if count--; err == nil && count == 0 {
					return enough
				}
				return err
			})
			if errors.Is(err, enough) {
				return nil
			}
			return settings.Explain(err)
		},
	}
	flags := cmd.Flags()
	login.add(flags)
	flags.DurationVarP(&timeout, "timeout", "W", 5*time.Second, "how long the login may take")
	flags.StringVar(&level, "level", "info", "of the log from this level on: "+levels)
	flags.IntVar(&count, "count", 0, "end after so many lines (0: never)")
	flags.BoolVar(&asJSON, "json", false, "print each line as JSON")
	return cmd
}
