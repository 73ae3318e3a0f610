package main

import (
	"fmt"
	"io"
	"os"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view"
	"simplemessenger/internal/command/view/recording"
)

// viewFlags are where and what the live page shows.
type viewFlags struct {
	listen, record string
	anywhere       bool
}

func (v *viewFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&v.listen, "view-listen", "127.0.0.1:0",
		"with --view: address of the page, HOST:PORT; port 0 takes a free one")
	flags.BoolVar(&v.anywhere, "view-anywhere", false,
		"with --view: let the address be another than loopback; who has the page's address can use it")
	flags.StringVar(&v.record, "record", "",
		"with --view: write the runs to this file, which --view opens again")
}

// check says what cannot go together.
func (v *viewFlags) check(flags *pflag.FlagSet, shown bool, files []string) error {
	if shown && (v.record == "" || len(files) == 0) {
		return nil
	}
	if shown {
		return errors.New("--record: what is shown is recorded already")
	}
	for _, name := range []string{"record", "view-listen", "view-anywhere"} {
		if flags.Changed(name) {
			return errors.Errorf("--%s: there is no --view", name)
		}
	}
	if len(files) > 0 {
		return errors.Errorf("%q: only --view shows a file", files[0])
	}
	return nil
}

// serve shows the page until the command is interrupted: a file, or messengers with an engine.
func (v *viewFlags) serve(cmd *cobra.Command, files []string, carrier engine.Engine) (err error) {
	options := view.Options{Addr: v.listen, Anywhere: v.anywhere,
		Engines: []engine.Engine{carrier, carrier}, Ready: func(url string) {
			fmt.Fprintf(cmd.OutOrStdout(), "the page is at %s\n", url)
			fmt.Fprintln(cmd.ErrOrStderr(), "Ctrl-C ends it.")
		}}
	if len(files) > 0 {
		if options.Runs, err = recording.Open(files[0]); err != nil {
			return err
		}
	}
	if v.record != "" {
		file, err := os.Create(v.record)
		if err != nil {
			return errors.Wrap(err, "--record")
		}
		options.Record = io.Writer(file)
		defer func() {
			if closed := file.Close(); err == nil {
				err = errors.Wrap(closed, "--record")
			}
		}()
	}
	return view.Serve(cmd.Context(), options)
}
