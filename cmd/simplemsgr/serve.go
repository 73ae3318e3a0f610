package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/timeline"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func newServeCommand() *cobra.Command {
	var bind, name, policy string
	var judge serveAuth
	var limits serveLimits
	var show serveHTTP
	var call serveCall
	var nonce nonceFlag
	var announce string
	var traced, asJSON, dump bool
	var carrier engine.Engine
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Accept sessions, answer MPing and echo everything else",
		Long: `serve accepts sessions. It answers MPing with MPing and sends any other message back as it came.
It prints "listening on IP:PORT/NONCE" when it is ready, and ends cleanly on SIGINT and SIGTERM.

With --auth cephx it takes only peers that prove who they are: it logs in to the monitors as --name, with its key from
--keyring, and opens tickets with the secrets that they give it; messages that say they are from somebody else than who
sends them are dropped. Where there is no cluster, a second serve can be
its monitor: with --auth and a monitor's name, serve lets clients and daemons log in who have a key in its keyring, and
answers pings, but no commands.

What peers can make it hold is limited. Who sends and does not read is not read any more once --queue-limit waits for it;
others are answered meanwhile. A peer that acks nothing is cut off when its queue is full.
Sessions whose peers have gone end after --standby-timeout, or when others need their places.

With --call it is a peer that calls as well: it opens a session with each address that is named, and pings it.

With --http it prints "shown at http://IP:PORT/" in its second line, and shows there what it does, to Prometheus and to people.
What it shows has the addresses of peers: keep it to the machine.`,
		Example: `  simplemsgr serve --bind 127.0.0.1:6800
  simplemsgr serve --bind 127.0.0.1:0 --name mon.0 --nonce 0 --trace
  simplemsgr serve --bind [::1]:6800 --policy stateful-server
  simplemsgr serve --http 127.0.0.1:0
  simplemsgr serve --policy lossless-peer --call 127.0.0.1:6801
  simplemsgr serve --name osd.7 --auth cephx --conf ceph.conf --keyring osd.7.keyring

  simplemsgr serve --name mon.0 --auth cephx --keyring all.keyring --bind 127.0.0.1:6789
  simplemsgr serve --name osd.0 --auth cephx --keyring all.keyring --mon-host 127.0.0.1:6789 --bind 127.0.0.1:6800
  simplemsgr ping 127.0.0.1:6800 --peer osd.0 --mon-host 127.0.0.1:6789 --keyring all.keyring`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			entity, err := wire.ParseEntityName(name)
			if err != nil {
				return err
			}
			p, ok := simplemsgr.PolicyByName(policy)
			if !ok {
				return errors.Errorf("no policy %q (there are: %s)", policy,
					strings.Join(simplemsgr.PolicyNames(), ", "))
			}
			config := simplemsgr.Config{DefaultPolicy: &p, Engine: carrier.New, Nonce: nonce.value,
				ZeroNonce: nonce.given && nonce.value == 0}
			limits.set(&config)
			if err := call.check(bind); err != nil {
				return err
			}
			if announce != "" {
				a, err := simplemsgr.ResolveAddr(cmd.Context(), announce, 0)
				if err != nil {
					return errors.WithMessage(err, "--announce")
				}
				config.Announce = a.AddrPort()
			}
			if entity.Type == wire.EntityMon && judge.method != "" && nonce.given &&
				nonce.value != 0 {
				return errors.Errorf("--nonce %d: a monitor's nonce is 0", nonce.value)
			}
			out := cmd.OutOrStdout()
			var counters trace.Counters
			config.Pipe.Tracer = &counters
			if traced {
				config.Pipe.Tracer = trace.Multi(&counters,
					timeline.NewPrinter(out, timeline.Options{Color: isTerminal(out), JSON: asJSON,
						Details: true}))
			}
			if err := show.observe(&config); err != nil {
				return err
			}
			var m *simplemsgr.Messenger
			server, err := judge.prepare(cmd.Context(), entity, &config, func() wire.EntityAddr {
				return m.Addr()
			})
			if err != nil {
				return err
			}
			defer server.stop()
			m = simplemsgr.New(entity, config)
			own := newOwnPings(m.Addr().Nonce)
			if len(call.addrs) > 0 {
				m.AddDispatcher(own)
			}
			m.AddDispatcher(server.dispatcher)
			if bind != nowhere {
				if err := m.Bind(cmd.Context(), bind); err != nil {
					return err
				}
			}
			if err := m.Start(); err != nil {
				return err
			}
			silence, err := call.start(cmd.Context(), m, own)
			defer silence()
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "listening on %v\n", m.Addr())
			hide, err := show.start(cmd.Context(), m, out)
			if err != nil {
				return err
			}
			defer hide()

			<-cmd.Context().Done()
			if dump {
				fmt.Fprintf(out, "%s\n", m.Dump().JSON())
			}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			// Not Drain: a daemon of 14.2 that is told CLOSE aborts.
			err = m.Shutdown(ctx)
			if lost := new(simplemsgr.DroppedError); errors.As(err, &lost) {
				fmt.Fprintln(out, err)
				err = nil // whoever did not read its answers
			}
			sum := counters.Snapshot()
			fmt.Fprintf(out, "served: sessions opened %d, messages received %d, sent %d, faults "+
				"%d\n",
				sum.Events["opened"], sum.FramesRcvd["MSG"], sum.FramesSent["MSG"],
				sum.Events["faulted"])
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&bind, "bind", "127.0.0.1:0",
		"address to listen on, HOST:PORT; port 0, or none, takes the first free one from 6800 on; "+
			"nowhere, with --call, listens nowhere")
	flags.StringVar(&announce, "announce", "",
		"address to tell peers instead, HOST[:PORT]: behind NAT, or in a container")
	flags.StringVar(&name, "name", "osd.0", "entity name of the messenger")
	flags.StringVar(&policy, "policy", "stateless-server",
		"policy towards all peers: "+strings.Join(simplemsgr.PolicyNames(), ", "))
	flags.Var(&carrier, "engine", engine.Usage)
	flags.Var(&nonce, "nonce", "nonce of the address, 32 bits; \"random\", or -1, takes a random "+
		"one, monitors have 0 (default random)")
	judge.add(flags)
	limits.add(flags)
	show.add(flags)
	call.add(flags)
	flags.BoolVar(&traced, "trace", false, "print each frame, decoded")
	flags.BoolVar(&asJSON, "json", false, "with --trace: print one JSON object a line")
	flags.BoolVar(&dump, "dump", false, "print what every pipe is doing, as JSON, before it ends")
	_ = cmd.RegisterFlagCompletionFunc("auth", cobra.FixedCompletions(serveAuthMethods,
		cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(simplemsgr.PolicyNames(),
		cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// echo sends every message back, in the goroutine that read it.
type echo struct{}

func (e echo) Dispatch(m *simplemsgr.Message) bool {
	e.FastDispatch(m)
	return true
}

func (echo) CanFastDispatch(*simplemsgr.Message) bool { return true }

func (echo) FastDispatch(m *simplemsgr.Message) {
	// A connection that is gone takes its answers with it. One whose queue is full although we do
	// not read on owes acks: without them the session is worth nothing.
	err := m.Connection().Send(&simplemsgr.Message{
		Type: m.Type, TID: m.TID, Priority: m.Priority, Version: m.Version,
		CompatVersion: m.CompatVersion,
		DataOff:       m.DataOff, Front: m.Front, Middle: m.Middle, Data: m.Data,
	})
	if errors.Is(err, pipe.ErrQueueFull) {
		m.Connection().MarkDown()
	}
}
