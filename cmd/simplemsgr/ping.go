package main

import (
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/ping"
	"simplemessenger/internal/timeline"
	"simplemessenger/wire"
)

func newPingCommand() *cobra.Command {
	var options ping.Options
	var peer string
	var asJSON, traced bool
	cmd := &cobra.Command{
		Use:   "ping ADDR",
		Short: "Open a session with a daemon and ping it",
		Long: `ping opens a session as client.? with the daemon at ADDR, sends MPing, and prints the answers and
round-trip times. A monitor answers MPing before any login, with its health and state.

ADDR is IP:PORT, or IP:PORT/NONCE to insist on a nonce. The exit status is 1 if an answer is missing.`,
		Example: `  simplemsgr ping 127.0.0.1:6789
  simplemsgr ping 127.0.0.1:6789 --count 3 --trace
  simplemsgr ping [::1]:6800 --peer osd.0 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			addr, err := wire.ParseEntityAddr(args[0])
			if err != nil {
				return err
			}
			if addr.Port == 0 {
				return errors.Errorf("address %q has no port (a monitor's v1 port is 6789)", args[0])
			}
			name, err := wire.ParseEntityName(peer)
			if err != nil {
				return err
			}
			options.Peer = wire.EntityInst{Name: name, Addr: addr}
			out := cmd.OutOrStdout()
			if traced {
				options.Tracer = timeline.NewPrinter(out, timeline.Options{Color: isTerminal(out), JSON: asJSON, Details: true})
			}
			report := ping.TextReport(out)
			if asJSON {
				report = ping.JSONReport(out)
			}
			return ping.Run(cmd.Context(), options, report)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&options.Count, "count", "n", 1, "how many pings")
	flags.DurationVarP(&options.Interval, "interval", "i", time.Second, "pause between pings")
	flags.DurationVarP(&options.Timeout, "timeout", "W", 5*time.Second, "how long to wait for the session, and for each answer")
	flags.StringVar(&peer, "peer", "mon.?", "name of the peer: its type decides the protocol version")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	flags.BoolVar(&traced, "trace", false, "print each frame, decoded")
	return cmd
}
