package main

import (
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/demo"
	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/timeline"
)

func newDemoCommand() *cobra.Command {
	var asJSON, details bool
	var carrier engine.Engine
	var messages int
	var page viewFlags
	var shown bool
	cmd := &cobra.Command{
		Use:   "demo [FILE]",
		Short: "Watch two messengers negotiate, survive a fault and notice a restart",
		Long: `demo runs two messengers, osd.0 and osd.1, in one process over loopback TCP. They negotiate and send
messages both ways; then their socket is cut in mid-stream and the session is replayed on a new one; then osd.0
restarts and osd.1 learns by RESETSESSION that its session is gone.

The timeline shows both sides, a line a frame. The last line counts what was sent and what was delivered; the exit
status is 1 if anything was lost, duplicated or reordered.

With --view two messengers are shown on a page for a browser instead, step by step and back again: frames with their
fields and bytes, states, queues, and the row of the table that decides. There sockets are cut, peers restarted, and
engines swapped. With a FILE the page shows that: a run of --record, a capture, what "conform --json" wrote, or the
verdict of a lab. See docs/view.md.`,
		Example: `  simplemsgr demo
  simplemsgr demo --details | less
  simplemsgr demo --json | jq .event
  simplemsgr demo --view --record run.jsonl
  simplemsgr demo --view run.jsonl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := page.check(cmd.Flags(), shown, files); err != nil {
				return err
			}
			if shown {
				return page.serve(cmd, files, carrier)
			}
			out := cmd.OutOrStdout()
			printer := timeline.NewPrinter(out, timeline.Options{
				Sides: demo.Sides, Width: max(40, (terminalWidth(out)-16)/2),
				Color: isTerminal(out), JSON: asJSON, Details: details,
			})
			result, err := demo.Run(cmd.Context(), printer, messages, carrier.New)
			if err != nil {
				return err
			}
			result.Print(out, asJSON)
			if !result.Clean() {
				return errReported
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.Var(&carrier, "engine", engine.Usage)
	flags.IntVar(&messages, "messages", 5, "messages that each side sends in each act")
	flags.BoolVar(&details, "details", false, "show changes of state, sockets and decisions too")
	flags.BoolVar(&shown, "view", false, "show it on a page for a browser")
	page.add(flags)
	flags.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}
