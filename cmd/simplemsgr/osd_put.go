package main

import (
	"context"
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
one, up to --timeout, and says so on the standard error.`,
		Example: `  simplemsgr osd-put data greeting hello.txt
  echo hello | simplemsgr osd-put data greeting - --conf ceph.conf --trace`,
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			from := cmd.InOrStdin()
			if args[2] != "-" {
				f, err := os.Open(args[2])
				if err != nil {
					return errors.WithStack(err)
				}
				defer f.Close()
				from = f
			}
			return object.run(cmd, func(ctx context.Context, c *osdio.Client) error {
				_, err := c.Put(ctx, args[0], args[1], from)
				return err
			})
		},
	}
	object.add(cmd.Flags())
	return cmd
}

// objectFlags are the flags of commands that write and read objects.
type objectFlags struct {
	login   clusterFlags
	timeout time.Duration
	traced  bool
}

func (f *objectFlags) add(flags *pflag.FlagSet) {
	f.login.add(flags)
	flags.DurationVarP(&f.timeout, "timeout", "W", 30*time.Second, "how long it may take in all")
	flags.BoolVar(&f.traced, "trace", false, "print each frame that goes to an osd or comes from it, decoded, on the standard error")
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
	var config simplemsgr.Config
	if f.traced {
		config.Pipe.Tracer = traceTo(cmd.ErrOrStderr())
	}
	osds, err := osdio.New(monitors, config)
	if err != nil {
		return err
	}
	defer func() { _ = osds.Close(context.WithoutCancel(ctx)) }()
	osds.Waiting = func(forWhom string) { fmt.Fprintf(cmd.ErrOrStderr(), "waiting for an osd: %s\n", forWhom) }
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
