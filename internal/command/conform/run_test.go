package conform

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const header = "about About.\nrules V1-ACCEPT-7\nrole server\n\n"

// parts are cases with a known verdict.
var parts = map[string]string{
	"pass":         "case a/pass\n" + header + "open\n\n",
	"fail":         "case a/fail\n" + header + "open\nsend keepalive2 sec=7\nexpect keepalive2_ack sec=8\n\n",
	"inconclusive": "case a/stuck\n" + header + "open protocol_version=1\n\n",
	"longer":       "case a/pass-longer\n" + header + "open\n\n",
}

func chosen(t *testing.T, names ...string) []*script.Case {
	t.Helper()
	text := ""
	for _, name := range names {
		text += parts[name]
	}
	all, err := script.Parse(strings.NewReader(text), "test.case")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// server is a messenger of ours, which answers pings.
func server(t *testing.T) *conformance.Target {
	t.Helper()
	m := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	m.AddDispatcher(echo{})
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()) })
	return conformance.Server(m.Addr().AddrPort().String())
}

type echo struct{}

func (echo) Dispatch(m *simplemsgr.Message) bool {
	_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID})
	return true
}

func TestOutcomes(t *testing.T) {
	target := server(t)
	for _, test := range []struct {
		cases []string
		want  Outcome
		last  string
	}{
		{[]string{"pass"}, AllPassed, "1 passed, 0 failed, 0 unsupported\n"},
		{[]string{"pass", "fail", "inconclusive"}, SomeFailed,
			"1 passed, 1 failed, 0 unsupported\n"},
		{[]string{"pass", "inconclusive"}, Inconclusive, "1 passed, 0 failed, 0 unsupported\n"},
	} {
		var b bytes.Buffer
		got, err := Run(t.Context(), &b, target, Options{Options: conformance.Options{
			Cases: chosen(t, test.cases...)}})
		if err != nil || got != test.want || !strings.HasSuffix(b.String(), test.last) {
			t.Errorf("%v: %v, %v\n%s", test.cases, got, err, b.String())
		}
	}
}

// All reports of one run, each where it was wanted, and the captures where the others say.
func TestReports(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	o := Options{JSON: true, JUnit: filepath.Join(dir, "j.xml"), HTML: filepath.Join(dir, "p.html"),
		PcapDir: filepath.Join(dir, "captures", "new"), Again: "again", Version: "v1"}
	o.Cases = chosen(t, "pass", "fail")
	if got, err := Run(t.Context(), &b, server(t), o); err != nil || got != SomeFailed {
		t.Fatalf("%v, %v", got, err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	var types []string
	for _, line := range lines {
		var v struct{ Type, Case, Capture, Command string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		types = append(types, v.Type)
		if v.Type != "result" {
			continue
		}
		if _, err := os.Stat(v.Capture); err != nil || v.Command != "again --run "+v.Case {
			t.Errorf("%+v: %v", v, err)
		}
	}
	if got := strings.Join(types, " "); got != "run result result end" {
		t.Errorf("lines %s", got)
	}
	for file, want := range map[string]string{o.JUnit: "again --run a/fail", o.HTML: `"a/fail"`} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s: %v", file, want, err)
		}
	}
}

// The whole name of a case chooses that case, though others begin with it.
func TestOneCaseAgain(t *testing.T) {
	for run, want := range map[string]int{"a/pass": 1, "a/pass*": 2, "a/": 2, "a/pass-": 1} {
		o := conformance.Options{Cases: chosen(t, "pass", "longer"), Run: []string{run}}
		if got := len(o.Select()); got != want {
			t.Errorf("--run %s chooses %d cases, want %d", run, got, want)
		}
	}
}

func TestReportsThatCannotBeWritten(t *testing.T) {
	target := server(t)
	missing := filepath.Join(t.TempDir(), "missing", "file")
	for _, o := range []Options{{JUnit: missing}, {HTML: missing}} {
		o.Cases = chosen(t, "pass")
		var b bytes.Buffer
		if _, err := Run(t.Context(), &b, target, o); err == nil ||
			!strings.Contains(b.String(), "1 passed") {
			t.Errorf("%v\n%s", err, b.String())
		}
	}
	nobody := &conformance.Target{Start: func(context.Context, wire.EntityAddr) (
		*conformance.Instance, error) {
		return nil, net.ErrClosed
	}}
	if _, err := Run(t.Context(), new(bytes.Buffer), nobody, Options{}); err == nil {
		t.Error("nobody there, and no error")
	}
}
