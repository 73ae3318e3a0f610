package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/command/engine"
	"simplemessenger/trace"
)

// clusterFlags are the flags of commands that log in to the monitors of a cluster.
type clusterFlags struct{ options cluster.Options }

// clusterFlagNames are those that say who logs in where.
var clusterFlagNames = []string{"conf", "mon-host", "keyring", "name"}

func (f *clusterFlags) add(flags *pflag.FlagSet) {
	flags.StringVarP(&f.options.Conf, "conf", "c", "",
		"path of ceph.conf (default $CEPH_CONF, /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, "+
			"./ceph.conf)")
	flags.StringVarP(&f.options.MonHost, "mon-host", "m", "",
		"addresses of the monitors, in place of mon_host in ceph.conf")
	flags.StringVar(&f.options.Keyring, "keyring", "",
		"path of the keyring, in place of those in ceph.conf")
	flags.StringVar(&f.options.Name, "name", "", "name to log in with (default client.admin)")
	flags.Var(&f.options.Engine, "engine", engine.Usage)
}

// given reports whether one of the flags is set.
func (f *clusterFlags) given(cmd *cobra.Command) bool {
	for _, name := range clusterFlagNames {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

func (f *clusterFlags) resolve(ctx context.Context, timeout time.Duration,
	tracer trace.Tracer) (cluster.Settings, error) {
	options := f.options
	options.Timeout, options.Tracer = timeout, tracer
	return options.Resolve(ctx)
}
