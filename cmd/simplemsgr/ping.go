package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/ping"
	"simplemessenger/internal/command/timeline"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func newPingCommand() *cobra.Command {
	var options ping.Options
	var login clusterFlags
	var peer string
	var asJSON, traced bool
	cmd := &cobra.Command{
		Use:   "ping ADDR|DAEMON",
		Short: "Open a session with a daemon and ping it",
		Long: `ping opens a session with a daemon, pings it, and prints the answers and round-trip times.

ADDR is HOST:PORT, or HOST:PORT/NONCE to insist on a nonce; HOST is a name, an IPv4 address, or an IPv6 address in
brackets. What "ceph mon dump" prints, [v2:…,v1:…], will do as well. The session is opened as client.?, without
credentials, and the ping is MPing, which a monitor answers before any login, with its health and state.

DAEMON is mon, mon.a, osd.0 or mgr. ping then logs in to the monitors, with what ceph.conf and the flags say,
learns the daemon's address from them, and opens the session with a ticket. Daemons other than monitors do not
answer MPing; there the ping is KEEPALIVE2. Flags of the login make ping do so for an ADDR too.

The exit status is 1 if an answer is missing.`,
		Example: `  simplemsgr ping 127.0.0.1:6789
  simplemsgr ping mon-a.example.org:6789 --count 3 --trace
  simplemsgr ping '[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]'
  simplemsgr ping [::1]:6800 --peer osd.0 --json
  simplemsgr ping osd.0 --conf /etc/ceph/ceph.conf --keyring ceph.client.admin.keyring
  simplemsgr ping mgr --mon-host 10.0.0.1 --name client.x --keyring x.keyring`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			options.Engine = login.options.Engine
			if traced {
				options.Tracer = timeline.NewPrinter(out,
					timeline.Options{Color: isTerminal(out), JSON: asJSON, Details: true})
			}
			report := ping.TextReport(out)
			if asJSON {
				report = ping.JSONReport(out)
			}
			name, err := wire.ParseEntityName(peer)
			if err != nil {
				return err
			}
			options.Peer.Name = name
			daemon := args[0]
			if !isDaemon(daemon) {
				daemon = ""
				if options.Peer.Addr, err = resolvePeer(cmd.Context(), args[0],
					options.Timeout); err != nil {
					return err
				}
				if !login.given(cmd) {
					return ping.Run(cmd.Context(), options, report)
				}
			}
			return pingWithLogin(cmd.Context(), login, daemon, options, report)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&options.Count, "count", "n", 1, "how many pings")
	flags.DurationVarP(&options.Interval, "interval", "i", time.Second, "pause between pings")
	flags.DurationVarP(&options.Timeout, "timeout", "W", 5*time.Second,
		"how long to wait for the login, for the session, and for each answer")
	flags.StringVar(&peer, "peer", "mon.?",
		"name of the peer at ADDR: its type decides the protocol version")
	login.add(flags)
	flags.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	flags.BoolVar(&traced, "trace", false, "print each frame, decoded")
	return cmd
}

// isDaemon reports whether an argument names a daemon, as no host is called.
func isDaemon(arg string) bool {
	typ, id, _ := strings.Cut(arg, ".")
	return slices.Contains([]string{"mon", "osd", "mgr", "mds"}, typ) &&
		!strings.ContainsAny(id, ".:/[")
}

// resolvePeer returns the address in an argument, whose port is not left out.
func resolvePeer(ctx context.Context, arg string, patience time.Duration) (wire.EntityAddr, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addr, err := simplemsgr.ResolveAddr(ctx, arg, 0)
	switch {
	case err != nil:
		return addr, err
	case addr.IsBlankIP():
		return addr, errors.Errorf("address %q names no host", arg)
	case addr.Port == 0:
		return addr, errors.Errorf("address %q has no port (a monitor's v1 port is 6789)", arg)
	}
	return addr, nil
}

// pingWithLogin pings a daemon, or the peer in options if daemon is empty, with credentials from
// the monitors.
func pingWithLogin(ctx context.Context, login clusterFlags, daemon string, options ping.Options,
	report ping.Report) error {
	settings, err := login.resolve(ctx, options.Timeout, options.Tracer)
	if err != nil {
		return err
	}
	client, err := settings.Dial(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close(context.WithoutCancel(ctx)) }()
	report.LoggedIn(ping.Login{Monitor: client.Monitor(), Name: settings.Name,
		GlobalID: client.GlobalID()})
	if daemon != "" {
		ctx, cancel := context.WithTimeout(ctx, options.Timeout)
		defer cancel()
		if options.Peer, err = client.Locate(ctx, daemon); err != nil {
			return settings.Explain(err)
		}
	}
	options.Keepalive = options.Peer.Name.Type != wire.EntityMon
	options.Name = wire.Client(int64(client.GlobalID()))
	options.Messenger = func(c *simplemsgr.Config) { c.AuthClient = client }
	return ping.Run(ctx, options, report)
}
