package netnstest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/test/engines"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// A child is this test's own program on one of the hosts. It prints events, a line each, and ends
// when its standard input does.
const roleVariable = "NETNSTEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "receiver":
		child(wire.OSD(0), addresses[0]+":6800", nil)
	case "sender":
		child(wire.OSD(1), addresses[1]+":6801", send)
	default:
		os.Exit(m.Run())
	}
}

const total = 3000

// child runs one messenger. Its dispatcher checks that numbers come once each and in order, and
// says when all have come.
func child(name wire.EntityName, bind string, work func(*simplemsgr.Messenger)) {
	policy := simplemsgr.LosslessPeer()
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy, Nonce: 1}
	config.Pipe.ReadTimeout = 2 * time.Second
	config.Pipe.HandshakeTimeout = 2 * time.Second
	config.Pipe.MaxBackoff = time.Second
	config.Pipe.Tracer = trace.Func(func(r trace.Record) {
		switch e := r.Event.(type) {
		case trace.Faulted:
			fmt.Println("fault", e.Err)
		case trace.Requeued:
			fmt.Println("requeued", e.Messages)
		case trace.SessionReset:
			fmt.Println("reset")
		}
	})
	m := simplemsgr.New(name, config)
	next := uint64(1)
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(msg *simplemsgr.Message) bool {
		n := binary.LittleEndian.Uint64(msg.Front)
		if n != next {
			fmt.Printf("wrong: %d came, %d was next\n", n, next)
		}
		next = n + 1
		if n%100 == 0 {
			fmt.Println("delivered", n)
		}
		return true
	}))
	if err := m.Bind(context.Background(), bind); err != nil {
		fmt.Println("wrong:", err)
		return
	}
	if err := m.Start(); err != nil {
		fmt.Println("wrong:", err)
		return
	}
	fmt.Println("ready")
	if work != nil {
		work(m)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := m.Shutdown(ctx); err != nil &&
		!errors.Is(err, simplemsgr.ErrDropped) {
		fmt.Println("wrong:", err)
	}
}

func send(m *simplemsgr.Messenger) {
	to := wire.EntityInst{Name: wire.OSD(0), Addr: wire.EntityAddr{}}
	to.Addr, _ = wire.ParseEntityAddr(addresses[0] + ":6800/1")
	for n := uint64(1); n <= total; n++ {
		if err := m.Send(to, &simplemsgr.Message{Type: 100, Front: binary.LittleEndian.AppendUint64(
			nil, n), Data: make([]byte, 1000)}); err != nil {
			fmt.Println("wrong:", err)
		}
		// Spread over some seconds, so that the weather finds messages on the way.
		time.Sleep(time.Millisecond)
	}
}

// program is a child as the test sees it.
type program struct {
	t     *testing.T
	name  string
	stdin io.Closer
	lines chan string
}

func startChild(t *testing.T, h *hosts, host int, role string) *program {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", h.names[host], os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{t, role, stdin, make(chan string, 10000)}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		stdin.Close()
		for line := range p.lines {
			p.check(line)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	})
	p.await("ready")
	return p
}

// await reads lines until one begins with prefix.
func (p *program) await(prefix string) {
	p.t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("%s ended before it said %q", p.name, prefix)
			}
			p.check(line)
			if strings.HasPrefix(line, prefix) {
				return
			}
		case <-timeout:
			p.t.Fatalf("%s does not say %q", p.name, prefix)
		}
	}
}

func (p *program) check(line string) {
	p.t.Helper()
	if strings.HasPrefix(line, "wrong") || strings.HasPrefix(line, "reset") {
		p.t.Errorf("%s: %s", p.name, line)
	}
}
