package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/internal/test/realpeer"
	"simplemessenger/monclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	uuid   = "0ff218da-a3f2-4686-952f-05571746d813"
	groups = 3 // not a power of two: their borders are harder to get right
)

// prepare makes osd.0 and a pool known to a cluster without osds.
func prepare(ctx context.Context, t *testing.T, c *realpeer.Cluster) {
	t.Helper()
	config, err := monclient.LoadConf(ctx, c.Conf, "client.admin")
	if err != nil {
		t.Fatal(err)
	}
	admin, err := monclient.Dial(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	var key []byte
	for _, command := range []string{
		`{"prefix": "osd new", "uuid": "` + uuid + `"}`,
		`{"prefix": "osd crush add", "id": 0, "weight": 1.0, "args": ["root=default", "host=h"]}`,
		fmt.Sprintf(`{"prefix": "osd pool create", "pool": "data", "pg_num": %d}`, groups),
		`{"prefix": "auth get-or-create", "entity": "osd.0", "caps": ["mon", "allow profile osd",
			"osd", "allow *"]}`,
	} {
		if key, _, err = admin.Command(ctx, []byte(command), nil); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	keyring, err := os.OpenFile(c.Keyring, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer keyring.Close()
	if _, err := keyring.Write(key); err != nil {
		t.Fatal(err)
	}
}

// The rados command of a real cluster writes, reads, lists and removes objects of the osd.
func TestRealClientsUseTheOSD(t *testing.T) {
	c := realpeer.Start(t, realpeer.Options{Release: realpeer.Pacific, Auth: realpeer.AuthCephx})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	prepare(ctx, t, c)

	life, end := context.WithCancel(ctx)
	says, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(life, []string{c.Conf, "osd.0", uuid}, stdout)
		stdout.Close()
	}()
	var address string
	if _, err := fmt.Fscanf(says, "osd.0 is up at %s\n", &address); err != nil {
		t.Fatalf("%v: %v", err, <-ended)
	}
	go io.Copy(io.Discard, says) // whatever else there may be to say

	rados := func(args ...string) string {
		out, err := c.Exec(ctx, append([]string{"rados", "-p", "data"}, args...)...)
		if err != nil {
			t.Errorf("rados %q: %v", args, err)
		}
		return string(out)
	}
	large := bytes.Repeat([]byte("0123456789"), 1<<19) // more than rados writes at once
	for name, content := range map[string][]byte{"small": []byte("hello\n"), "large": large,
		"empty": nil} {
		if err := os.WriteFile(filepath.Join(c.Dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		rados("put", name, name)
		rados("get", name, name+".back")
		back, err := os.ReadFile(filepath.Join(c.Dir, name+".back"))
		if err != nil || !bytes.Equal(back, content) {
			t.Errorf("%s: %d bytes came back, %v; want %d", name, len(back), err, len(content))
		}
		size := fmt.Sprintf("size %d\n", len(content))
		if stat := rados("stat", name); !strings.HasSuffix(stat, size) {
			t.Errorf("%s: stat says %s", name, stat)
		}
	}
	if got := strings.Fields(rados("ls")); len(got) != 3 {
		t.Errorf("ls says %q", got)
	}
	rados("rm", "large")
	if _, err := c.Exec(ctx, "rados", "-p", "data", "stat", "large"); err == nil ||
		!strings.Contains(err.Error(), "No such file") {
		t.Errorf("stat of what was removed: %v", err)
	}
	if got := rados("ls"); strings.Contains(got, "large") {
		t.Errorf("ls says %q after rm", got)
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestMistakesAreTold(t *testing.T) {
	for want, args := range map[string][]string{
		"usage":               nil,
		"not the name of an":  {"ceph.conf", "client.admin", uuid},
		"is not a UUID":       {"ceph.conf", "osd.0", "0"},
		"/nowhere/ceph.conf":  {"/nowhere/ceph.conf", "osd.0", uuid},
		"not the name of an ": {"ceph.conf", "osd.x", uuid},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("run(%q): %v, want %q", args, err, want)
		}
	}
}
