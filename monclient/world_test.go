package monclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/monclient/montest"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a network with monitors that share an authority, in virtual time.
type world struct {
	t         *testing.T
	net       *memnet.Network
	keyring   *cephx.Keyring
	authority *cephx.Authority
	fsid      messages.UUID

	mu     sync.Mutex
	monMap messages.MonMap
	maps   *montest.Maps
	// ackInterval is in how many seconds subscriptions have to be renewed; 0 for never.
	ackInterval uint32
	monitors    map[string]*simplemsgr.Messenger
	commands    []string // as "a: text", in the order of their arrival
	hold        map[string]bool
	servers     []*simplemsgr.Messenger
	records     trace.Recorder // of the monitors
}

// in runs a script in a world with monitors of these names.
func in(t *testing.T, names []string, script func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: memnet.New(memnet.Config{Seed: 1, MinLatency: time.Millisecond,
			MaxLatency: 2 * time.Millisecond}),
			keyring: &cephx.Keyring{}, fsid: messages.UUID{1, 2, 3},
			monitors: map[string]*simplemsgr.Messenger{}, hold: map[string]bool{}}
		for _, name := range []string{"mon.", "osd.0", "client.admin", "client.x"} {
			w.addKey(name)
		}
		w.newAuthority(cephx.AuthorityConfig{})
		w.maps = montest.NewMaps(w.fsid)
		w.setMonMap(1, names...)
		defer w.end()
		for _, name := range names {
			w.startMonitor(name)
		}
		script(t, w)
	})
}

func (w *world) end() {
	for _, m := range w.monitors {
		w.shutdown(m)
	}
	for _, m := range w.servers {
		w.shutdown(m)
	}
	w.net.Close()
}

func (w *world) shutdown(m *simplemsgr.Messenger) {
	w.t.Helper()
	dropped := new(simplemsgr.DroppedError) // as a monitor does that dies
	if err := m.Shutdown(w.t.Context()); err != nil && !errors.As(err, &dropped) {
		w.t.Error(err)
	}
}

func (w *world) addKey(name string) cephx.CryptoKey {
	w.t.Helper()
	key, err := cephx.GenerateKey(nil, time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	w.keyring.Set(w.name(name), cephx.KeyringEntry{Key: key,
		Caps: map[string]string{"mon": "allow *", "osd": "allow *"}})
	return key
}

func (w *world) name(s string) auth.EntityName {
	w.t.Helper()
	n, err := auth.ParseEntityName(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) newAuthority(config cephx.AuthorityConfig) {
	w.t.Helper()
	config.Keyring = w.keyring
	var err error
	if w.authority, err = cephx.NewAuthority(config); err != nil {
		w.t.Fatal(err)
	}
}

func ip(name string) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, name[0] - 'a' + 1}) }

func addr(name string) wire.EntityAddr {
	return wire.NewEntityAddr(netip.AddrPortFrom(ip(name), 6789), 0)
}

func (w *world) host(name string) *memnet.Host { return w.net.Host(ip(name).String()) }

func (w *world) setMonMap(epoch uint32, names ...string) {
	m := messages.MonMap{FSID: w.fsid, Epoch: epoch, MinMonRelease: 14}
	for _, name := range names {
		m.Monitors = append(m.Monitors, messages.Monitor{Name: name,
			Addrs: wire.AddrVec{addr(name)}})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.monMap = m
}

// startMonitor starts a monitor that keeps what clients ask, and answers with it, unless it holds.
func (w *world) startMonitor(name string) {
	mon := montest.NewMonitor(montest.MonitorConfig{Name: name, Maps: w.maps,
		AckInterval: w.ackInterval, Authority: w.authority,
		MonMap: func() *messages.MonMap {
			w.mu.Lock()
			defer w.mu.Unlock()
			m := w.monMap
			return &m
		},
		Command: func(args, input []byte) ([]byte, string, messages.Errno) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.commands = append(w.commands, name+": "+string(args))
			if string(args) == "bad" {
				return nil, "no such command", messages.EINVAL
			}
			return append([]byte(name+" did "), args...), "done with " + string(input), 0
		}})
	w.startServer(wire.Mon(0), addr(name).AddrPort(),
		none.Server{AcceptUnknown: none.ExceptMonitors}, dispatcher{w, name, mon}, name)
}

// dispatcher keeps commands away from a monitor that holds.
type dispatcher struct {
	w    *world
	name string
	mon  *montest.Monitor
}

func (d dispatcher) Dispatch(m *simplemsgr.Message) bool {
	d.w.mu.Lock()
	hold := d.w.hold[d.name] && messages.Type(m.Type) == messages.TypeMonCommand
	d.w.mu.Unlock()
	return hold || d.mon.Dispatch(m)
}

func (w *world) setHold(name string, hold bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold[name] = hold
}

// startServer starts a messenger that listens; with a name it is a monitor.
func (w *world) startServer(entity wire.EntityName, at netip.AddrPort, server auth.Server,
	d simplemsgr.Dispatcher, name string) *simplemsgr.Messenger {
	w.t.Helper()
	host := w.net.Host(at.Addr().String())
	config := simplemsgr.Config{Engine: engines.New, ZeroNonce: true, AuthServer: server,
		Dial:     host.Dial,
		Accepter: accepter.Config{Listen: host.Listen}}
	config.Pipe.Tracer = &w.records
	m := simplemsgr.New(entity, config)
	m.SetDefaultPolicy(simplemsgr.StatelessServer())
	m.AddDispatcher(d)
	if err := m.Bind(w.t.Context(), at.String()); err != nil {
		w.t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		w.t.Fatal(err)
	}
	if name != "" {
		w.monitors[name] = m
	} else {
		w.servers = append(w.servers, m)
	}
	return m
}

// kill ends a monitor.
func (w *world) kill(name string) {
	w.t.Helper()
	synctest.Wait() // what it has said is said
	w.shutdown(w.monitors[name])
	delete(w.monitors, name)
}

// config is that of client.admin, who knows the monitors of these names.
func (w *world) config(names ...string) monclient.Config {
	w.t.Helper()
	entry, err := w.keyring.Lookup(w.name("client.admin"))
	if err != nil {
		w.t.Fatal(err)
	}
	c := monclient.Config{Name: w.name("client.admin"), Key: entry.Key, Services: wire.EntityOSD |
		wire.EntityMgr}
	for _, name := range names {
		c.Monitors = append(c.Monitors, addr(name))
	}
	c.Messenger.Dial = w.net.Host("10.0.1.1").Dial
	return c
}

// dial logs in, and out at the end of the test.
func (w *world) dial(config monclient.Config) *monclient.Client {
	w.t.Helper()
	c, err := monclient.Dial(w.t.Context(), config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.close(c) })
	return c
}

func (w *world) close(c *monclient.Client) {
	w.t.Helper()
	if err := c.Close(context.Background()); err != nil {
		w.t.Error(err)
	}
}

// monitorOf returns the name of the monitor that c talks to.
func (w *world) monitorOf(c *monclient.Client) string {
	return string(rune('a' + c.Monitor().Addr.IP.As4()[3] - 1))
}

func (w *world) commandsSoFar() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.commands...)
}

func args(prefix string) []byte {
	b, err := json.Marshal(map[string]string{"prefix": prefix})
	if err != nil {
		panic(err)
	}
	return b
}

// shuffled returns a random order, for tests that must hold in any.
func shuffled(names ...string) []string {
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}
