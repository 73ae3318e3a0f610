package realpeertest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"simplemessenger/internal/test/realpeer"
)

// Our command is no monitor here, it echoes. The real commands open sessions with it, log in, and
// get nothing; it takes all of that apart and stays well.
func TestRealCommandLineAtServe(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "simplemsgr")
	if out, err := exec.Command("go", "build", "-o", binary,
		"simplemessenger/cmd/simplemsgr").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	onEach(t, realpeer.AuthNone, func(t *testing.T, c *realpeer.Cluster) {
		serve := exec.CommandContext(deadline(t), binary, "serve", "--name", "mon.0", "--nonce",
			"0", "--trace")
		stdout, err := serve.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := serve.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		lines.Scan()
		addr, ok := strings.CutPrefix(lines.Text(), "listening on ")
		addr, ok2 := strings.CutSuffix(addr, "/0")
		if !ok || !ok2 {
			t.Fatalf("serve says %q", lines.Text())
		}
		theirs, err := os.ReadFile(c.Conf)
		if err != nil {
			t.Fatal(err)
		}
		ours := regexp.MustCompile(`(?m)^mon_host = .*$`).ReplaceAllString(string(theirs),
			"mon_host = v1:"+addr+"\nclient_mount_timeout = 1")
		if err := os.WriteFile(filepath.Join(c.Dir, "serve.conf"), []byte(ours),
			0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"ceph -c serve.conf --connect-timeout 1 status",
			"timeout 2 rados -c serve.conf lspools"} {
			if out, err := c.Exec(deadline(t), strings.Fields(command)...); err == nil {
				t.Errorf("%s said %q, although nobody answered", command, out)
			}
		}
		if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		var trace strings.Builder
		for lines.Scan() {
			trace.WriteString(lines.Text() + "\n")
		}
		if err := serve.Wait(); err != nil {
			t.Error(err)
		}
		for _, want := range []string{`← CONNECT .*client`, `MSG seq 1 MAuth from client\.\?`,
			`KEEPALIVE2`, `served: sessions opened [1-9]`} {
			if !regexp.MustCompile(want).MatchString(trace.String()) {
				t.Errorf("no %q in\n%s", want, trace.String())
			}
		}
	})
}
