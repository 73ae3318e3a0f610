//go:build unix

package resourcetest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"simplemessenger/internal/test/engines"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

const childVariable = "RESOURCETEST_CHILD"

// serveAsChild is a server with few descriptors, in a process of its own. It tells of failed
// accepts on standard output.
func serveAsChild() {
	policy := simplemsgr.StatelessServer()
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy}
	config.Pipe = pipe.Config{Tracer: trace.Func(func(r trace.Record) {
		if e, ok := r.Event.(trace.AcceptFailed); ok {
			fmt.Println("accept failed:", e.Err)
		}
	})}
	m := simplemsgr.New(wire.OSD(0), config)
	m.AddDispatcher(echo{})
	if err := m.Bind(context.Background(), "127.0.0.1:0"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := m.Start(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64,
		Max: 64}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening on", m.Addr())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}

// A server that runs out of descriptors keeps the sessions that it has, says why it takes no new
// ones, does not spin, and takes new ones as soon as it can.
func TestDescriptorExhaustion(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=1")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Signal(syscall.SIGTERM)
		_ = child.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the child says nothing")
	}
	text, ok := strings.CutPrefix(lines.Text(), "listening on ")
	if !ok {
		t.Fatal(lines.Text())
	}
	addr, err := wire.ParseEntityAddr(text)
	if err != nil {
		t.Fatal(err)
	}
	var failed atomic.Int64
	first := make(chan string, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
			if failed.Add(1) == 1 {
				first <- lines.Text()
			}
		}
	}()
	t.Cleanup(func() { _ = child.Process.Signal(syscall.SIGTERM); <-drained })

	server := wire.EntityInst{Name: wire.OSD(0), Addr: addr}
	a := make(answers, 1)
	client := start(t, wire.Client(1), simplemsgr.LossyClient(),
		simplemsgr.Config{Engine: engines.New}, false, a)
	roundTrip(t, client, server, a, 1)

	var sockets []net.Conn
	for range 100 {
		conn, err := net.Dial("tcp", addr.AddrPort().String())
		if err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, conn)
	}
	if line := <-first; !strings.Contains(line, "too many open files") {
		t.Errorf("the server says %q", line)
	}
	roundTrip(t, client, server, a, 2)
	for _, conn := range sockets {
		conn.Close()
	}
	late := start(t, wire.Client(2), simplemsgr.LossyClient(),
		simplemsgr.Config{Engine: engines.New}, false, a)
	roundTrip(t, late, server, a, 3)
	// With pauses from 5 ms doubling to 1 s even a minute of waiting makes no hundred failures.
	if n := failed.Load(); n > 100 {
		t.Errorf("%d failed accepts: it spins", n)
	}
}
