package cephconf

import (
	"context"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// Sources say which cluster, and as whom. What is empty comes from CEPH_ARGS, and then from
// ceph.conf.
type Sources struct {
	Conf    string // ceph.conf; empty for the one that Find finds
	MonHost string // in place of mon_host
	Keyring string // in place of the keyrings in ceph.conf
	Name    string // empty for client.admin
}

// Login is what there is to know before a login to the monitors.
type Login struct {
	Name         auth.EntityName
	Monitors     []wire.EntityAddr
	Methods      []uint32 // to offer to the monitors
	Key          cephx.CryptoKey
	KeyFrom      string   // the file with the key; empty without
	Searched     []string // where a keyring would have been
	Requirements cephx.Requirements
	File         *File // with what CEPH_ARGS has changed
}

// defaultRequireVersion is that of Ceph 16.2; 14.2 requires nothing, and can.
const defaultRequireVersion = 2

// Resolve reads what the sources say, and finds the key. Names of hosts are resolved within ctx.
// The errors are for people. With an error, Login has what was found before it.
func (o Sources) Resolve(ctx context.Context) (s Login, err error) {
	overrides, err := o.applyCephArgs()
	if err != nil {
		return s, err
	}
	name := o.Name
	if name == "" {
		name = "client.admin"
	}
	if s.Name, err = auth.ParseEntityName(name); err != nil {
		return s, errors.Errorf("name %q: want a type and an id, such as client.admin", name)
	}
	conf, err := Find(o.Conf)
	if err != nil {
		return s, err
	}
	s.File = conf
	for option, value := range overrides {
		conf.Override(option, value)
	}
	if s.Monitors, err = o.monitors(ctx, conf, s.Name); err != nil {
		return s, err
	}
	if s.Methods, err = methods(conf, s.Name); err != nil {
		return s, err
	}
	if s.Requirements, err = requirements(conf, s.Name); err != nil {
		return s, err
	}
	return s, s.findKey(conf, o.Keyring)
}

func (o Sources) monitors(ctx context.Context, conf *File,
	name auth.EntityName) ([]wire.EntityAddr, error) {
	if o.MonHost != "" {
		return ParseMonHost(ctx, o.MonHost)
	}
	if value, ok := conf.Get(name, "mon_host"); ok {
		addrs, err := ParseMonHost(ctx, value)
		return addrs, errors.WithMessage(err, conf.Path())
	}
	if addrs, err := monitorSections(ctx, conf); err != nil || len(addrs) > 0 {
		return addrs, errors.WithMessage(err, conf.Path())
	}
	if conf.Path() != "" {
		return nil, errors.Errorf("%s has no mon_host, and no [mon.…] with mon addr: say where "+
			"the monitors are with --mon-host", conf.Path())
	}
	return nil, errors.Errorf("no monitors known: there is no ceph.conf at %s; say where it is "+
		"with --conf, or where the monitors are with --mon-host",
		strings.Join(SearchPath(), ", "))
}

func methods(conf *File, name auth.EntityName) (all []uint32, err error) {
	option, otherwise := "auth_client_required", "cephx, none"
	if name.Type != wire.EntityClient {
		option, otherwise = "auth_cluster_required", "cephx"
	}
	value, ok := conf.Get(name, "auth_supported")
	if !ok || value == "" {
		if value, ok = conf.Get(name, option); !ok {
			value = otherwise
		}
	}
	for _, method := range List(value) {
		switch method {
		case "cephx":
			all = append(all, wire.AuthCephx)
		case "none":
			all = append(all, wire.AuthNone)
		default:
			return nil, errors.Errorf("%s: %s = %s: method %q is not known here", conf.Path(),
				option, value, method)
		}
	}
	return all, nil
}

// requirements reads the cephx_ options.
func requirements(conf *File, name auth.EntityName) (r cephx.Requirements, err error) {
	var sign bool
	for _, o := range []struct {
		name      string
		value     *bool
		otherwise bool
	}{
		{"cephx_sign_messages", &sign, true},
		{"cephx_require_signatures", &r.RequireSignatures, false},
		{"cephx_cluster_require_signatures", &r.ClusterRequireSignatures, false},
		{"cephx_service_require_signatures", &r.ServiceRequireSignatures, false},
	} {
		if *o.value, err = conf.GetBool(name, o.name, o.otherwise); err != nil {
			return r, err
		}
	}
	r.DisableSignMessages = !sign
	for _, o := range []struct {
		name  string
		value *int
	}{
		{"cephx_require_version", &r.RequireVersion},
		{"cephx_cluster_require_version", &r.ClusterRequireVersion},
		{"cephx_service_require_version", &r.ServiceRequireVersion},
	} {
		if *o.value, err = conf.GetInt(name, o.name, defaultRequireVersion); err != nil {
			return r, err
		}
	}
	return r, nil
}
