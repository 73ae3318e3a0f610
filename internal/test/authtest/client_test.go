package authtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// accepted hands on each connection that a peer has opened, and takes all messages without
// answering.
type accepted struct{ connections chan *simplemsgr.Connection }

func (accepted) Dispatch(*simplemsgr.Message) bool        { return true }
func (accepted) HandleConnect(*simplemsgr.Connection)     {}
func (a accepted) HandleAccept(c *simplemsgr.Connection)  { a.connections <- c }
func (accepted) HandleReset(*simplemsgr.Connection)       {}
func (accepted) HandleRemoteReset(*simplemsgr.Connection) {}
func (accepted) HandleRefused(*simplemsgr.Connection)     {}

// await waits for a client that has proved to be principal.
func (a accepted) await(t *testing.T, principal string) {
	t.Helper()
	ctx := deadline(t)
	var seen []string
	for {
		select {
		case c := <-a.connections:
			if c.PeerType() == wire.EntityClient && c.Identity().Name == principal &&
				c.Identity().Proven {
				return
			}
			seen = append(seen, c.PeerType().String()+" "+c.Identity().Name)
		case <-ctx.Done():
			t.Errorf("no client has come as %s, only %s", principal, strings.Join(seen, ", "))
			return
		}
	}
}

// daemonsComeAsClients checks that the principal of a daemon may come as a client: the librados
// inside of a manager does, and rados with the key of an osd. We are the osd that they call: in its
// place, with its key, while the monitors believe that it is up. The cluster is of no use after
// that.
func daemonsComeAsClients(t *testing.T, peer *realpeer.Cluster, osd realpeer.OSD) {
	run(t, peer, `{"prefix": "osd pool application enable", "pool": "`+pool+`", "app": "rbd"}`)
	kill(t, peer, osd.Name, "KILL")

	rotating := cephx.NewRotatingKeyring(wire.EntityOSD, nil)
	daemon, err := cluster.Options{Conf: peer.Conf, Name: osd.Name,
		Timeout: time.Minute}.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	monitors, err := daemon.DialDaemon(deadline(t), rotating)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = monitors.Close(context.Background()) })
	server, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD, Secrets: rotating,
		Requirements: daemon.Requirements})
	if err != nil {
		t.Fatal(err)
	}
	policy := simplemsgr.StatelessServer()
	policy.VerifySource = true
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy, AuthServer: server,
		Nonce: osd.Nonce}
	// Sockets of the killed process are in TIME_WAIT, some without SO_REUSEADDR.
	config.Accepter.RetryCount, config.Accepter.RetryDelay = 900, 100*time.Millisecond
	m := simplemsgr.New(wire.OSD(int64(osd.ID)), config)
	callers := accepted{make(chan *simplemsgr.Connection, 1000)}
	m.AddDispatcher(callers)
	if err := m.Bind(t.Context(), osd.Addr.String()); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()) })

	background(t, peer, "rados", "-n", osd.Name, "-p", pool, "stat", "object")
	callers.await(t, osd.Name)
	// The manager's rbd_support looks for the image by way of its own librados.
	background(t, peer, "ceph", "rbd", "task", "add", "flatten", pool+"/image")
	callers.await(t, "mgr.x")
}

// background runs a command of the cluster until the test ends.
func background(t *testing.T, peer *realpeer.Cluster, command ...string) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = peer.Exec(ctx, command...)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}
