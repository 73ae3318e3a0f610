package conformance

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// steps returns the steps of a text.
func steps(t *testing.T, text string) []script.Step {
	t.Helper()
	cases, err := script.Parse(strings.NewReader("case play/test\nabout -\nrules -\nrole server\n"+
		text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return cases[0].Steps
}

// testPlay returns a play whose current socket is conn.
func testPlay(conn net.Conn) *play {
	p := newPlay(new(Target), identityOf(wire.EntityClient, 0, false), true, 10*time.Second,
		new(runner).random("play"))
	p.current = newSocket("a", conn, true, &p.record)
	p.sockets["a"] = p.current
	return p
}

// heard plays steps and returns what the other side has read by the time the socket is closed.
func heard(t *testing.T, text string) string {
	t.Helper()
	near, far := net.Pipe()
	bytes := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(far)
		bytes <- b
	}()
	err := testPlay(near).run(t.Context(), steps(t, text))
	near.Close()
	got := <-bytes
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestSendChangesEachByteThatIsNamed(t *testing.T) {
	if got := heard(t, "send bytes 000000 xor=0:1 xor=2:0xff"); got != "\x01\x00\xff" {
		t.Errorf("sent % x", got)
	}
}

func TestSendJoinsPieces(t *testing.T) {
	if got := heard(t, "send bytes text:a join=1\nsend bytes text:b join=1"); got != "" {
		t.Errorf("sent %q before the last piece", got)
	}
	got := heard(t, "send bytes text:a join=1\nsend bytes text:b join=1\nsend bytes text:c")
	if got != "abc" {
		t.Errorf("sent %q", got)
	}
}
