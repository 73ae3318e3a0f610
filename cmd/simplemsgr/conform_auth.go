package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/conform"
)

// conformAuth are the flags of conform that say whose credentials the kit brings.
type conformAuth struct{ options conform.CredentialOptions }

// conformAuthNames are those of which one is enough to have the kit bring credentials.
var conformAuthNames = []string{"conf", "mon-host", "keyring", "name", "service", "other"}

func (a *conformAuth) add(flags *pflag.FlagSet) {
	o := &a.options.Cluster
	flags.StringVarP(&o.Conf, "conf", "c", "", "path of ceph.conf, for monitors and keyring")
	flags.StringVarP(&o.MonHost, "mon-host", "m", "", "addresses of the monitors to log in to")
	flags.StringVar(&o.Keyring, "keyring", "",
		"path of the keyring with the keys of all names here")
	flags.StringVar(&o.Name, "name", "", "who the kit is, by cephx (default client.admin); "+
		"osd. has it use the key that all osds share, without monitors")
	flags.StringVar(&a.options.Service, "service", "", "whose tickets the kit has: osd, or osd.0 "+
		"to have its secrets too, for cases with tickets that nobody gives (default by --name)")
	flags.StringVar(&a.options.Other, "other", "", "name of another principal, for cases with two")
	o.Timeout = 5 * time.Second
}

// login gives the target's kit credentials, if they are asked for. Call end when all is over.
func (a *conformAuth) login(cmd *cobra.Command, target *conformance.Target) (end func(),
	err error) {
	if !slices.ContainsFunc(conformAuthNames, cmd.Flags().Changed) {
		return func() {}, nil
	}
	target.Credentials, end, err = a.options.Login(context.WithoutCancel(cmd.Context()))
	return end, err
}
