// Command simplemsgr speaks Ceph's messenger protocol v1: it demonstrates the messenger, pings real
// daemons, serves, decodes captures and measures.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"simplemessenger/internal/command/hint"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newRootCommand().ExecuteContext(ctx); err != nil {
		var status exitStatus
		if errors.As(err, &status) {
			stop()
			os.Exit(int(status))
		}
		if !errors.Is(err, errReported) {
			fmt.Fprintln(os.Stderr, "simplemsgr:", err)
			if h, ok := hint.Of(err); ok {
				fmt.Fprintln(os.Stderr, "hint:", h)
			}
		}
		stop()
		os.Exit(1)
	}
}

// errReported makes the exit status 1 when the command has said why already.
var errReported = errors.New("reported")

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "simplemsgr",
		Short: "Ceph's SimpleMessenger (protocol v1) in Go",
		Long: `simplemsgr speaks Ceph's messenger protocol v1 (banner "ceph v027"), as every Ceph daemon
does on its v1 port. It is the command line of the Go library of the same name.

The exit status is 0 if what was asked for was done, and 1 if not: a wrong use, an error, which is said on the
standard error, or what the help of the command names, such as an answer that is missing. An interrupt or SIGTERM ends
a command in order: serve and ping say what they have counted, with 0 unless an answer is missing; what is not done
ends with 1.

With NO_COLOR in the environment, or where the output is no terminal, there is neither colour nor progress.`,
		Example: `  simplemsgr demo                       two messengers, a fault, a restart: the protocol in one screen
  simplemsgr ping 127.0.0.1:6789        talk to a real monitor
  simplemsgr ping osd.0                 log in with ceph.conf and keyring, and talk to an osd
  simplemsgr status                     ask the monitors how the cluster is
  simplemsgr watch                      see what changes in it
  simplemsgr serve --bind 127.0.0.1:0   be talked to
  simplemsgr decode capture.pcap        read what daemons said to each other
  simplemsgr vectors export DIR         golden vectors for other implementations
  simplemsgr lab list                   learn a messenger by building it
  simplemsgr docs glossary              read the documentation`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("simplemsgr {{.Version}}\n")
	root.AddCommand(newDemoCommand(), newPingCommand(), newServeCommand(), newDecodeCommand(),
		newBenchCommand(), newConformCommand(),
		newStatusCommand(), newOSDPutCommand(), newOSDGetCommand(), newOSDListCommand(),
		newOSDStatCommand(), newOSDRemoveCommand(), newWatchCommand(), newConfigCommand(),
		newVectorsCommand(), newLabCommand(), newDocsCommand())
	for _, further := range furtherCommands {
		root.AddCommand(further())
	}
	return root
}

// furtherCommands are those that exist with a build tag alone.
var furtherCommands []func() *cobra.Command

// release is the version that scripts/release builds.
var release string

// version is that of the release, or the module's, or the commit's that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if release != "" {
		return release + " (protocol v1, " + info.GoVersion + ")"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v = s.Value[:12]
		}
	}
	if v == "" || v == "(devel)" {
		v = "development"
	}
	return v + " (protocol v1, " + info.GoVersion + ")"
}
