package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"simplemessenger/internal/command/osdio"
	"simplemessenger/messages"
)

func newOSDStatCommand() *cobra.Command {
	var object objectFlags
	cmd := &cobra.Command{
		Use:   "osd-stat POOL OBJECT",
		Short: "Show size and time of an object of a real cluster",
		Long: `osd-stat does what "rados stat" does, in the way of osd-put: it asks the osd that has the object, and prints its
size in bytes and when it was written.`,
		Example: `  simplemsgr osd-stat data greeting
  simplemsgr osd-stat data greeting --json | jq .size`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return object.run(cmd, func(ctx context.Context, c *osdio.Client) error {
				stat, err := c.Stat(ctx, args[0], args[1])
				if err != nil {
					return err
				}
				written := stat.Modified.Time()
				if object.asJSON {
					return printJSON(cmd.OutOrStdout(), struct {
						objectJSON
						Modified time.Time `json:"modified"`
					}{objectJSON{args[0], args[1], int64(stat.Size)}, written.UTC()})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s/%s  %d bytes, written %s\n", args[0],
					args[1], stat.Size, written.Format("2006-01-02 15:04:05.000000 -0700"))
				return err
			})
		},
	}
	object.add(cmd.Flags())
	object.addJSON(cmd.Flags(), "print one line of JSON")
	return cmd
}

func newOSDRemoveCommand() *cobra.Command {
	var object objectFlags
	cmd := &cobra.Command{
		Use:     "osd-rm POOL OBJECT...",
		Short:   "Remove objects of a real cluster",
		Long:    `osd-rm does what "rados rm" does, in the way of osd-put. It ends with the first object that is not there.`,
		Example: `  simplemsgr osd-rm data greeting`,
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return object.run(cmd, func(ctx context.Context, c *osdio.Client) error {
				for _, name := range args[1:] {
					if err := c.Remove(ctx, args[0], name); err != nil {
						return err
					}
					if !object.asJSON {
						continue
					}
					if err := printJSON(cmd.OutOrStdout(), map[string]string{"pool": args[0],
						"removed": name}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	object.add(cmd.Flags())
	object.addJSON(cmd.Flags(), "print a line of JSON for each object that was removed")
	return cmd
}

func newOSDListCommand() *cobra.Command {
	var object objectFlags
	cmd := &cobra.Command{
		Use:   "osd-ls POOL",
		Short: "List the objects of a pool of a real cluster",
		Long: `osd-ls does what "rados ls" does: it takes from the osdmap how many placement groups the pool has, asks the
monitors for the osd of each, and that one for its objects. Each is a line, in no particular order; only those of the
default namespace.`,
		Example: `  simplemsgr osd-ls data | sort
  simplemsgr osd-ls data --json | jq -r .object`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return object.run(cmd, func(ctx context.Context, c *osdio.Client) error {
				out := bufio.NewWriter(cmd.OutOrStdout())
				lines := json.NewEncoder(out)
				err := c.List(ctx, args[0], func(o messages.ListedObject) error {
					if object.asJSON {
						return lines.Encode(map[string]string{"pool": args[0], "object": o.Name})
					}
					_, err := fmt.Fprintln(out, o.Name)
					return err
				})
				if flushed := out.Flush(); err == nil {
					err = flushed
				}
				return err
			})
		},
	}
	object.add(cmd.Flags())
	object.addJSON(cmd.Flags(), "print a line of JSON for each object")
	return cmd
}
