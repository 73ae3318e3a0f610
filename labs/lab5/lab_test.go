package lab5

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestLab(t *testing.T) {
	gradetest.Check(t, Lab, func() grade.Subject { return newReference(t) }, wrongs)
}

// solution returns a folder with it.
func solution(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	from, err := filepath.Glob("_solution/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(from, "_starter/go.mod.txt") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if name == "go.mod.txt" {
			name = "go.mod"
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// only is the lab with one of its steps.
func only(t *testing.T, step string) grade.Lab {
	t.Helper()
	i := slices.IndexFunc(Lab.Steps, func(s grade.Step) bool { return s.Name == step })
	if i < 0 {
		t.Fatalf("there is no step %q", step)
	}
	lab := Lab
	lab.Steps = Lab.Steps[i : i+1]
	return lab
}

// The right solution gets through many storms.
func TestStorms(t *testing.T) {
	dir, lab := solution(t), only(t, "two of yours")
	seeds := uint64(5)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		v, err := lab.Test(t.Context(), dir, seed)
		if err != nil {
			t.Fatal(err)
		}
		if v.Points != v.Of {
			t.Errorf("seed %d: %+v %s", seed, v.Story, v.Trouble)
		}
	}
}

// startMonitor starts what answers pings as a monitor does, and returns its address.
func startMonitor(t *testing.T) string {
	t.Helper()
	policy := simplemsgr.StatelessServer()
	m := simplemsgr.New(wire.Mon(0), simplemsgr.Config{DefaultPolicy: &policy, ZeroNonce: true})
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(got *simplemsgr.Message) bool {
		_ = got.Connection().Send(&simplemsgr.Message{Type: got.Type, Front: []byte("HEALTH_OK")})
		return true
	}))
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()) })
	return m.Addr().AddrPort().String()
}

// Where there is a monitor, it is pinged; where it does not answer, that is told.
func TestMonitor(t *testing.T) {
	dir, lab := solution(t), only(t, "on real sockets")
	for _, test := range []struct {
		monitor string
		points  int
	}{{startMonitor(t), 10}, {"nowhere", 0}} {
		lab.Monitor = test.monitor
		v, err := lab.Test(t.Context(), dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		if v.Points != test.points || (v.Story == nil) != (test.points > 0) {
			t.Errorf("%s: %d points: %+v %s", test.monitor, v.Points, v.Story, v.Trouble)
		}
	}
}

// wrongs are what students do.
var wrongs = []gradetest.Wrong{
	{Name: "port in little endian", File: "wire.go",
		Old: "binary.BigEndian.PutUint16(b[10:]", New: "le.PutUint16(b[10:]",
		Step: "the bytes", Section: openingSection},
	{Name: "compares nonces as numbers", File: "wire.go",
		Old: "return string(x[4:16]) < string(y[4:16])",
		New: "if a.Nonce != b.Nonce {\n\t\treturn a.Nonce < b.Nonce\n\t}\n" +
			"\treturn string(x[4:16]) < string(y[4:16])",
		Step: "the bytes", Section: openingSection},
	{Name: "a read is a frame", File: "machine.go", Old: "for m.alive(l) && m.piece(l) {\n\t}",
		New: "m.piece(l)", Step: "the first session", Section: sessionSection},
	{Name: "ignores authorizer_len", File: "machine.go", Old: "n := 26 + int(r.AuthorizerLen)",
		New: "n := 26", Step: "the first session", Section: sessionSection},
	{Name: "dials again at once", File: "machine.go", Old: "m.due = m.now + m.pause(wasOpen)",
		New: "m.due = m.now", Step: "faults and pauses", Section: faultSection},
	{Name: "an open session is progress", File: "machine.go",
		Old: "m.openedAt, m.broken = m.now, false",
		New: "m.openedAt, m.broken, m.fruitless = m.now, false, 0", Step: "faults and pauses",
		Section: faultSection},
	{Name: "connect_seq counts attempts", File: "machine.go",
		Old: "if wasOpen && l.phase == framing {", New: "if l != nil {",
		Step: "faults and pauses", Section: faultSection},
	{Name: "does not tell of a lossy end", File: "machine.go",
		Old: "\t\tm.over()\n\t\tm.do(Reset, 0, nil)\n\t\treturn", New: "\t\tm.over()\n\t\treturn",
		Step: "faults and pauses", Section: faultSection},
	{Name: "obeys RETRY_SESSION on a new socket", File: "machine.go",
		Old: "\t\tm.connectSeq = r.ConnectSeq\n\t\tm.ask()",
		New: "\t\tm.connectSeq = r.ConnectSeq\n\t\tm.fault()", Step: "the next socket",
		Section: reactionSection},
	{Name: "believes any READY", File: "machine.go", Old: "if r.ConnectSeq != m.connectSeq+1 {",
		New: "if false {", Step: "the next socket", Section: reactionSection},
	{Name: "keeps the queue after RESETSESSION", File: "machine.go",
		Old:  "\t\tm.forget()\n\t\tm.do(RemoteReset, 0, nil)\n\t\tm.ask()",
		New:  "\t\tm.connectSeq = 0\n\t\tm.do(RemoteReset, 0, nil)\n\t\tm.ask()",
		Step: "RESETSESSION", Section: resetSection},
	{Name: "opens unknown sessions", File: "accept.go",
		Old: "case m.state == none && c.ConnectSeq > 0:", New: "case false:",
		Step: "the peer comes", Section: answerSection},
	{Name: "READY when a session goes on", File: "accept.go",
		Old: "if goesOn && c.Features", New: "if false && c.Features", Step: "the peer comes",
		Section: answerSection},
	{Name: "leaves the old socket open", File: "accept.go",
		Old: "\t\tm.do(Close, m.link.socket, nil)\n", New: "", Step: "the peer comes",
		Section: answerSection},
	{Name: "dials with nothing to say", File: "machine.go",
		Old: "case p.Standby && !m.work():", New: "case false:", Step: "standby",
		Section: standbySection},
	{Name: "the higher address wins", File: "accept.go",
		Old: "!Lower(m.config.Peer, m.config.Own)", New: "Lower(m.config.Peer, m.config.Own)",
		Step: "races and WAIT", Section: raceSection},
	{Name: "waits for ever", File: "machine.go",
		Old: "if m.state == waiting && m.now >= m.due {", New: "if false {",
		Step: "races and WAIT", Section: raceSection},
	{Name: "does not owe a connection", File: "accept.go", Old: "m.owes = true",
		New: "m.owes = false", Step: "races and WAIT", Section: raceSection},
	{Name: "does not look at checksums of parts", File: "frames.go",
		Old: "if crc(got.Front) != le.Uint32(footer) ||", New: "if false ||",
		Step: "the first session", Section: sessionSection},
	{Name: "gives the session up when the exchange is cut", File: "machine.go",
		Old: "\twasOpen := m.state == open\n",
		New: "\tif l != nil && l.phase == hearing {\n\t\tm.over()\n\t\treturn\n\t}\n" +
			"\twasOpen := m.state == open\n",
		Step: "two of yours", Section: promiseSection},
	{Name: "offers no features in replies", File: "accept.go",
		Old: "r.Features, r.ProtocolVersion = m.config.Features, m.config.Version",
		New: "r.ProtocolVersion = m.config.Version", Step: "on real sockets",
		Section: conformSection},
}
