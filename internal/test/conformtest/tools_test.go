package conformtest

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/internal/test/realpeer"
)

var tools = flag.Bool("tools", false, "test the command ceph and OSDs too: minutes")

// reef is the newest release whose command was watched.
const reef = "18.2"

// commandTimeout is that of a step with the command ceph, which takes seconds to start.
const commandTimeout = 20 * time.Second

// TestTools: what the command ceph fails in the role of a client, and an OSD in that of a server,
// is known.
func TestTools(t *testing.T) {
	if !*tools {
		return
	}
	known := deviations(t)
	for _, g := range genuines(t) {
		t.Run(g.name, func(t *testing.T) {
			cluster := g.start(t, 1)
			t.Run("ceph", func(t *testing.T) {
				if g.release != realpeer.Nautilus && g.release != reef {
					t.Skip("its command is like that of the others")
				}
				pingCases(t, g, known, cluster)
			})
			osd := cluster.OSDs[0]
			for _, at := range []struct{ program, address string }{
				{"osd, public", osd.Addr.String()}, {"osd, cluster", osd.ClusterAddr.String()}} {
				t.Run(at.program, func(t *testing.T) {
					whom := tested{g.name, at.program, known, conformance.RoleServer}
					judge(t, whom, conformance.Options{Cases: harmless()},
						func() (*conformance.Target, func()) {
							return conformance.Server(at.address), func() {}
						})
				})
			}
		})
	}
}

func pingCases(t *testing.T, g genuine, known []deviation, cluster *realpeer.Cluster) {
	t.Helper()
	command, err := filepath.Abs("../../../scripts/real-peer")
	if err != nil {
		t.Fatal(err)
	}
	whom := tested{g.name, "ceph ping", known, conformance.RoleClient}
	judge(t, whom, conformance.Options{Timeout: commandTimeout},
		func() (*conformance.Target, func()) {
			target := conformance.Program(conformance.RoleClient, command, "exec", "--dir",
				cluster.Dir, "--", "ceph", "-m", "v1:{addr}", "ping", "mon.noname-a")
			return &target.Target, target.Close
		})
}

// harmless are the cases after which an OSD still lives: nobody would start it again.
func harmless() []*script.Case {
	return slices.DeleteFunc(slices.Clone(conformance.Cases()), func(c *script.Case) bool {
		return c.Harm != ""
	})
}
