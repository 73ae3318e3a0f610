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

// heard plays steps on a socket named a, and returns what its other side has read by the time it is
// closed.
func heard(t *testing.T, steps string) string {
	t.Helper()
	cases, err := script.Parse(strings.NewReader("case send/test\nabout -\nrules -\nrole server\n"+
		steps), "test")
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	bytes := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(far)
		bytes <- b
	}()
	p := newPlay(new(Target), identityOf(wire.EntityClient, 0, false), true, 10*time.Second,
		(&runner{}).random("send"))
	p.current = newSocket("a", near, true, &p.record)
	p.sockets["a"] = p.current
	if err := p.run(t.Context(), cases[0].Steps); err != nil {
		t.Fatal(err)
	}
	near.Close()
	return string(<-bytes)
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
