package realpeertest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/monclient/montest"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// ourMonitor is a monitor made of our messenger, and what was said to it.
type ourMonitor struct {
	conf    string // a ceph.conf, within the cluster's folder, that leads to it
	records trace.Recorder

	mu       sync.Mutex
	received []*simplemsgr.Message
	mon      *montest.Monitor
}

// Dispatch keeps what comes before it is answered.
func (o *ourMonitor) Dispatch(m *simplemsgr.Message) bool {
	o.mu.Lock()
	o.received = append(o.received, m)
	o.mu.Unlock()
	return o.mon.Dispatch(m)
}

// descriptions make the ceph command know our commands.
const descriptions = `{"cmd000": {"sig": ["greet", {"name": "who", "type": "CephString"}], "help": "say hello", "module": "mon", "perm": "r", "flags": 0, "avail": "cli,rest"}}`

func answer(args, _ []byte) ([]byte, string, messages.Errno) {
	var command struct{ Prefix, Who string }
	switch err := json.Unmarshal(args, &command); {
	case err != nil:
		return nil, err.Error(), messages.EINVAL
	case command.Prefix == "get_command_descriptions":
		return []byte(descriptions), "", 0
	case command.Prefix == "greet" && command.Who != "nobody":
		return []byte("hello " + command.Who), "greeted", 0
	}
	return nil, "nobody there", messages.ENOENT
}

// startMonitor starts one for the command line of c. Without an authority it takes everybody.
func startMonitor(t *testing.T, c *realpeer.Cluster, authority *cephx.Authority) *ourMonitor {
	t.Helper()
	o := new(ourMonitor)
	config := simplemsgr.Config{Engine: engines.New, ZeroNonce: true,
		AuthServer: none.Server{AcceptUnknown: none.ExceptMonitors}}
	config.Pipe.Tracer = &o.records
	m := simplemsgr.New(wire.Mon(0), config)
	m.SetDefaultPolicy(simplemsgr.StatelessServer())
	m.AddDispatcher(o)
	o.mon = montest.NewMonitor(montest.MonitorConfig{Name: "a", Authority: authority,
		Command: answer,
		MonMap: func() *messages.MonMap {
			return &messages.MonMap{FSID: messages.UUID{0xc1}, Epoch: 1, MinMonRelease: 14,
				Monitors: []messages.Monitor{{Name: "a", Addrs: wire.AddrVec{m.Addr()}}}}
		}})
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()) })

	theirs, err := os.ReadFile(c.Conf)
	if err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(`(?m)^mon_host = .*$`).ReplaceAll(theirs,
		[]byte("mon_host = v1:"+m.Addr().AddrPort().String()))
	o.conf = strings.ReplaceAll(t.Name(), "/", "-") + ".conf"
	if err := os.WriteFile(filepath.Join(c.Dir, o.conf), ours, 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

// ceph runs the real command against our monitor.
func (o *ourMonitor) ceph(t *testing.T, c *realpeer.Cluster, args ...string) (string, error) {
	t.Helper()
	out, err := c.Exec(deadline(t),
		append([]string{"ceph", "-c", o.conf, "--connect-timeout", "20"}, args...)...)
	return strings.TrimSpace(string(out)), err
}

// fronts returns the front parts of the received messages of one type.
func (o *ourMonitor) fronts(typ messages.Type) (fronts [][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.received {
		if messages.Type(m.Type) == typ {
			fronts = append(fronts, m.Front)
		}
	}
	return fronts
}

// check looks whether the real command's conversation with us was as it should be.
func (o *ourMonitor) check(t *testing.T, method uint32) {
	t.Helper()
	known := false // "ceph ping" does not say who asks
	for _, front := range o.fronts(messages.TypeAuth) {
		var m messages.Auth
		if err := m.Decode(messages.AuthVersion, front); err != nil {
			t.Fatal(err)
		}
		if m.Protocol != wire.AuthUnknown {
			continue // not the first one of a login
		}
		initial, err := auth.DecodeInitialRequest(m.Payload)
		if err != nil || !slices.Contains(initial.Protocols, method) {
			t.Errorf("login %+v, %v", initial, err)
		}
		known = known || initial.Name.String() == "client.admin"
	}
	if !known {
		t.Errorf("no login of client.admin among %d MAuth", len(o.fronts(messages.TypeAuth)))
	}
	for _, front := range o.fronts(messages.TypeMonSubscribe) {
		var m messages.MonSubscribe
		if err := m.Decode(messages.MonSubscribeVersion, front); err != nil || len(m.What) == 0 {
			t.Errorf("subscription %+v, %v", m, err)
		}
	}
	for _, e := range trace.Of[trace.Faulted](o.records.Records()) {
		if !strings.Contains(e.Err.Error(), "EOF") && !strings.Contains(e.Err.Error(),
			"reset by peer") {
			t.Errorf("fault: %v", e.Err) // other than that the command has ended
		}
	}
}

// The real ceph command finds nothing strange about our monitor.
func TestRealCommandLine(t *testing.T) {
	onEach(t, realpeer.AuthNone, func(t *testing.T, c *realpeer.Cluster) {
		o := startMonitor(t, c, nil)
		o.converse(t, c)
		o.check(t, wire.AuthNone)
	})
}

// The same with cephx: the command logs in with its key, to our authority.
func TestRealCommandLineWithCephx(t *testing.T) {
	onEach(t, realpeer.AuthCephx, func(t *testing.T, c *realpeer.Cluster) {
		keyring, err := cephx.LoadKeyring(c.Keyring)
		if err != nil {
			t.Fatal(err)
		}
		authority, err := cephx.NewAuthority(cephx.AuthorityConfig{Keyring: keyring})
		if err != nil {
			t.Fatal(err)
		}
		o := startMonitor(t, c, authority)
		o.converse(t, c)
		o.check(t, wire.AuthCephx)
	})
}

// And our authority does not know a stranger.
func TestRealCommandLineWithWrongKey(t *testing.T) {
	onEach(t, realpeer.AuthCephx, func(t *testing.T, c *realpeer.Cluster) {
		others := "[client.admin]\nkey = AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==\ncaps mon = " +
			"\"allow *\"\n"
		keyring, err := cephx.ParseKeyring(bytes.NewReader([]byte(others)), "others")
		if err != nil {
			t.Fatal(err)
		}
		authority, err := cephx.NewAuthority(cephx.AuthorityConfig{Keyring: keyring})
		if err != nil {
			t.Fatal(err)
		}
		o := startMonitor(t, c, authority)
		out, err := o.ceph(t, c, "greet", "world")
		if err == nil {
			t.Errorf("greet said %q", out)
		}
		if !strings.Contains(err.Error(), "error connecting to the cluster") {
			t.Error(err)
		}
		if n := len(o.fronts(messages.TypeMonCommand)); n != 0 {
			t.Errorf("%d commands came", n)
		}
	})
}

func (o *ourMonitor) converse(t *testing.T, c *realpeer.Cluster) {
	t.Helper()
	if out, err := o.ceph(t, c, "ping", "mon.a"); err != nil ||
		!strings.Contains(out, "HEALTH_OK") || !strings.Contains(out, "leader") {
		t.Errorf("ping: %q, %v", out, err)
	}
	if out, err := o.ceph(t, c, "greet", "world"); err != nil || out != "hello world" {
		t.Errorf("greet: %q, %v", out, err)
	}
	if out, err := o.ceph(t, c, "greet",
		"nobody"); err == nil || !strings.Contains(err.Error(), "Error ENOENT: nobody there") {
		t.Errorf("greet nobody: %q, %v", out, err)
	}
}
