package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/messages"
	"simplemessenger/monclient/montest"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reader reads what tail prints.
type reader struct {
	t     *testing.T
	lines *bufio.Scanner
}

// await reads as many lines as it is told ends of, which come in any order.
func (r reader) await(ends ...string) {
	r.t.Helper()
	for range ends {
		if !r.lines.Scan() {
			r.t.Fatal("no more lines")
		}
		line, found := r.lines.Text(), false
		for _, end := range ends {
			found = found || strings.HasSuffix(line, end)
		}
		if !found {
			r.t.Errorf("tail says %q, want one of %q", line, ends)
		}
	}
}

func TestChangesAreTold(t *testing.T) {
	mons := montest.New(t, montest.Config{Monitors: []string{"a", "b"},
		Keyring: montest.NewKeyring("client.admin")})
	mons.Maps().SetOSDMap(&messages.OSDMap{FSID: mons.MonMap().FSID, Epoch: 7,
		OSDs:  []messages.OSDInfo{{State: messages.OSDExists | messages.OSDUp}},
		Pools: []messages.Pool{{ID: 1, Name: "data", PGNum: 4}}})
	ctx, stop := context.WithCancel(t.Context())
	says, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- tail(ctx, mons.Client("client.admin"), stdout)
		stdout.Close()
	}()
	tail := reader{t, bufio.NewScanner(says)}
	tail.await("mon.a has rank 0, at "+mons.MonMap().Monitors[0].Addrs.String(),
		"mon.b has rank 1, at "+mons.MonMap().Monitors[1].Addrs.String(),
		"osdmap 7: osd.0 is up at -", "osdmap 7: pool data has 4 groups")

	mons.Maps().SetMgrMap(&messages.MgrMap{Epoch: 2, ActiveName: "x", Available: true})
	tail.await("mgrmap 2: mgr.x is active")
	mons.Maps().Log(messages.LogEntry{Name: messages.NamedEntity{Type: wire.EntityMon, ID: "a"},
		Priority: messages.LogInfo, Text: "hello", Channel: "cluster"})
	tail.await("log: mon.a INF: hello")
	mons.Stop("a") // whoever tail talks to: it goes on
	if err := mons.Maps().ChangeOSDMap(&messages.OSDMapIncremental{Flags: -1, MaxOSD: -1,
		States: []messages.OSDStateChange{{OSD: 0, Bits: messages.OSDUp}}}); err != nil {
		t.Fatal(err)
	}
	tail.await("osdmap 8: osd.0 is down")

	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if tail.lines.Scan() {
		t.Errorf("tail says %q too", tail.lines.Text())
	}
}

func TestMistakesAreTold(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "ceph.conf")
	if err := run(t.Context(), []string{missing}, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	if err := run(t.Context(), []string{"a", "b", "c"}, io.Discard); err == nil {
		t.Error("three arguments were taken")
	}
}
