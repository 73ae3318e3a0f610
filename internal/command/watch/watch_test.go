package watch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/internal/command/watch"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/monclient/montest"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every change is a line, in words.
func TestRun(t *testing.T) {
	mons := montest.New(t, montest.Config{Monitors: []string{"a", "b"}})
	c, err := monclient.Dial(t.Context(), mons.Client("client.x"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	addr := func(s string) wire.AddrVec {
		a, err := wire.ParseEntityAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		return wire.AddrVec{a}
	}
	const up = messages.OSDExists | messages.OSDUp
	change := func(inc messages.OSDMapIncremental) func() {
		inc.MaxOSD = -1
		return func() {
			if err := mons.Maps().ChangeOSDMap(&inc); err != nil {
				t.Error(err)
			}
		}
	}
	steps := []struct {
		what string
		do   func()
		want []string
	}{
		{"osdmap", func() {
			mons.Maps().SetOSDMap(&messages.OSDMap{FSID: mons.MonMap().FSID, Epoch: 7,
				Flags: 1 << 15, OSDs: []messages.OSDInfo{
					{State: up, Weight: 1 << 16, Addrs: addr("10.0.0.1:6801/5")}, {}}})
		}, []string{"1 osds: 1 up, 1 in; 0 pools; sortbitwise"}},
		{"osdmap", change(messages.OSDMapIncremental{Flags: -1,
			Up:      []messages.OSDBooted{{OSD: 1, Addrs: addr("10.0.0.2:6801/6")}},
			Weights: []messages.OSDWeight{{OSD: 1, Weight: 1 << 15}},
			States:  []messages.OSDStateChange{{OSD: 0}},
			Pools:   []messages.Pool{{ID: 1, Size: 2, PGNum: 8}},
			Names:   []messages.PoolName{{ID: 1, Name: "data"}}}),
			[]string{"osd.0 is down", "osd.1 is new", "osd.1 is up at 10.0.0.2:6801/6",
				"osd.1 is in", "pool data (1) is new: size 2, 8 pgs"}},
		{"osdmap", change(messages.OSDMapIncremental{Flags: 1 << 7,
			Weights: []messages.OSDWeight{{OSD: 0}, {OSD: 1, Weight: 1 << 16}},
			Names:   []messages.PoolName{{ID: 1, Name: "more"}}}),
			[]string{"osd.0 is out", "osd.1 has weight 1.00", "pool data (1) is now more",
				"flags are noout"}},
		{"osdmap", change(messages.OSDMapIncremental{Flags: -1, OldPools: []int64{1},
			States: []messages.OSDStateChange{{OSD: 0, Bits: messages.OSDExists}}}),
			[]string{"osd.0 is gone", "pool more (1) is gone"}},
		{"osdmap", change(messages.OSDMapIncremental{Flags: -1}),
			[]string{"1 osds: 1 up, 1 in; 0 pools; noout"}},
		{"mgrmap", func() {
			mons.Maps().SetMgrMap(&messages.MgrMap{Epoch: 2, ActiveName: "x", Available: true,
				ActiveAddrs: addr("10.0.0.3:6800/7"), Standbys: []messages.MgrStandby{{Name: "y"}}})
		}, []string{"mgr.x is active at 10.0.0.3:6800/7, standbys y"}},
		{"log", func() {
			mons.Maps().Log(messages.LogEntry{Priority: messages.LogDebug, Text: "unheard"},
				messages.LogEntry{Priority: messages.LogError, Text: "trouble",
					Channel: "cluster",
					Name:    messages.NamedEntity{Type: wire.EntityMon, ID: "a"}})
		}, []string{"trouble"}},
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []string
	var lines strings.Builder
	step := -1
	next := func() {
		if step++; step < len(steps) {
			got = nil
			go steps[step].do()
		}
	}
	done := errors.New("done")
	err = watch.Run(ctx, c, monclient.LogInfo, func(e watch.Event) error {
		if e.What == "monmap" {
			if !strings.HasPrefix(e.Text, "mon.a at 127.0.0.1:") {
				t.Errorf("monmap: %s", e.Text)
			}
			next()
			return nil
		}
		got = append(got, e.Text)
		if len(got) < len(steps[step].want) {
			return nil
		}
		if !slices.Equal(got, steps[step].want) || e.What != steps[step].what {
			t.Errorf("%s: %q, want %q", e.What, got, steps[step].want)
		}
		if err := e.Print(&lines); err != nil {
			t.Error(err)
		}
		if next(); step == len(steps) {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) {
		t.Errorf("ended with %v at step %d, %q", err, step, got)
	}
	for _, want := range []string{"  osdmap 11: 1 osds", "  mgrmap 2: mgr.x",
		"  mon.a cluster [ERR] trouble\n"} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("no %q in\n%s", want, lines.String())
		}
	}
}

// The end of the context is how one stops watching; that of the client is an error.
func TestRunEnds(t *testing.T) {
	mons := montest.New(t, montest.Config{})
	c, err := monclient.Dial(t.Context(), mons.Client("client.x"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := watch.Run(ctx, c, monclient.LogInfo, func(watch.Event) error {
		cancel()
		return nil
	}); err != nil {
		t.Errorf("cancelled: %v", err)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if err := watch.Run(t.Context(), c, monclient.LogWarning,
		func(watch.Event) error { return nil }); err == nil {
		t.Error("a closed client was watched")
	}
}
