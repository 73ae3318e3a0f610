package main

import (
	"context"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/conform"
)

func newConformCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "conform",
		Short: "Test whether another messenger keeps the rules of the protocol",
		Long: `conform tests a messenger that speaks protocol v1, whoever wrote it, in whichever language: it talks to it as a peer that also
does what no messenger should, and says for each case whether a rule of the protocol is broken, and which.

conform server talks to a messenger that listens; conform client is called by one; conform peer does both, as equals
do. What is said of a case is pass; non-strict, for what genuine messengers do as well or what breaks a rule of the level
"should"; fail; unsupported, if the messenger lacks what the case needs, which probing finds; or inconclusive.

The last line is "N passed, N failed, N unsupported". The exit status is 0 if nothing failed, 1 if something did,
and 3 if nothing failed but a case was inconclusive.`,
		Example: `  simplemsgr conform server 127.0.0.1:6800
  simplemsgr conform server --exec './my-server {listen}'
  simplemsgr conform client --exec './my-client {addr}'
  simplemsgr conform peer --exec './my-daemon --listen {listen} --call {kit}'
  simplemsgr conform server 127.0.0.1:6800 --run accept/unknown-session --pcap-dir captures
  simplemsgr conform server 127.0.0.1:6800 --mon-host 127.0.0.1:6789 --keyring all.keyring --service osd.0 --run auth
  simplemsgr conform server --list --rule V1-ACCEPT-6`,
	}
	cmd.AddCommand(newConformRoleCommand(conformance.RoleServer),
		newConformRoleCommand(conformance.RoleClient), newConformRoleCommand(conformance.RolePeer),
		newConformFuzzCommand())
	return cmd
}

// conformFlags are those of each role.
type conformFlags struct {
	conform.Options
	auth conformAuth
	list bool
	exec string
	bind string
}

const execUsage = "program under test, which is started: {listen} is where it is to listen, " +
	"{addr} HOST:PORT and {kit} HOST:PORT/NONCE whom to call"

func newConformRoleCommand(role conformance.Role) *cobra.Command {
	f := conformFlags{}
	f.Role = role
	short := map[conformance.Role]string{
		conformance.RoleServer: "Test a messenger that listens",
		conformance.RoleClient: "Test a messenger that calls",
		conformance.RolePeer:   "Test a messenger that listens and calls, as equals do",
	}
	cmd := &cobra.Command{
		Use:   string(role) + " [ADDR]",
		Short: short[role],
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.list {
				conform.List(cmd.OutOrStdout(), f.Options.Options)
				return nil
			}
			target, end, err := f.target(args)
			if err != nil {
				return err
			}
			defer end()
			logout, err := f.auth.login(cmd, target)
			if err != nil {
				return err
			}
			defer logout()
			out := cmd.OutOrStdout()
			f.Color = isTerminal(out)
			f.Again, f.Version = again(cmd, args), version()
			outcome, err := conform.Run(cmd.Context(), out, target, f.Options)
			if err == nil && outcome != conform.AllPassed {
				return exitStatus(outcome)
			}
			return err
		},
	}
	f.add(cmd)
	return cmd
}

// defaultKitBind is where the kit listens for those who call.
const defaultKitBind = "127.0.0.1:0"

func (f *conformFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "list the cases, with their rules, and run nothing")
	flags.StringSliceVar(&f.Options.Options.Run, "run", nil,
		"only cases of these names: patterns, or how they begin")
	flags.StringSliceVar(&f.Skip, "skip", nil, "no cases of these names")
	flags.StringSliceVar(&f.Rules, "rule", nil, "only cases of these rules, by id")
	flags.BoolVar(&f.Strict, "strict", false, "non-strict is a failure")
	flags.StringSliceVar(&f.Require, "require", nil,
		"what it is known to be able to (lossy, lossless, echo, mirror, calls, returns,\n"+
			"reopens, feature:NAME): a case that needs it fails if probing does not find it")
	flags.BoolVar(&f.Verbose, "verbose", false,
		"tell the stories of non-strict and inconclusive cases too")
	flags.DurationVar(&f.Timeout, "timeout", conformance.DefaultTimeout,
		"how long each step waits for what is expected")
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of what is drawn")
	flags.IntVar(&f.Parallel, "parallel", 8, "how many cases run at the same time")
	flags.BoolVar(&f.JSON, "json", false, "print one JSON object a line")
	flags.StringVar(&f.JUnit, "junit", "", "write a report for build servers to this file")
	flags.StringVar(&f.HTML, "html", "", "write a page to this file")
	flags.StringVar(&f.PcapDir, "pcap-dir", "", "write the conversation of each case to this folder")
	flags.StringVar(&f.exec, "exec", "", execUsage)
	f.auth.add(flags)
	if f.Role != conformance.RoleServer {
		flags.StringVar(&f.bind, "bind", defaultKitBind, "address at which the kit listens")
	}
}

// target returns the messenger under test, and what ends it.
func (f *conformFlags) target(args []string) (*conformance.Target, func(), error) {
	switch {
	case f.exec != "":
		t := conformance.Program(f.Role, "sh", "-c", f.exec)
		t.Name = f.exec
		if f.bind != "" && f.bind != defaultKitBind { // else a case may have it otherwise
			t.Listen = f.listen
		}
		return &t.Target, t.Close, nil
	case f.Role == conformance.RoleServer && len(args) == 1:
		return conformance.Server(args[0]), func() {}, nil
	case f.Role == conformance.RoleClient && len(args) == 0, f.Role == conformance.RolePeer &&
		len(args) == 1:
		f.Parallel = 1 // there is one address for all cases
		target := conformance.Server(strings.Join(args, ""))
		if f.Role == conformance.RoleClient {
			target = conformance.Caller(f.bind)
		}
		target.Listen = f.listen
		return target, func() {}, nil
	}
	return nil, nil, errors.New("say who is tested: --exec PROGRAM, or the address of one that runs")
}

func (f *conformFlags) listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", f.bind)
}

// exitStatus is an error that only says how the process ends.
type exitStatus int

func (s exitStatus) Error() string { return "exit status " + strconv.Itoa(int(s)) }

// again returns the command that tests the same messenger in the same way, without the flags that
// choose cases and reports.
func again(cmd *cobra.Command, args []string) string {
	words := append(strings.Fields(cmd.CommandPath()), args...)
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "run", "skip", "rule", "json", "junit", "html", "pcap-dir", "list", "parallel":
		case "require":
			require, _ := cmd.Flags().GetStringSlice(flag.Name)
			words = append(words, "--require", strings.Join(require, ","))
		case "strict", "verbose":
			words = append(words, "--"+flag.Name+"="+flag.Value.String())
		default:
			words = append(words, "--"+flag.Name, flag.Value.String())
		}
	})
	return strings.Join(quoted(words), " ")
}

// plainWord is what a shell takes for one word, and for nothing else.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted returns words as a shell takes them.
func quoted(words []string) []string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if !plainWord.MatchString(w) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return quoted
}
