package browsertest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// cases show each verdict, and conversations on several sockets.
const cases = `case accept/new
about   A client without a session is let in.
rules   V1-ACCEPT-7 V1-CONNECT-1
role    server

open
send    msg type=2 tid=77
expect  msg type=2

case accept/wrong
about   A client without a session is told to reset it, which is wrong.
rules   V1-ACCEPT-7
role    server

dial
expect  greeting addr.type=0
send    greeting
send    connect connect_seq=0
expect  reply tag=RESETSESSION     [V1-ACCEPT-6]
send    connect connect_seq=0

case accept/lossless
about   Nobody gets to this.
rules   V1-ACCEPT-6
role    server
policy  lossless

open

case message/weak
about   What genuine messengers do as well.
rules   V1-ACCEPT-7
role    server

dial
expect  greeting
send    greeting
send    connect connect_seq=0
expect  reply tag=SEQ|~READY

case message/sockets
about   Two sockets at the same time, one name for two of them, and an answer that cannot come.
rules   V1-MSG-1
role    server

@a open
@a send msg type=2 front=text:hello,world
@a expect msg type=2
forget
become  nonce=9
@b open
@b send msg type=2
@b expect msg type=2
@a close
@a dial
@a expect greeting
@b send keepalive2 sec=7
@b expect keepalive2_ack sec=8

case message/stuck
about   Nobody gets to what this is about.
rules   V1-MSG-1
role    server

open    protocol_version=1

`

type echo struct{}

func (echo) Dispatch(m *simplemsgr.Message) bool {
	_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Priority: m.Priority,
		Version: m.Version, CompatVersion: m.CompatVersion, Front: m.Front})
	return true
}

// played is what the kit says of a messenger of ours.
func played(t *testing.T) *conformance.Report {
	t.Helper()
	all, err := script.Parse(strings.NewReader(cases), "test.case")
	if err != nil {
		t.Fatal(err)
	}
	m := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{})
	m.AddDispatcher(echo{})
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Shutdown(context.Background()) }()
	r, err := conformance.Check(t.Context(), conformance.Server(m.Addr().AddrPort().String()),
		conformance.Options{Cases: all, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []conformance.Verdict{conformance.Pass, conformance.NonStrict,
		conformance.Fail, conformance.Unsupported, conformance.Inconclusive} {
		if r.Count(v) == 0 {
			t.Fatalf("no case is %s", v)
		}
	}
	r.Results[1].Output = "starting\nlistening on 127.0.0.1:6800\npeer connected\n"
	return r
}

// evil would be markup wherever it is taken for it.
const evil = `</script><script>pwned=1</script><img src=x onerror=pwned=2><!--"'` + "`${pwned=3}`" +
	`</style></title></textarea>&lt;b&gt;` + "\u202e\x00\x1b"

// hostile is a run in which everything that is not the kit's own is evil.
func hostile() *conformance.Report {
	r := &conformance.Report{Target: evil, Role: conformance.RoleServer,
		Capabilities: []string{evil, evil}}
	for i, v := range []conformance.Verdict{conformance.Fail, conformance.NonStrict,
		conformance.Inconclusive, conformance.Unsupported, conformance.Pass} {
		banner := []byte("ceph v0" + evil)
		c := &script.Case{Name: fmt.Sprintf("%s/%d%s", evil, i, evil), About: evil,
			Rules: []string{evil, "V1-MSG-1"}, Role: "server",
			Steps: []script.Step{{Verb: "expect", Words: []string{evil}}}}
		r.Results = append(r.Results, &conformance.Result{Case: c, Verdict: v, Rule: evil,
			Reason: evil + ": expected " + evil + ", got " + evil, Output: evil,
			Chunks: []conformance.Chunk{
				{Socket: evil, Connection: 1, Dialed: true, Time: time.Unix(1, 0), Bytes: banner},
				{Socket: evil, Connection: 2, Dialed: true, Time: time.Unix(2, 0), Bytes: banner}}})
	}
	return r
}
