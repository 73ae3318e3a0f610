package netnstest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// hosts are two network namespaces joined by a cable.
type hosts struct {
	t     *testing.T
	names [2]string
}

var addresses = [2]string{"10.99.7.1", "10.99.7.2"}

// newHosts makes the two hosts; they are gone when the test ends.
func newHosts(t *testing.T) *hosts {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("HOSTS SKIPPED: network namespaces need root")
	}
	for _, command := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(command); err != nil {
			if os.Getenv("REQUIRE_REAL_PEERS") == "1" {
				t.Fatalf("no command %s (Debian: apt-get install iproute2 nftables)", command)
			}
			t.Skipf("HOSTS SKIPPED: no command %s (Debian: apt-get install iproute2 nftables)",
				command)
		}
	}
	h := &hosts{t: t}
	for i := range h.names {
		h.names[i] = fmt.Sprintf("simplemsgr-%d-%d", os.Getpid(), i)
		if out, err := exec.Command("ip", "netns", "add", h.names[i]).CombinedOutput(); err != nil {
			t.Skipf("HOSTS SKIPPED: network namespaces cannot be had here: %v %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", h.names[i]).Run() })
	}
	h.run("ip", "link", "add", "cable0", "netns", h.names[0], "type", "veth", "peer", "name",
		"cable1", "netns", h.names[1])
	for i, name := range h.names {
		cable := fmt.Sprintf("cable%d", i)
		h.run("ip", "-n", name, "addr", "add", addresses[i]+"/24", "dev", cable)
		h.run("ip", "-n", name, "link", "set", cable, "up")
		h.run("ip", "-n", name, "link", "set", "lo", "up")
		h.on(i, "nft", "add table inet weather; add chain inet weather input { type filter hook "+
			"input priority 0; }")
	}
	return h
}

func (h *hosts) run(command string, args ...string) {
	h.t.Helper()
	if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
		h.t.Fatalf("%s %v: %v\n%s", command, args, err, out)
	}
}

func (h *hosts) on(i int, args ...string) {
	h.t.Helper()
	h.run("ip", append([]string{"netns", "exec", h.names[i]}, args...)...)
}

// lose makes both hosts drop some percent of the packets that reach them; 100 is a partition, 0
// heals it.
func (h *hosts) lose(percent int) {
	h.t.Helper()
	for i := range h.names {
		rules := "flush chain inet weather input"
		switch {
		case percent >= 100:
			rules += fmt.Sprintf("; add rule inet weather input iifname cable%d drop", i)
		case percent > 0:
			rules += fmt.Sprintf("; add rule inet weather input iifname cable%d numgen random mod "+
				"100 < %d drop", i, percent)
		}
		h.on(i, "nft", rules)
	}
}
