package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/command/osdio"
	"simplemessenger/internal/command/timeline"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func newOSDPutCommand() *cobra.Command {
	var object objectFlags
	cmd := &cobra.Command{
		Use:   "osd-put POOL OBJECT FILE|-",
		Short: "Write an object of a real cluster",
		Long: `osd-put logs in to the monitors, with what ceph.conf and the flags say, asks them where the object belongs, and
writes FILE, or the standard input, to the osd there, over a session that is authenticated and signed like any
client's. It does what "rados put" does; pools must be replicated. While no osd is up that should have the object it waits for
one, up to --timeout, and says so on the standard error; if that is a terminal, it shows how far it is.

Objects above 4 MiB are written in pieces of that size, --in-flight of them at once. A FILE that is larger than the
cluster's largest object (osd_max_object_size) is refused before a byte is sent; how long the standard input is nobody
knows, so there the object ends at that size, with an error.`,
		Example: `  simplemsgr osd-put data greeting hello.txt
  echo hello | simplemsgr osd-put data greeting - --conf ceph.conf --trace`,
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, size := cmd.InOrStdin(), int64(-1)
			if args[2] != "-" {
				f, err := os.Open(args[2])
				if err != nil {
					return errors.WithStack(err)
				}
				defer f.Close()
				from = f
				if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
					size = info.Size()
				}
			}
			return object.run(cmd, func(ctx context.Context, c *osdio.Client) error {
				bar, finish := transferBar(cmd.ErrOrStderr(), size)
				n, err := c.Put(ctx, args[0], args[1], io.TeeReader(from, bar), size)
				finish()
				if err != nil || !object.asJSON {
					return err
				}
				return printJSON(cmd.OutOrStdout(), objectJSON{args[0], args[1], n})
			})
		},
	}
	object.add(cmd.Flags())
	object.addInFlight(cmd.Flags())
	object.addJSON(cmd.Flags(), "print pool, object and size as JSON once it is written")
	return cmd
}

// objectJSON is what commands print of an object that has been written or read.
type objectJSON struct {
	Pool   string `json:"pool"`
	Object string `json:"object"`
	Size   int64  `json:"size"`
}

// printJSON prints a line of JSON.
func printJSON(w io.Writer, v any) error { return errors.WithStack(json.NewEncoder(w).Encode(v)) }

// objectFlags are the flags of commands that write and read objects.
type objectFlags struct {
	login    clusterFlags
	timeout  time.Duration
	traced   bool
	inFlight int
	asJSON   bool
}

func (f *objectFlags) addInFlight(flags *pflag.FlagSet) {
	flags.IntVar(&f.inFlight, "in-flight", osdio.DefaultInFlight,
		"how many pieces of 4 MiB are under way at once")
}

func (f *objectFlags) addJSON(flags *pflag.FlagSet, usage string) {
	flags.BoolVar(&f.asJSON, "json", false, usage)
}

func (f *objectFlags) add(flags *pflag.FlagSet) {
	f.login.add(flags)
	flags.DurationVarP(&f.timeout, "timeout", "W", 30*time.Second, "how long it may take in all")
	flags.BoolVar(&f.traced, "trace", false,
		"print each frame that goes to an osd or comes from it, decoded, on the standard error")
}

// run does something with objects.
func (f *objectFlags) run(cmd *cobra.Command, do func(context.Context, *osdio.Client) error) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	settings, err := f.login.resolve(ctx, f.timeout, nil)
	if err != nil {
		return err
	}
	monitors, err := settings.Dial(ctx, wire.EntityOSD)
	if err != nil {
		return err
	}
	defer func() { _ = monitors.Close(context.WithoutCancel(ctx)) }()
	config := simplemsgr.Config{Engine: settings.Engine.New}
	if f.traced {
		config.Pipe.Tracer = traceTo(cmd.ErrOrStderr())
	}
	osds, err := osdio.New(monitors, config)
	if err != nil {
		return err
	}
	defer func() { _ = osds.Close(context.WithoutCancel(ctx)) }()
	osds.InFlight = f.inFlight
	osds.Waiting = func(forWhom string) {
		fmt.Fprintf(cmd.ErrOrStderr(), "waiting for an osd: %s\n", forWhom)
	}
	return explainObject(settings, do(ctx, osds))
}

func explainObject(settings cluster.Settings, err error) error {
	if ctxErr := context.DeadlineExceeded; errors.Is(err, ctxErr) {
		return fmt.Errorf("not done within %v: %w", settings.Timeout, settings.Explain(err))
	}
	return settings.Explain(err)
}

func traceTo(w io.Writer) *timeline.Printer {
	return timeline.NewPrinter(w, timeline.Options{Color: isTerminal(w), Details: true})
}
