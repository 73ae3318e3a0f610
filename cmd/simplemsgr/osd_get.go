package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/osdio"
)

func newOSDGetCommand() *cobra.Command {
	var object objectFlags
	cmd := &cobra.Command{
		Use:   "osd-get POOL OBJECT [FILE|-]",
		Short: "Read an object of a real cluster",
		Long: `osd-get does what "rados get" does, in the way of osd-put. Without FILE, or with "-", the object goes to the
standard output. FILE is there only once it is complete.`,
		Example: `  simplemsgr osd-get data greeting
  simplemsgr osd-get data greeting hello.txt --conf ceph.conf --keyring ceph.client.admin.keyring`,
		Args: cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return object.run(cmd, func(ctx context.Context, c *osdio.Client) error {
				size := int64(0)
				get := func(w io.Writer) (err error) {
					size, err = c.Get(ctx, args[0], args[1], w)
					return err
				}
				if len(args) == 2 || args[2] == "-" {
					return get(cmd.OutOrStdout())
				}
				toFile := get
				get = func(w io.Writer) error {
					bar, finish := transferBar(cmd.ErrOrStderr(), -1)
					defer finish()
					return toFile(io.MultiWriter(w, bar))
				}
				if err := writeFile(args[2], get); err != nil || !object.asJSON {
					return err
				}
				return printJSON(cmd.OutOrStdout(), objectJSON{args[0], args[1], size})
			})
		},
	}
	object.add(cmd.Flags())
	object.addInFlight(cmd.Flags())
	object.addJSON(cmd.Flags(), "print pool, object and size as JSON, where FILE is one")
	return cmd
}

// writeFile makes a file of what write writes, or no file if that fails.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".osd-get-*")
	if err != nil {
		return errors.WithStack(err)
	}
	defer os.Remove(f.Name()) // nothing to remove once it has its name
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return errors.WithStack(err)
	}
	if err := f.Close(); err != nil {
		return errors.WithStack(err)
	}
	return errors.WithStack(os.Rename(f.Name(), path))
}
