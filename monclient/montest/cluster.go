package montest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// TB is what New needs of a *testing.T.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// Config says what cluster there is. The zero value is one of a single monitor, which lets in
// everybody.
type Config struct {
	// Monitors are their names; "a" alone without any.
	Monitors []string
	// Keyring has the keys of all who can log in, by cephx; see NewKeyring. nil lets everybody in,
	// by the method none.
	Keyring *cephx.Keyring
	// Command answers commands, one at a time for each monitor; nil knows none.
	Command CommandFunc
	// AckInterval is that of MonitorConfig.
	AckInterval uint32
	// Host says where a monitor listens and by which sockets; nil for a port of 127.0.0.1. It is
	// for networks in memory. What monitors have in common is filled in.
	Host func(monitor string) (bind string, config simplemsgr.Config)
}

// Cluster is a cluster that consists of monitors alone. Its methods may be called by many
// goroutines at once.
type Cluster struct {
	config    Config
	fsid      messages.UUID
	authority *cephx.Authority // nil with the method none
	maps      *Maps

	mu       sync.Mutex // guards what follows
	epoch    uint32
	addrs    map[string]wire.EntityAddr
	monitors map[string]*simplemsgr.Messenger // those that run
}

// New starts a cluster that ends with the test.
func New(t TB, config Config) *Cluster {
	t.Helper()
	c, err := Start(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Start starts a cluster. ctx bounds the start alone.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	if len(config.Monitors) == 0 {
		config.Monitors = []string{"a"}
	}
	c := &Cluster{config: config, fsid: messages.UUID{0: 0x7e, 1: 0x57}, epoch: 1,
		addrs: map[string]wire.EntityAddr{}, monitors: map[string]*simplemsgr.Messenger{}}
	c.maps = NewMaps(c.fsid)
	if config.Keyring != nil {
		var err error
		if c.authority, err = cephx.NewAuthority(cephx.AuthorityConfig{
			Keyring: config.Keyring}); err != nil {
			return nil, err
		}
	}
	for _, name := range config.Monitors {
		if err := c.start(ctx, name); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Close ends all monitors.
func (c *Cluster) Close() {
	for _, name := range c.config.Monitors {
		c.Stop(name)
	}
}

// Stop ends a monitor as its death would: without a word to its clients. It does nothing to one
// that does not run.
func (c *Cluster) Stop(name string) {
	c.mu.Lock()
	m := c.monitors[name]
	delete(c.monitors, name)
	c.mu.Unlock()
	if m != nil {
		_ = m.Shutdown(context.Background()) // waits for its own goroutines alone
	}
}

// Restart starts a monitor again, at its old address. It does nothing to one that runs.
func (c *Cluster) Restart(ctx context.Context, name string) error {
	c.mu.Lock()
	_, runs := c.monitors[name]
	c.mu.Unlock()
	if runs {
		return nil
	}
	return c.start(ctx, name)
}

func (c *Cluster) start(ctx context.Context, name string) error {
	rank := slices.Index(c.config.Monitors, name)
	if rank < 0 {
		return errors.Errorf("montest: there is no mon.%s", name)
	}
	bind, config := "127.0.0.1:0", simplemsgr.Config{}
	if c.config.Host != nil {
		bind, config = c.config.Host(name)
	}
	c.mu.Lock()
	if addr, ok := c.addrs[name]; ok {
		bind = addr.AddrPort().String()
	}
	c.mu.Unlock()
	policy := simplemsgr.StatelessServer()
	config.DefaultPolicy, config.Nonce, config.ZeroNonce = &policy, 0, true
	config.AuthServer = none.Server{AcceptUnknown: none.ExceptMonitors}
	m := simplemsgr.New(wire.Mon(int64(rank)), config)
	m.AddDispatcher(NewMonitor(MonitorConfig{Name: name, MonMap: c.MonMap, Maps: c.maps,
		Authority: c.authority, Command: c.config.Command, AckInterval: c.config.AckInterval}))
	if err := m.Bind(ctx, bind); err != nil {
		return errors.WithMessagef(err, "montest: mon.%s", name)
	}
	c.mu.Lock()
	c.addrs[name], c.monitors[name] = m.Addr(), m
	c.mu.Unlock()
	return m.Start()
}

// MonMap returns the map of the monitors, those that do not run included.
func (c *Cluster) MonMap() *messages.MonMap {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &messages.MonMap{FSID: c.fsid, Epoch: c.epoch, MinMonRelease: 16}
	for _, name := range c.config.Monitors {
		m.Monitors = append(m.Monitors, messages.Monitor{Name: name,
			Addrs: wire.AddrVec{c.addrs[name]}})
	}
	return m
}

// Maps returns what clients can subscribe to beside the map of the monitors.
func (c *Cluster) Maps() *Maps { return c.maps }

// Keyring returns the keys of those who can log in; nil with the method none.
func (c *Cluster) Keyring() *cephx.Keyring { return c.config.Keyring }

// Client returns the configuration with which somebody logs in here, such as "client.admin", and
// gets tickets for osds and managers. It panics if name is none or has no key.
func (c *Cluster) Client(name string) monclient.Config {
	entity, err := auth.ParseEntityName(name)
	if err != nil {
		panic(errors.WithMessage(err, "montest"))
	}
	config := monclient.Config{Name: entity, Services: wire.EntityOSD | wire.EntityMgr,
		HuntInterval: huntInterval}
	if c.config.Keyring != nil {
		entry, err := c.config.Keyring.Lookup(entity)
		if err != nil {
			panic(errors.WithMessage(err, "montest"))
		}
		config.Key = entry.Key
	}
	for _, mon := range c.MonMap().Monitors {
		config.Monitors = append(config.Monitors, mon.Addrs.Legacy())
	}
	return config
}

// huntInterval is so short since a test that stops a monitor does not want to wait.
const huntInterval = 200 * time.Millisecond

// NewKeyring returns a keyring with new keys, for these names, who may do everything, and for the
// monitors. It panics if one of them is no name.
func NewKeyring(names ...string) *cephx.Keyring {
	keyring := new(cephx.Keyring)
	for _, name := range append([]string{"mon."}, names...) {
		entity, err := auth.ParseEntityName(name)
		if err != nil {
			panic(errors.WithMessage(err, "montest"))
		}
		key, err := cephx.GenerateKey(nil, time.Now())
		if err != nil {
			panic(errors.WithMessage(err, "montest"))
		}
		keyring.Set(entity, cephx.KeyringEntry{Key: key, Caps: map[string]string{
			"mon": "allow *", "osd": "allow *", "mgr": "allow *", "mds": "allow *"}})
	}
	return keyring
}
