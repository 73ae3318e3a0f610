package realpeer

import (
	"cmp"
	"os"
	"slices"
	"strconv"
)

// Releases of Ceph that some test says something particular about. Releases has all that there are.
const (
	Nautilus = "14.2" // SimpleMessenger; the others have AsyncMessenger with ProtocolV1
	Pacific  = "16.2"
)

// Authentication methods to choose from.
const (
	AuthNone  = "none"
	AuthCephx = "cephx"
)

// Options say which cluster a test wants. The zero value of each field but
// Release is a sensible default.
type Options struct {
	// Release is one of Releases.
	Release string
	// Auth is AuthNone (the default) or AuthCephx.
	Auth string
	// Mons is the number of monitors, mon.a, mon.b and so on; 0 means 1.
	Mons int
	// OSDs is the number of object stores, osd.0, osd.1 and so on.
	OSDs int
	// Mgr asks for one manager, mgr.x.
	Mgr bool
	// InjectSocketFailures lets every n-th socket operation of the daemons fail
	// on average, once the cluster is up (ms_inject_socket_failures).
	InjectSocketFailures int
	// Set has further options for the [global] section of ceph.conf. They take
	// the place of those that scripts/real-peer writes.
	Set map[string]string
}

// arguments are those of "real-peer start". Equal options have equal arguments.
func (o Options) arguments() []string {
	arguments := []string{
		"start",
		"--release", o.Release,
		"--auth", cmp.Or(o.Auth, AuthNone),
		"--mons", strconv.Itoa(cmp.Or(o.Mons, 1)),
		"--osds", strconv.Itoa(o.OSDs),
		"--inject", strconv.Itoa(o.InjectSocketFailures),
		"--while", strconv.Itoa(os.Getpid()),
	}
	if o.Mgr {
		arguments = append(arguments, "--mgr")
	}
	var settings []string
	for option, value := range o.Set {
		settings = append(settings, option+" = "+value)
	}
	slices.Sort(settings)
	for _, setting := range settings {
		arguments = append(arguments, "--set", setting)
	}
	return arguments
}
