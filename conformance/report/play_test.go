package report

import (
	"context"
	"flag"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

// cases show each verdict but inconclusive against a server of lossy sessions, one of them on two
// sockets and with a name that is given twice.
const cases = `case right/new
about   A client without a session is let in.
rules   V1-ACCEPT-7 V1-CONNECT-1
role    server

open
send    msg type=2 tid=77
expect  msg type=2

case right/lossless
about   Nobody gets to this.
rules   V1-ACCEPT-6
role    server
policy  lossless

open

case wrong/new
about   A client without a session is told to reset it, which is wrong.
rules   V1-ACCEPT-7
role    server

dial
expect  greeting addr.type=0
send    greeting
send    connect connect_seq=0
expect  reply tag=RESETSESSION     [V1-ACCEPT-6]
send    connect connect_seq=0

case wrong/weak
about   What genuine messengers do as well.
rules   V1-ACCEPT-7
role    server

dial
expect  greeting
send    greeting
send    connect connect_seq=0
expect  reply tag=SEQ|~READY

case wrong/sockets
about   Two sockets at the same time, one name for two of them, and an answer that cannot come.
rules   V1-MSG-1
role    server

@a open
@a send msg type=2
@a expect msg type=2
forget
become nonce=9
@b open
@b send msg type=2
@b expect msg type=2
@a close
@a dial
@a expect greeting
@b send keepalive2 sec=7
@b expect keepalive2_ack sec=8
`

// echo answers as simplemsgr serve does.
type echo struct{}

func (echo) Dispatch(m *simplemsgr.Message) bool {
	_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Priority: m.Priority,
		Version: m.Version, CompatVersion: m.CompatVersion})
	return true
}

// played runs cases against a messenger of ours, in virtual time on a network in memory.
func played(t *testing.T, text string, o conformance.Options) (report *conformance.Report) {
	t.Helper()
	var err error
	o.Cases, err = script.Parse(strings.NewReader(text), "test.case")
	if err != nil {
		t.Fatal(err)
	}
	o.Parallel = 1
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{MinLatency: time.Millisecond, MaxLatency: time.Millisecond})
		defer n.Close()
		host, kit := n.Host("10.0.0.1"), n.Host("10.0.0.2")
		m := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{Nonce: 4711, Dial: host.Dial,
			Accepter: accepter.Config{Listen: host.Listen}})
		m.AddDispatcher(echo{})
		if err := m.Bind(t.Context(), "10.0.0.1:6800"); err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.Shutdown(context.Background()) }()
		target := &conformance.Target{Name: "10.0.0.1:6800",
			Start: func(context.Context, wire.EntityAddr) (*conformance.Instance, error) {
				return &conformance.Instance{Dial: func(ctx context.Context) (net.Conn, error) {
					return kit.Dial(ctx, "tcp", "10.0.0.1:6800")
				}}, nil
			}}
		if report, err = conformance.Check(t.Context(), target, o); err != nil {
			t.Fatal(err)
		}
	})
	return report
}

// result returns the one of that case.
func result(t *testing.T, r *conformance.Report, name string) *conformance.Result {
	t.Helper()
	for _, result := range r.Results {
		if result.Case.Name == name {
			return result
		}
	}
	t.Fatalf("no result of %s", name)
	return nil
}

// about is what the command knows of a run.
var about = Run{Version: "v1",
	Command: func(name string) string { return "simplemsgr conform server --run " + name },
	Capture: func(name string) string { return "captures/" + name + ".pcap" }}

// drawn is what differs each time: the kit's nonces and ports, and how many connections the
// messenger has counted.
var drawn = []struct{ pattern, mask string }{
	{`10\.0\.0\.2:\d+(/\d+)?`, "KIT"}, {`global_seq \d+`, "global_seq N"},
	{`((global_seq|peer_addr.port) +)\d+ +[0-9a-f]+\n`, "${1}N\n"},
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, d := range drawn {
		got = regexp.MustCompile(d.pattern).ReplaceAllString(got, d.mask)
	}
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("not as in %s, which -update writes (-want +got):\n%s", path, diff)
	}
}
