package conformtest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/command/conform"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/wire"
)

// TestGenuineWithCephx: what a genuine osd with cephx fails is known. As a client the kit comes to
// its public address, as an osd to the one for its equals.
func TestGenuineWithCephx(t *testing.T) {
	if !*whole {
		return // minutes: the kit with credentials is tried on our own messengers each time
	}
	known := deviations(t)
	for _, g := range genuines(t) {
		if g.msType == "async+posix" {
			continue // of 14.2 the genuine SimpleMessenger is tried; 16.2 has the other one
		}
		t.Run(g.name, func(t *testing.T) {
			o := realpeer.Options{Release: g.release, Auth: realpeer.AuthCephx, OSDs: 1}
			if g.msType != "" {
				o.Set = map[string]string{"ms_type": g.msType}
			}
			osd := &genuineOSD{cluster: realpeer.Start(t, o)}
			for _, run := range []struct{ name, principal string }{
				{"osd for clients", "client.admin"}, {"osd for osds", "osd.0"},
			} {
				t.Run(run.principal, func(t *testing.T) {
					equal := run.principal == "osd.0"
					target := &conformance.Target{Start: func(ctx context.Context,
						_ wire.EntityAddr) (*conformance.Instance, error) {
						return osd.instance(ctx, equal)
					}}
					target.Credentials = login(t, conform.CredentialOptions{
						Cluster: cluster.Options{Conf: osd.cluster.Conf, Name: run.principal,
							Keyring: osd.cluster.Keyring, Timeout: time.Minute},
						Service: "osd.0"})
					whom := tested{g.name, run.name, known, conformance.RoleServer}
					groups := conformance.Options{Run: []string{"auth/", "identity/", "sign/"}}
					judge(t, whom, groups, func() (*conformance.Target, func()) {
						return target, func() {}
					})
				})
			}
		})
	}
}

// genuineOSD is osd.0 of a cluster, which is started again for a case when one before has ended it.
type genuineOSD struct {
	cluster *realpeer.Cluster
	mu      sync.Mutex
}

// instance returns the osd, alive.
func (g *genuineOSD) instance(ctx context.Context, equal bool) (*conformance.Instance, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	conn, err := g.dial(ctx, equal)
	if err != nil {
		if err := g.cluster.Restart("osd.0"); err != nil {
			return nil, err
		}
	} else {
		conn.Close()
	}
	return &conformance.Instance{Dial: func(ctx context.Context) (net.Conn, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.dial(ctx, equal)
	}}, nil
}

func (g *genuineOSD) dial(ctx context.Context, equal bool) (net.Conn, error) {
	addr := g.cluster.OSDs[0].Addr
	if equal {
		addr = g.cluster.OSDs[0].ClusterAddr
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr.String())
}
