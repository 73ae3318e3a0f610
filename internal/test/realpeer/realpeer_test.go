package realpeer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// asksForChild makes the test binary start a cluster and wait to be killed.
const asksForChild = "REALPEER_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asksForChild) != "" {
		c, err := start(Options{Release: Nautilus})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(c.Dir)
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := StopShared(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
	}))
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestMonSpeaksV1WithTheMessengerOfItsRelease(t *testing.T) {
	onTwo(t, func(t *testing.T, release string) {
		t.Parallel()
		// The words that only one of the two messengers writes into its log.
		writes, never := "--1-", "pipe(0x"
		if release == Nautilus {
			writes, never = never, writes
		}
		peer := Start(t, Options{Release: release, Set: map[string]string{"debug_ms": "20"}})
		conn, err := net.Dial("tcp", peer.Mons[0].Addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		banner := make([]byte, len("ceph v027"))
		if _, err := io.ReadFull(conn, banner); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("ceph v027", string(banner)); diff != "" {
			t.Errorf("banner (-want +got):\n%s", diff)
		}
		if err := peer.AwaitLog(deadline(t), "mon.a", writes); err != nil {
			t.Error(err)
		}
		log, err := peer.Log("mon.a")
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(log, []byte(never)) {
			t.Errorf("the log of mon.a has %q", never)
		}
	})
}

// A cluster with everything stores an object, before and after an OSD is killed.
func TestOSDsStoreObjects(t *testing.T) {
	onTwo(t, func(t *testing.T, release string) {
		t.Parallel()
		peer := Start(t, Options{Release: release, Auth: AuthCephx, OSDs: 2, Mgr: true})
		ctx := deadline(t)
		if _, err := peer.Exec(ctx, "ceph", "osd", "pool", "create", "data", "4"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(peer.Dir+"/object", []byte("once"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Exec(ctx, "rados", "-p", "data", "put", "object", "object"); err != nil {
			t.Fatal(err)
		}

		before := peer.OSDs[1]
		if err := peer.Kill("osd.1", "KILL"); err != nil {
			t.Fatal(err)
		}
		if running, err := peer.Running("osd.1"); err != nil || running {
			t.Errorf("Running(osd.1) after KILL = %v, %v", running, err)
		}
		if err := peer.Restart("osd.1"); err != nil {
			t.Fatal(err)
		}
		if running, err := peer.Running("osd.1"); err != nil || !running {
			t.Errorf("Running(osd.1) after Restart = %v, %v", running, err)
		}
		after := peer.OSDs[1]
		if after.Addr != before.Addr || after.PID == before.PID {
			t.Errorf("osd.1 was %v, is %v after Restart; want the address of before and another "+
				"pid", before, after)
		}
		if after.Nonce == before.Nonce {
			t.Errorf("osd.1 has the nonce %d of the process before", after.Nonce)
		}

		got, err := peer.Exec(ctx, "rados", "-p", "data", "get", "object", "-")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("once", string(got)); diff != "" {
			t.Errorf("object (-want +got):\n%s", diff)
		}
	})
}

func TestMonsFormAQuorum(t *testing.T) {
	onTwo(t, func(t *testing.T, release string) {
		t.Parallel()
		peer := Start(t, Options{Release: release, Mons: 3})
		out, err := peer.Exec(deadline(t), "ceph", "quorum_status")
		if err != nil {
			t.Fatal(err)
		}
		var status struct {
			Names []string `json:"quorum_names"`
		}
		if err := json.Unmarshal(out, &status); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "b", "c"}, status.Names); diff != "" {
			t.Errorf("quorum (-want +got):\n%s", diff)
		}
	})
}

func TestSharedIsStartedOnce(t *testing.T) {
	first := Shared(t, Options{Release: Nautilus, Auth: AuthNone})
	if again := Shared(t, Options{Release: Nautilus, Mons: 1}); again != first {
		t.Errorf("Shared gave %s, then %s for the same cluster", first.Dir, again.Dir)
	}
	if other := Shared(t, Options{Release: Nautilus, Auth: AuthCephx}); other == first {
		t.Error("Shared gave one cluster for two kinds of options")
	}
}

func TestClustersAtOnceAreApart(t *testing.T) {
	releases := Releases(t)
	clusters := make([]*Cluster, 4)
	t.Run("start", func(t *testing.T) {
		for i := range clusters {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				clusters[i] = Start(t, Options{Release: releases[i%len(releases)]})
			})
		}
	})
	ports := make(map[string]bool)
	for _, c := range clusters {
		if c == nil {
			t.Skip("no clusters")
		}
		ports[c.Mons[0].Addr.String()] = true
		if _, err := os.Stat(c.Dir); !os.IsNotExist(err) {
			t.Errorf("%s is left after the end of its test (%v)", c.Dir, err)
		}
		if conn, err := net.Dial("tcp", c.Mons[0].Addr.String()); err == nil {
			conn.Close()
			t.Errorf("%s still listens after the end of its test", c.Mons[0].Addr)
		}
	}
	if len(ports) != len(clusters) {
		t.Errorf("%d clusters at once had %d addresses", len(clusters), len(ports))
	}
}

func TestClusterEndsWithItsTestBinary(t *testing.T) {
	Shared(t, Options{Release: Nautilus}) // skips where there is none
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), asksForChild+"=1")
	child.Stderr = os.Stderr
	if _, err := child.StdinPipe(); err != nil { // keeps it waiting
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Error(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()

	ctx := deadline(t)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for dir = strings.TrimSpace(dir); ; {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s is left although its test binary was killed", dir)
		}
	}
}

func TestExecTellsWhatTheCommandSays(t *testing.T) {
	peer := Shared(t, Options{Release: Nautilus})
	_, err := peer.Exec(deadline(t), "ceph", "no", "such", "command")
	if err == nil || !strings.Contains(err.Error(), "no valid command found") {
		t.Errorf("Exec of a wrong command: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := peer.Exec(ended, "sleep", "60"); err == nil {
		t.Error("Exec with an ended context: no error")
	}
}

// verdict is a testing.TB that keeps what a test was ended with.
type verdict struct {
	testing.TB
	skipped, fatal string
}

func (v *verdict) Helper() {}
func (v *verdict) Skipf(format string, a ...any) {
	v.skipped = fmt.Sprintf(format, a...)
	runtime.Goexit()
}
func (v *verdict) Fatalf(format string, a ...any) {
	v.fatal = fmt.Sprintf(format, a...)
	runtime.Goexit()
}

// A release that is not there is named, and skipped or failed; one that Debian no longer has is
// skipped in any case.
func TestWithoutPeersATestIsSkippedOrFails(t *testing.T) {
	cache := t.TempDir() // nothing is installed there
	t.Setenv("REAL_PEER_CACHE", cache)
	ask := func(release string) (v verdict) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			Start(&v, Options{Release: release})
		}()
		<-done
		return v
	}
	unavailable := func(release string) string {
		return "cannot be had here: Ceph " + release + " is not installed"
	}
	if os.Geteuid() != 0 {
		unavailable = func(string) string { return "cannot be had here: " }
	}

	for _, release := range Releases(t) {
		t.Setenv("REQUIRE_REAL_PEERS", "")
		if v := ask(release); !strings.HasPrefix(v.skipped,
			"REAL PEER SKIPPED: "+unavailable(release)) || v.fatal != "" {
			t.Errorf("skipped with %q, failed with %q", v.skipped, v.fatal)
		}
		t.Setenv("REQUIRE_REAL_PEERS", "1")
		if v := ask(release); !strings.HasPrefix(v.fatal,
			"REAL PEER REQUIRED: "+unavailable(release)) || v.skipped != "" {
			t.Errorf("skipped with %q, failed with %q", v.skipped, v.fatal)
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := os.WriteFile(cache+"/ceph-14.2.gone", []byte("bullseye has Ceph 99\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	want := "REAL PEER SKIPPED: cannot be had any more: Ceph 14.2: bullseye has Ceph 99"
	if v := ask(Nautilus); v.skipped != want || v.fatal != "" {
		t.Errorf("skipped with %q, failed with %q, want %q", v.skipped, v.fatal, want)
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		log   string
		lines int
		want  string
	}{
		{"", 2, ""},
		{"a\n", 2, "a\n"},
		{"a\nb\nc\n", 2, "b\nc\n"},
		{"a\nb\nc", 2, "b\nc"},
		{"a\nb", 2, "a\nb"},
	} {
		if got := string(tail([]byte(c.log), c.lines)); got != c.want {
			t.Errorf("tail(%q, %d) = %q, want %q", c.log, c.lines, got, c.want)
		}
	}
}

// onTwo runs a test of the script itself for the oldest release and the newest: what differs
// between them is what differs at all.
func onTwo(t *testing.T, test func(t *testing.T, release string)) {
	t.Helper()
	releases := Releases(t)
	for _, release := range slices.Compact([]string{releases[0], releases[len(releases)-1]}) {
		t.Run(release, func(t *testing.T) { test(t, release) })
	}
}
