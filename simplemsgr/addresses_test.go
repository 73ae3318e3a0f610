package simplemsgr_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Addresses that differ in their type alone are those of one peer: one handle, one session, no
// reset.
func TestOnePeerWhateverTheTypeOfItsAddress(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeerReuse())
		client := node(t, n, wire.OSD(1), "10.0.0.2", simplemsgr.LosslessPeerReuse())
		sTold, cTold := newTold(), newTold()
		server.AddDispatcher(sTold)
		client.AddDispatcher(cTold)
		start(t, server, "10.0.0.1:6800")
		start(t, client, "10.0.0.2:6800")
		peer := server.Inst()
		handles := map[*simplemsgr.Connection]bool{}
		for range 2 { // the first round opens, the second would show whether sessions fight
			for _, typ := range []wire.AddrType{wire.AddrLegacy, wire.AddrAny, wire.AddrNone} {
				peer.Addr.Type = typ
				c := connect(t, client, peer)
				handles[c] = true
				if err := c.Send(&simplemsgr.Message{Type: 1}); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				if client.Lookup(peer.Addr) != c {
					t.Errorf("Lookup by an address of type %v", typ)
				}
			}
		}
		if told := sTold.take() + cTold.take(); len(handles) != 1 ||
			len(client.Dump().Pipes) != 1 || strings.Contains(told, "reset") {
			t.Errorf("%d handles, %d pipes, told %s", len(handles), len(client.Dump().Pipes), told)
		}
		own := client.Inst()
		own.Addr.Type = wire.AddrAny
		if !connect(t, client, own).IsLoopback() {
			t.Errorf("%v, our own address with another type, is not the loopback", own.Addr)
		}
		peer.Addr.Type = wire.AddrAny
		client.MarkDown(peer.Addr)
		if len(maps.Collect(client.Connections())) != 0 {
			t.Error("MarkDown by an address of another type")
		}
	})
}

// Bound to all addresses of the machine, each of them is our own.
func TestToOneOfOurOwnAddresses(t *testing.T) {
	got := make(chan string, 1)
	m := simplemsgr.New(wire.OSD(1), simplemsgr.Config{Engine: engines.New})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		got <- string(
			m.Front)
		return true
	}))
	if err := m.Bind(t.Context(), ":0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	hosts := []string{"127.0.0.1", "127.0.0.2"}
	if addrs, err := net.InterfaceAddrs(); err == nil {
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				hosts = append(hosts, p.Addr().String())
			}
		}
	}
	for _, host := range hosts {
		self := m.Inst()
		self.Addr.IP = netip.MustParseAddr(host)
		if err := m.Send(self, &simplemsgr.Message{Type: 100, Front: []byte(host)}); err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		select {
		case front := <-got:
			if front != host {
				t.Errorf("got %q instead of %q", front, host)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("what was sent to %v was not delivered", self.Addr)
		}
		for what, change := range map[string]func(*wire.EntityAddr){
			"port":  func(a *wire.EntityAddr) { a.Port++ },
			"nonce": func(a *wire.EntityAddr) { a.Nonce++ },
			"host":  func(a *wire.EntityAddr) { a.IP = netip.MustParseAddr("192.0.2.1") },
		} {
			other := self
			change(&other.Addr)
			if c, err := m.Connect(other); err != nil || c.IsLoopback() {
				t.Errorf("%v has another %s and is ours: %v", other.Addr, what, err)
			} else {
				c.MarkDown()
			}
		}
	}
}

func TestIncompleteAddresses(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient()), "")
		for _, text := range []string{"-", "0.0.0.0:6800/1", "[::]:6800/1", "10.0.0.1:0/1"} {
			addr, err := wire.ParseEntityAddr(text)
			if err != nil {
				t.Fatal(err)
			}
			peer := wire.EntityInst{Name: wire.OSD(0), Addr: addr}
			if _, err := m.Connect(peer); !errors.Is(err, simplemsgr.ErrNoAddress) {
				t.Errorf("connect to %v: %v", addr, err)
			}
			if err := m.Send(peer,
				new(simplemsgr.Message)); !errors.Is(err, simplemsgr.ErrNoAddress) {
				t.Errorf("send to %v: %v", addr, err)
			}
		}
	})
}

// A messenger behind another address than that of its socket says which.
func TestAnnounce(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		outside := netip.MustParseAddrPort("192.0.2.7:7000")
		server := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(),
			func(c *simplemsgr.Config) {
				c.Announce, c.DefaultPolicy = outside, nil
			}), "10.0.0.1:6800")
		if got := server.Addr().AddrPort(); got != outside {
			t.Errorf("announced %v", got)
		}
		if !connect(t, server, server.Inst()).IsLoopback() {
			t.Error("what we announce is not our own address")
		}
		inside := server.Inst()
		inside.Addr.IP, inside.Addr.Port = netip.MustParseAddr("10.0.0.1"), 6800
		if !connect(t, server, inside).IsLoopback() {
			t.Error("what we are bound to is not our own address")
		}
		// Who calls it by that address reaches it, by whatever way that is.
		client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
			func(c *simplemsgr.Config) {
				dial := c.Dial
				c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					if address != outside.String() {
						t.Errorf("called %s", address)
					}
					return dial(ctx, network, "10.0.0.1:6800")
				}
			}), "")
		c := connect(t, client, server.Inst())
		synctest.Wait()
		if !c.IsConnected() {
			t.Errorf("not connected: %s", client.Dump().JSON())
		}
	})
}

func TestDisableLearnAddr(t *testing.T) {
	for _, disable := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			server := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer()),
				"10.0.0.1:6800")
			client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
				func(c *simplemsgr.Config) {
					c.DisableLearnAddr = disable
				}), "")
			c := connect(t, client, server.Inst())
			synctest.Wait()
			if !c.IsConnected() || client.Addr().IsBlankIP() != disable {
				t.Errorf("disabled %v: connected %v, our address is %v", disable, c.IsConnected(),
					client.Addr())
			}
		})
	}
}

func TestResolveAddrs(t *testing.T) {
	text := func(all []wire.EntityAddr) (texts []string) {
		for _, a := range all {
			texts = append(texts, a.String())
		}
		return texts
	}
	for list, want := range map[string][]string{
		"127.0.0.1": {"127.0.0.1:6789/0"},
		"[v2:127.0.0.1:3300/0,v1:127.0.0.1:6790/0]": {"v2:127.0.0.1:3300/0",
			"127.0.0.1:6790/0"},
		"127.0.0.1:6789/, nothing.invalid:6789, [::1]:7": {"127.0.0.1:6789/0", "[::1]:7/0"},
		"127.0.0.1:0": {"127.0.0.1:0/0"},
	} {
		got, err := simplemsgr.ResolveAddrs(t.Context(), list, 6789)
		if diff := cmp.Diff(want, text(got)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", list, err, diff)
		}
	}
	got, err := simplemsgr.ResolveAddrs(t.Context(), "localhost:6789/5", 1)
	if err != nil || len(got) == 0 || !got[0].IP.IsLoopback() || got[0].Port != 6789 ||
		got[0].Nonce != 5 {
		t.Errorf("localhost: %v, %v", got, err)
	}
	for list, want := range map[string]string{
		"nothing.invalid": `host "nothing.invalid"`, "127.0.0.1,10.0.0.1:x": "10.0.0.1:x",
		"[fe80::1%nosuchif]:1": "nosuchif",
	} {
		if got, err := simplemsgr.ResolveAddrs(t.Context(), list,
			1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", list, got, err)
		}
	}
	if _, err := simplemsgr.ResolveAddr(t.Context(), "v2:127.0.0.1:3300",
		1); err == nil || !strings.Contains(err.Error(), "protocol v2") {
		t.Errorf("v2 alone: %v", err)
	}
}
