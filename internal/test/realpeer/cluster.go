package realpeer

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"
)

// Daemon is one process of a cluster.
type Daemon struct {
	// Name is type and id, as in "mon.a".
	Name string `json:"name"`
	// Addr is where the daemon listens for v1 clients, its public address.
	Addr netip.AddrPort `json:"addr"`
	// Nonce is the one in its entity_addr: 0 for a mon, else its process id at
	// the last start, or a random number with a release above 16.2.
	Nonce uint32 `json:"nonce"`
	// PID is the process id at the last start.
	PID int `json:"pid"`
	// Log is the path of its log file.
	Log string `json:"log"`
}

// OSD is an object store, which listens at four addresses.
type OSD struct {
	Daemon
	ID                 int            `json:"id"`
	ClusterAddr        netip.AddrPort `json:"cluster_addr"`
	HeartbeatBackAddr  netip.AddrPort `json:"heartbeat_back_addr"`
	HeartbeatFrontAddr netip.AddrPort `json:"heartbeat_front_addr"`
}

// Cluster is a running cluster. Its methods may be used by several goroutines.
// Restart changes Mons, OSDs and Mgr, which must not be read at the same time.
type Cluster struct {
	// Dir is the folder that has everything of the cluster; it goes away with it.
	// Files for commands run by Exec belong here: they see no others.
	Dir     string `json:"dir"`
	Release string `json:"release"`
	Auth    string `json:"auth"`
	FSID    string `json:"fsid"`
	// Conf is the path of ceph.conf.
	Conf string `json:"conf"`
	// Keyring is the path of the keyring with every key, client.admin's too. It is
	// empty without cephx.
	Keyring string   `json:"keyring"`
	Mons    []Daemon `json:"mons"`
	OSDs    []OSD    `json:"osds"`
	// Mgr is nil when none was asked for.
	Mgr *Daemon `json:"mgr"`
}

// start leaves the daemons to their own deadlines, which the script has.
func start(o Options) (*Cluster, error) {
	out, err := script(context.Background(), o.arguments()...)
	if err != nil {
		return nil, err
	}
	c := new(Cluster)
	return c, errors.Wrap(json.Unmarshal(out, c), "read what real-peer says")
}

func (c *Cluster) stop() error {
	_, err := script(context.Background(), "stop", "--dir", c.Dir)
	return err
}

// Exec runs a command of the cluster's release in Dir, such as "ceph", "status",
// and returns its standard output. ceph, rados and their like are given the conf.
// The error has the command's standard error. The command ends with ctx.
func (c *Cluster) Exec(ctx context.Context, command ...string) ([]byte, error) {
	return script(ctx, append([]string{"exec", "--dir", c.Dir, "--"}, command...)...)
}

// Kill sends a signal, such as "KILL", to a daemon, such as "osd.0". It returns
// after the end of the daemon if the signal is one that ends it.
func (c *Cluster) Kill(daemon, signal string) error {
	_, err := script(context.Background(), "kill", "--dir", c.Dir, daemon, signal)
	return err
}

// Restart ends a daemon, if it still runs, starts it again at the same address,
// waits until it takes part in the cluster, and brings Mons, OSDs and Mgr up to date.
// The cluster, heartbeat and manager addresses may be others than before.
func (c *Cluster) Restart(daemon string) error {
	if _, err := script(context.Background(), "restart", "--dir", c.Dir, daemon); err != nil {
		return err
	}
	description, err := os.ReadFile(filepath.Join(c.Dir, "real-peer.json"))
	if err != nil {
		return errors.Wrap(err, "restart")
	}
	var now Cluster
	if err := json.Unmarshal(description, &now); err != nil {
		return errors.Wrap(err, "restart")
	}
	c.Mons, c.OSDs, c.Mgr = now.Mons, now.OSDs, now.Mgr
	return nil
}

// Running reports whether a daemon lives at this moment. Some inputs end it.
func (c *Cluster) Running(daemon string) (bool, error) {
	out, err := script(context.Background(), "status", "--dir", c.Dir, "--json")
	if err != nil {
		return false, err
	}
	var now Cluster
	if err := json.Unmarshal(out, &now); err != nil {
		return false, errors.Wrap(err, "read the status")
	}
	for _, d := range now.daemons() {
		if d.Name == daemon {
			return d.PID != 0, nil
		}
	}
	return false, errors.Errorf("no daemon %s in the cluster", daemon)
}

func (c *Cluster) daemons() []Daemon {
	all := append([]Daemon(nil), c.Mons...)
	for _, osd := range c.OSDs {
		all = append(all, osd.Daemon)
	}
	if c.Mgr != nil {
		all = append(all, *c.Mgr)
	}
	return all
}

// Log returns all that a daemon has logged, with debug_ms at 1 if Options.Set does
// not say otherwise. A daemon logs in the background: to see what an action of
// the test led to, use AwaitLog.
func (c *Cluster) Log(daemon string) ([]byte, error) {
	log, err := os.ReadFile(filepath.Join(c.Dir, "log", daemon+".log"))
	return log, errors.Wrapf(err, "log of %s", daemon)
}

// AwaitLog returns when the log of a daemon has the text, or with an error when
// ctx ends before.
func (c *Cluster) AwaitLog(ctx context.Context, daemon, text string) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		log, err := c.Log(daemon)
		if err != nil {
			return err
		}
		if bytes.Contains(log, []byte(text)) {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.Wrapf(ctx.Err(), "await %q in the log of %s, which ends with\n%s", text,
				daemon, tail(log, 20))
		}
	}
}

func tail(log []byte, lines int) []byte {
	end := len(log)
	for begin := len(bytes.TrimRight(log, "\n")); lines > 0; lines-- {
		begin = bytes.LastIndexByte(log[:begin], '\n')
		if begin < 0 {
			return log
		}
		end = begin + 1
	}
	return log[end:]
}
