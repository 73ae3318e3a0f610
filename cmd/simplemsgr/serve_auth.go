package main

import (
	"context"
	"slices"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/pflag"

	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/command/monitor"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// serveAuth is how serve judges those who connect.
type serveAuth struct {
	method  string
	options cluster.Options
}

var serveAuthMethods = []string{"none", "cephx"}

func (a *serveAuth) add(flags *pflag.FlagSet) {
	flags.StringVar(&a.method, "auth", "",
		"how peers prove who they are: none (they say so) or cephx; without it nobody is asked")
	flags.StringVar(&a.options.Keyring, "keyring", "",
		"path of the keyring with our own key; a monitor's has everybody's")
	flags.StringVarP(&a.options.Conf, "conf", "c", "",
		"path of ceph.conf, for monitors and keyring")
	flags.StringVarP(&a.options.MonHost, "mon-host", "m", "",
		"addresses of the monitors whose tickets are taken")
	flags.DurationVarP(&a.options.Timeout, "timeout", "W", 5*time.Second,
		"how long the login to the monitors may take")
}

// server is what an answering messenger is made of: who judges the peers, who answers them, and how
// to end what stands behind that.
type server struct {
	dispatcher simplemsgr.Dispatcher
	stop       func()
}

// prepare puts what judges the peers into config. addr tells where the messenger listens, once it
// does.
func (a *serveAuth) prepare(ctx context.Context, entity wire.EntityName, config *simplemsgr.Config,
	addr func() wire.EntityAddr) (server, error) {
	s := server{dispatcher: echo{}, stop: func() {}}
	var err error
	switch {
	case a.method != "" && !slices.Contains(serveAuthMethods, a.method):
		return s, errors.Errorf("no authentication method %q (there are: none, cephx)", a.method)
	case a.method != "" && entity.Type == wire.EntityMon:
		s.dispatcher, err = a.prepareMonitor(config, addr)
	case a.method == "none":
		config.AuthServer = none.Server{}
	case a.method == "cephx":
		s.stop, err = a.prepareDaemon(ctx, entity, config)
	}
	return s, err
}

// prepareMonitor makes a monitor of a closed world: with cephx everybody who has a key in the
// keyring can log in.
func (a *serveAuth) prepareMonitor(config *simplemsgr.Config,
	addr func() wire.EntityAddr) (simplemsgr.Dispatcher, error) {
	var authority *cephx.Authority
	if a.method == "cephx" {
		if a.options.Keyring == "" {
			return nil, errors.New("a monitor needs a keyring with everybody's key (--keyring)")
		}
		keyring, err := cephx.LoadKeyring(a.options.Keyring)
		if err != nil {
			return nil, err
		}
		if authority, err = cephx.NewAuthority(cephx.AuthorityConfig{
			Keyring: keyring}); err != nil {
			return nil, err
		}
	}
	const name = "a"
	config.AuthServer = none.Server{AcceptUnknown: none.ExceptMonitors}
	config.Nonce, config.ZeroNonce = 0, true
	return monitor.Alone(name, authority, addr), nil
}

// prepareDaemon logs in to the monitors with our own key, and opens tickets with the secrets that
// they give us, until stop is called.
func (a *serveAuth) prepareDaemon(ctx context.Context, entity wire.EntityName,
	config *simplemsgr.Config) (stop func(), err error) {
	options := a.options
	options.Name = entity.String()
	settings, err := options.Resolve(ctx)
	if err != nil {
		return nil, err
	}
	rotating := cephx.NewRotatingKeyring(entity.Type, nil)
	client, err := settings.DialDaemon(ctx, rotating)
	if err != nil {
		return nil, err
	}
	config.DefaultPolicy.VerifySource = true
	config.AuthClient = client // for --call
	stop = func() { _ = client.Close(context.WithoutCancel(ctx)) }
	config.AuthServer, err = cephx.NewServer(cephx.ServerConfig{Service: entity.Type,
		Secrets: rotating, Requirements: settings.Requirements})
	if err != nil {
		stop()
	}
	return stop, err
}
