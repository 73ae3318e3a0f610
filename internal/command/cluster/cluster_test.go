package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/monclient/cephconf"
	"simplemessenger/wire"
)

func TestParseMonHost(t *testing.T) {
	for value, want := range map[string]string{
		"10.0.0.1":                "10.0.0.1:6789/0",
		"10.0.0.1:6790, 10.0.0.2": "10.0.0.1:6790/0 10.0.0.2:6789/0",
		"10.0.0.1;10.0.0.2 10.0.0.3": "10.0.0.1:6789/0 10.0.0.2:6789/0 " +
			"10.0.0.3:6789/0",
		"v1:127.0.0.1:22658":                        "127.0.0.1:22658/0",
		"any:127.0.0.1:22658":                       "127.0.0.1:22658/0",
		"[fd00::1]":                                 "[fd00::1]:6789/0",
		"[fd00::1]:6790":                            "[fd00::1]:6790/0",
		"v1:[fd00::1]:6790/0":                       "[fd00::1]:6790/0",
		"[v1:10.0.0.1:6789/0]":                      "10.0.0.1:6789/0",
		"[v1:[fd00::1]:6789/0]":                     "[fd00::1]:6789/0",
		"[v2:[fd00::1]:3300/0,v1:[fd00::1]:6789/0]": "[fd00::1]:6789/0",
		"[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0],[v2:10.0.0.2:3300/0,v1:10.0.0.2:6790/0]": "10.0.0.1:6789/0 10.0.0.2:6790/0",
		"[v2:10.0.0.1:3300,v1:10.0.0.1:6789] " +
			"[v2:10.0.0.2:3300,v1:10.0.0.2:6789]": "10.0.0.1:6789/0 10.0.0.2:6789/0",
	} {
		addrs, err := cephconf.ParseMonHost(t.Context(), value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
		}
		got := strings.Trim(fmt.Sprint(addrs), "[]")
		if want := strings.Trim(want, "[]"); got != want {
			t.Errorf("%s is %s, want %s", value, got, want)
		}
	}
	addrs, err := cephconf.ParseMonHost(t.Context(), "localhost:1234")
	if err != nil || len(addrs) == 0 || !addrs[0].IP.IsLoopback() || addrs[0].Port != 1234 {
		t.Errorf("localhost:1234 is %v, %v", addrs, err)
	}
	for value, want := range map[string]string{
		"": "empty", " , ": "empty", "v2:10.0.0.1:3300": "protocol v2 only",
		"[fd00::1": "no closing bracket", "10.0.0.1:99999": "16 bits", "a host/1": "mon_host",
	} {
		if addrs, err := cephconf.ParseMonHost(t.Context(),
			value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %s", value, addrs, err, want)
		}
	}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const keyText = "AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig=="

func TestResolve(t *testing.T) {
	t.Setenv("CEPH_CONF", "")
	t.Setenv("CEPH_KEYRING", "")
	keyring := write(t, "keyring",
		"[client.admin]\nkey = "+keyText+"\n[client.x]\nkey = "+keyText+"\n[osd.1]\nkey = "+
			""+keyText+"\n")
	broken := write(t, "broken", "[client.admin]\nkey = nonsense\n")
	conf := func(lines string) cluster.Options {
		return cluster.Options{Conf: write(t, "ceph.conf", "[global]\nmon_host = 10.0.0.1\n"+lines)}
	}
	named := func(o cluster.Options, name string) cluster.Options {
		o.Name = name
		return o
	}
	both, cephxOnly, noneOnly := []uint32{wire.AuthCephx, wire.AuthNone}, []uint32{wire.AuthCephx},
		[]uint32{wire.AuthNone}

	for _, tc := range []struct {
		what    string
		options cluster.Options
		methods []uint32
		key     bool
		err     string
	}{
		{"keyring of the conf", conf("keyring = " + keyring), both, true, ""},
		{"the second keyring of the conf", conf("keyring = /nowhere, " + keyring), both, true, ""},
		{"no keyring anywhere", conf("keyring = /nowhere"), noneOnly, false, ""},
		{"no keyring, but it must be cephx",
			conf("keyring = /nowhere\nauth_client_required = cephx"), nil, false,
			"no keyring found at /nowhere"},
		{"key of the conf", conf("key = " + keyText), both, true, ""},
		{"bad key of the conf", conf("key = nonsense"), nil, false, "key of client.admin"},
		{"bad keyring", conf("keyring = " + broken), nil, false, broken + ":2"},
		{"cephx only", conf("keyring = " + keyring + "\nauth client required = cephx"), cephxOnly,
			true, ""},
		{"auth_supported rules", conf("keyring = " + keyring +
			"\nauth_client_required = cephx\nauth_supported = none"), noneOnly, false, ""},
		{"none", conf("keyring = " + keyring + "\nauth_client_required = none"), noneOnly, false,
			""},
		{"a method that is not known", conf("auth_client_required = gss"), nil, false,
			`method "gss" is not known`},
		{"a bool that is none", conf("cephx_sign_messages = perhaps"), nil, false,
			"cephx_sign_messages = perhaps"},
		{"a number that is none", conf("cephx_require_version = two"), nil, false,
			"cephx_require_version = two"},
		{"another name", named(conf("keyring = "+keyring), "client.x"), both, true, ""},
		{"a daemon", named(conf("keyring = "+keyring), "osd.1"), cephxOnly, true, ""},
		{"a name without a key", named(conf("keyring = "+keyring), "client.y"), nil, false,
			"has no key for client.y, only for "},
		{"a name that is none", named(conf(""), "admin"), nil, false, "want a type and an id"},
		{"no such conf", cluster.Options{Conf: "/nowhere/ceph.conf"}, nil, false, "no such file"},
		{"no monitors", cluster.Options{Conf: write(t, "ceph.conf", "[global]\n")}, nil, false,
			"has no mon_host"},
		{"bad monitors", cluster.Options{Conf: write(t, "ceph.conf",
			"[global]\nmon_host = v2:10.0.0.1:3300")}, nil, false, "protocol v2 only"},
	} {
		s, err := tc.options.Resolve(t.Context())
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %q", tc.what, err, tc.err)
			}
			continue
		}
		if err != nil || !slices.Equal(s.Methods, tc.methods) || s.Key.IsZero() == tc.key ||
			len(s.Monitors) != 1 {
			t.Errorf("%s: methods %v, key %v, monitors %v, %v", tc.what, s.Methods, s.Key,
				s.Monitors, err)
		}
	}
}

// What the command line says comes before ceph.conf, and the environment's keyring between them.
func TestResolvePrecedence(t *testing.T) {
	t.Setenv("CEPH_CONF", write(t, "ceph.conf",
		"[global]\nmon_host = 10.0.0.1\nkeyring = /conf\nauth_client_required = cephx\n"))
	t.Setenv("CEPH_KEYRING", "")
	resolve := func(o cluster.Options) (cluster.Settings, string) {
		s, err := o.Resolve(t.Context())
		if err != nil {
			return s, err.Error()
		}
		return s, ""
	}
	if _, err := resolve(cluster.Options{}); !strings.Contains(err, "found at /conf:") {
		t.Error(err)
	}
	t.Setenv("CEPH_KEYRING", "/environment")
	if _, err := resolve(cluster.Options{}); !strings.Contains(err, "found at /environment:") {
		t.Error(err)
	}
	if s, err := resolve(cluster.Options{Keyring: "/argument",
		MonHost: "10.0.0.9"}); !strings.Contains(err, "found at /argument:") ||
		s.Monitors[0].IP.String() != "10.0.0.9" {
		t.Error(s.Monitors, err)
	}
}

func TestRequirements(t *testing.T) {
	t.Setenv("CEPH_KEYRING", "")
	for lines, want := range map[string]cephx.Requirements{
		"": {RequireVersion: 2, ClusterRequireVersion: 2, ServiceRequireVersion: 2},
		"cephx_sign_messages = false\ncephx_require_signatures = " +
			"true\ncephx_cluster_require_signatures = 1\ncephx_service_require_signatures = yes\n" +
			"cephx_require_version = 1\ncephx_cluster_require_version = " +
			"0\ncephx_service_require_version = 3": {
			DisableSignMessages: true, RequireSignatures: true, ClusterRequireSignatures: true,
			ServiceRequireSignatures: true,
			RequireVersion:           1, ServiceRequireVersion: 3},
	} {
		s, err := cluster.Options{Conf: write(t, "ceph.conf",
			"[global]\nmon_host = 10.0.0.1\nkeyring = /nowhere\n"+lines)}.Resolve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Requirements); diff != "" {
			t.Errorf("%s: %s", lines, diff)
		}
		if c := s.Config(wire.EntityOSD); c.Requirements != want || c.Services != wire.EntityOSD ||
			c.Name != s.Name {
			t.Errorf("%+v", c)
		}
	}
}

func TestExplain(t *testing.T) {
	s := cluster.Settings{Name: auth.EntityName{Type: wire.EntityClient, ID: "admin"},
		KeyFrom: "/keyring"}
	s.Timeout = 3 * time.Second
	addr, err := wire.ParseEntityAddr("10.0.0.1:6789")
	if err != nil {
		t.Fatal(err)
	}
	monitor := func(err error) error {
		return &monclient.MonitorError{Addr: addr, Stage: "login", Err: err}
	}
	withoutKeyring := s
	withoutKeyring.KeyFrom, withoutKeyring.Searched = "", []string{"/a", "/b"}
	notAllowed := s
	notAllowed.KeyFrom = ""
	for _, tc := range []struct {
		settings cluster.Settings
		err      error
		want     string
	}{
		{s, monitor(&cephx.ResultError{Code: -13}),
			"the monitors refuse client.admin (EACCES): they do not know that name, or the key in " +
				"" +
				"" +
				"/keyring is wrong"},
		{s, monitor(&cephx.ResultError{Code: -1}), "(EPERM)"},
		{s, monitor(cephx.ErrWrongKey), "key of client.admin in /keyring is wrong"},
		{s, monitor(monclient.ErrMethod), "the monitors want no cephx"},
		{withoutKeyring, monitor(monclient.ErrMethod),
			"the monitors want cephx, and no keyring was found at /a, /b"},
		{notAllowed, monitor(monclient.ErrMethod), "which auth_client_required does not allow"},
		{s, monitor(monclient.ErrSilent),
			`monitor 10.0.0.1:6789/0: no answer within 3s (at step "login")`},
		{s, monitor(errors.New("something")),
			`monitor 10.0.0.1:6789/0: something (at step "login")`},
		{s, context.DeadlineExceeded, "no answer from the monitors"},
		{s, monitor(cephx.ErrClockSkew), "clock skew"},
		{s, &monclient.CommandError{Code: messages.ENOENT, Status: "no pool"},
			"Error ENOENT: no pool"},
	} {
		got := tc.settings.Explain(tc.err)
		if !strings.Contains(got.Error(), tc.want) || !errors.Is(got, tc.err) {
			t.Errorf("%v is %q, want %q", tc.err, got, tc.want)
		}
	}
	if s.Explain(nil) != nil {
		t.Error("no error is explained")
	}
}

// commands answers commands from a table by prefix.
type commands map[string]string

func (c commands) Command(_ context.Context, args, _ []byte) ([]byte, string, error) {
	for prefix, output := range c {
		if strings.Contains(string(args), `"prefix":"`+prefix+`"`) {
			return []byte(output), "", nil
		}
	}
	return nil, "", &monclient.CommandError{Code: messages.ENOENT, Status: "not there"}
}

// What cannot be read is named by the command's prefix: the rest may be secrets.
func TestCommandErrorsTellNoSecrets(t *testing.T) {
	var result struct{}
	for _, monitors := range []commands{{}, {"config-key set": "nonsense"}} {
		err := cluster.Command(t.Context(), monitors, map[string]any{"prefix": "config-key set",
			"val": "secret"}, &result)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}
