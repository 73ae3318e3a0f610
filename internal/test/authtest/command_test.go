package authtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"simplemessenger/internal/test/realpeer"
)

// Every kind of daemon lets us in by name.
func TestCommandPing(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		for daemon, want := range map[string]string{
			"mon":   `MPing 2 answered by mon\.0 in .*: mon\.a is leader, health HEALTH_`,
			"mon.a": `MPing 2 answered by mon\.0 in .*: mon\.a is leader, health HEALTH_`,
			"osd.0": `(?s)session with osd .* authenticated by cephx\n.*KEEPALIVE2 2 answered by osd\.0 in `,
			"osd.1": `(?s)session with osd .* authenticated by cephx\n.*KEEPALIVE2 2 answered by osd\.1 in `,
			"mgr":   `(?s)session with mgr .* authenticated by cephx\n.*KEEPALIVE2 2 answered by mgr\.. in `,
			"mgr.x": `(?s)session with mgr .* authenticated by cephx\n.*KEEPALIVE2 2 answered by mgr\.. in `,
		} {
			out, err := simplemsgrCommand(t, nil, "ping", daemon, "--conf", c.Conf, "--count", "2",
				"--interval", "1ms", "--timeout", "1m")
			if err != nil {
				t.Errorf("%s: %v", daemon, err)
			}
			for _, want := range []string{want,
				`^logged in to mon\.0 at .* as client\.admin, global id \d+\n`,
				`2 sent, 2 received`} {
				if !regexp.MustCompile(want).MatchString(out) {
					t.Errorf("ping %s: no %q in\n%s", daemon, want, out)
				}
			}
		}
	})
}

func TestCommandStatus(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		out, err := simplemsgrCommand(t, nil, "status", "--conf", c.Conf, "--timeout", "1m")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"cluster  " + c.FSID, "health   HEALTH_",
			"mon      1 monitor, quorum a", "osd      2 osds: 2 up, 2 in", " active"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if out, err = simplemsgrCommand(t, nil, "status", "--conf", c.Conf, "--timeout", "1m",
			"--json"); err != nil {
			t.Fatal(err)
		}
		var ours, theirs struct {
			FSID     string   `json:"fsid"`
			Quorum   []string `json:"quorum_names"`
			Election int      `json:"election_epoch"`
		}
		if err := json.Unmarshal([]byte(out), &ours); err != nil {
			t.Fatal(err)
		}
		real, err := c.Exec(deadline(t), "ceph", "status", "--format", "json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(real, &theirs); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(ours) != fmt.Sprint(theirs) {
			t.Errorf("we say %v, ceph says %v", ours, theirs)
		}
	})
}

// What we write rados reads, and the other way round.
func TestCommandObjects(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		source := rand.NewChaCha8([32]byte{7})
		for _, size := range []int{0, 1, 5000, 4 << 20, 9<<20 + 1, 64 << 20} {
			content := make([]byte, size)
			_, _ = source.Read(content)
			ours, theirs := fmt.Sprintf("ours-%d", size), fmt.Sprintf("theirs-%d", size)
			file := filepath.Join(c.Dir, theirs) // where rados of 14.2 sees it
			back := filepath.Join(t.TempDir(), "back")

			if _, err := simplemsgrCommand(t, content, "osd-put", pool, ours, "-", "--conf", c.Conf,
				"--timeout", "1m"); err != nil {
				t.Fatal(err)
			}
			got, err := c.Exec(deadline(t), "rados", "-p", pool, "get", ours, "-")
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("rados read %d bytes of the %d that we wrote, %v", len(got), size, err)
			}

			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Exec(deadline(t), "rados", "-p", pool, "put", theirs, file); err != nil {
				t.Fatal(err)
			}
			if _, err := simplemsgrCommand(t, nil, "osd-get", pool, theirs, back, "--conf", c.Conf,
				"--timeout", "1m"); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(back); err != nil || !bytes.Equal(got, content) {
				t.Errorf("we read %d bytes of the %d that rados wrote, %v", len(got), size, err)
			}
		}
	})
}

// What osd-ls, osd-stat and osd-rm say is what rados says.
func TestCommandObjectsListed(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		const objects = "listed"
		run(t, c, `{"prefix": "osd pool create", "pool": "`+objects+`", "pg_num": 4}`)
		ours := func(command ...string) string {
			t.Helper()
			out, err := simplemsgrCommand(t, []byte("content"), append(command, "--conf", c.Conf,
				"--timeout", "1m")...)
			if err != nil {
				t.Error(err)
			}
			return out
		}
		for i := range 8 {
			ours("osd-put", objects, fmt.Sprint("object-", i), "-")
		}
		compare := func() {
			t.Helper()
			theirs, err := c.Exec(deadline(t), "rados", "-p", objects, "ls")
			if err != nil {
				t.Fatal(err)
			}
			want, got := strings.Fields(string(theirs)), strings.Fields(ours("osd-ls", objects))
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || len(got) == 0 {
				t.Errorf("we list %v, rados lists %v", got, want)
			}
		}
		compare()
		ours("osd-rm", objects, "object-3", "object-5")
		compare()
		if out := ours("osd-stat", objects, "object-1", "--json"); !strings.Contains(out,
			`"size":7,`) {
			t.Errorf("osd-stat says %s", out)
		}
	})
}

// Errors say what is wrong, and soon.
func TestCommandErrors(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		key := filepath.Join(t.TempDir(), "keyring")
		wrong := "[client.admin]\nkey = " +
			"AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==\n[client.nobody]\nkey = " +
			"AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==\n"
		if err := os.WriteFile(key, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		noKeyring := filepath.Join(t.TempDir(), "ceph.conf")
		if err := os.WriteFile(noKeyring, []byte("[global]\nkeyring = /nowhere/keyring\n"),
			0o600); err != nil {
			t.Fatal(err)
		}
		mon, osd := c.Mons[0].Addr.String(), c.OSDs[0].Addr.String()
		for args, want := range map[string]string{
			"status --conf /does/not/exist": "no such file",
			"status --conf " + noKeyring + " --mon-host " +
				mon: "the monitors want cephx, and no keyring " +
				"was found at /nowhere/keyring",
			"status --keyring /does/not/exist --conf " +
				c.Conf: "no keyring found at /does/not/exist",
			"status --name client.x --conf " +
				c.Conf: "has no key for client.x, " +
				"only for ",
			"status --keyring " + key + " --conf " +
				c.Conf: "do not know that name, or the key " +
				"in " + key + " is wrong",
			"status --name client.nobody --keyring " + key + " --conf " + noKeyring + " -m " +
				mon: "do not know that name, or the key in " + key + " is wrong",
			"status --keyring " + c.Keyring + " --mon-host " +
				osd: "somebody else answers",
			"status --keyring " + c.Keyring +
				" --mon-host 127.0.0.1:1 -W1s": "connection refused: nobody " +
				"listens there",
			"ping osd.77 --conf " + c.Conf: "no osd.77 in osdmap",
			"ping mds.a --conf " + c.Conf:  "neither an address nor a daemon",
			"ping mon.q --conf " + c.Conf:  "no mon.q in the monmap, which has mon.a",
			"ping --peer osd.0 " + osd:     "BADAUTHORIZER",
			"osd-get " + pool + " nothing --conf " +
				c.Conf: "object nothing: no such object " +
				"(ENOENT)",
			"osd-rm " + pool + " nothing --conf " + c.Conf: "object nothing: no such object",
			"osd-ls nothing --conf " + c.Conf:              "pool nothing does not exist",
			"osd-get nothing nothing --conf " +
				c.Conf: "pool nothing does not exist",
		} {
			out, err := simplemsgrCommand(t, nil, strings.Fields(args)...)
			if err == nil || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), "exit status 1") {
				t.Errorf("%s: %v\n%s\nwant %q", args, err, out, want)
			}
		}
	})
}
