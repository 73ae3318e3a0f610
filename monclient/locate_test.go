package monclient_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/wire"
)

func TestLocate(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		const up = messages.OSDExists | messages.OSDUp
		v2 := wire.EntityAddr{Type: wire.AddrMsgr2, IP: ip("v"), Port: 6800}
		w.maps.SetOSDMap(&messages.OSDMap{FSID: w.fsid, Epoch: 7, OSDs: []messages.OSDInfo{
			{State: up, Addrs: wire.AddrVec{v2, addr("x")}},
			{State: messages.OSDExists, Addrs: wire.AddrVec{addr("y")}},
			{},
			{State: up, Addrs: wire.AddrVec{v2}},
		}})
		w.maps.SetMgrMap(&messages.MgrMap{Epoch: 1})
		c := w.dial(w.config("a"))
		for daemon, want := range map[string]wire.EntityInst{
			"mon":   c.Monitor(),
			"mon.b": {Name: wire.Mon(1), Addr: addr("b")},
			"mon.0": {Name: wire.Mon(0), Addr: addr("a")},
			"osd.0": {Name: wire.OSD(0), Addr: addr("x")},
		} {
			if got, err := c.Locate(t.Context(), daemon); got != want || err != nil {
				t.Errorf("%s is at %v, %v, want %v", daemon, got, err, want)
			}
		}
		for daemon, want := range map[string]string{
			"osd.1": "osd.1 in osdmap 7: no address", "osd.2": "no osd.2 in osdmap 7",
			"osd.4": "no osd.4", "osd.-1": "want a number", "osd.x": "want a number",
			"osd.3": "osd.3: no address for protocol v1",
			"mgr":   "no mgr is active", "mon.q": "has mon.a, mon.b", "mon.2": "has mon.a, mon.b",
			"mon.-1": "no mon.-1", "mds.a": "neither an address",
		} {
			_, err := c.Locate(t.Context(), daemon)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", daemon, err, want)
			}
			if none := daemon == "osd.1" || daemon == "osd.3"; none != errors.Is(err,
				monclient.ErrNoAddress) {
				t.Errorf("%s: %v", daemon, err)
			}
		}
		w.change() // osd.0 goes down
		w.maps.SetMgrMap(&messages.MgrMap{Epoch: 2, ActiveName: "x",
			ActiveAddrs: wire.AddrVec{addr("m")}})
		time.Sleep(time.Second)
		if _, err := c.Locate(t.Context(), "osd.0"); !errors.Is(err, monclient.ErrNoAddress) {
			t.Errorf("osd.0 is down: %v", err)
		}
		for _, daemon := range []string{"mgr", "mgr.x"} {
			got, err := c.Locate(t.Context(), daemon)
			if want := (wire.EntityInst{Name: wire.Mgr(wire.NumUnknown),
				Addr: addr("m")}); got != want || err != nil {
				t.Errorf("%s is at %v, %v", daemon, got, err)
			}
		}
		if _, err := c.Locate(t.Context(), "mgr.y"); err == nil {
			t.Error("mgr.y was found")
		}
	})
}

// Who asks for a map that does not come waits no longer than asked.
func TestLocateWithoutMap(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := c.Locate(ctx, "osd.0"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("no osdmap: %v", err)
		}
		time.AfterFunc(time.Minute, func() { _ = c.Close(context.Background()) })
		if _, err := c.OSDMap(t.Context()); !errors.Is(err, monclient.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		if _, err := c.MgrMap(t.Context()); !errors.Is(err, monclient.ErrClosed) {
			t.Errorf("after that: %v", err)
		}
	})
}

func TestLoadConf(t *testing.T) {
	t.Setenv("CEPH_ARGS", "")
	t.Setenv("CEPH_KEYRING", "")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keyring := write("keyring", "[client.x]\nkey = AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==\n")
	conf := write("ceph.conf", "[global]\nmon_host = v1:10.0.0.1:6789\nkeyring = "+keyring+"\n")
	c, err := monclient.LoadConf(t.Context(), conf, "client.x")
	if err != nil || c.Name.String() != "client.x" || c.Key.IsZero() || len(c.Monitors) != 1 ||
		c.Monitors[0] != addr("a") || c.Services&wire.EntityOSD == 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := monclient.LoadConf(t.Context(), conf, "client.y"); err == nil ||
		!strings.Contains(err.Error(), keyring+" has no key for client.y") {
		t.Errorf("no key: %v", err)
	}
	if _, err := monclient.LoadConf(t.Context(), write("bad", "[global\n"), ""); err == nil ||
		!strings.Contains(err.Error(), "bad:1: section without a closing bracket") {
		t.Errorf("bad file: %v", err)
	}
}
