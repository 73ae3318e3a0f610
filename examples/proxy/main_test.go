package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a proxy to a server and returns its address; end stops it and returns what it printed.
func start(t *testing.T, server string) (address string, end func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	says, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"127.0.0.1:0", server}, stdout)
		stdout.Close()
	}()
	if _, err := fmt.Fscanf(says, "listening on %s\n", &address); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder // may be read when copied is closed
	copied := make(chan struct{})
	go func() {
		_, _ = io.Copy(&printed, says)
		close(copied)
	}()
	return address, func() string {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		<-copied
		return printed.String()
	}
}

func TestAConversationIsCarriedAndPrinted(t *testing.T) {
	answers := request.NewServer(request.ServerOptions{})
	answers.Handle(1000, func(_ context.Context, m *simplemsgr.Message) (*simplemsgr.Message,
		error) {
		return &simplemsgr.Message{Type: 1001, Data: m.Data}, nil
	})
	server := simplemsgr.NewServer(wire.OSD(3), simplemsgr.Config{})
	server.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
	server.AddDispatcher(answers)
	if err := server.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	address, end := start(t, server.Addr().AddrPort().String())

	m := simplemsgr.New(wire.Client(4), simplemsgr.Config{})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LosslessClient())
	requests := request.NewClient(m, request.Options{
		Connect: []simplemsgr.ConnectOption{simplemsgr.AnyNonce()}})
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := simplemsgr.ResolveAddr(t.Context(), address, 0)
	if err != nil {
		t.Fatal(err)
	}
	inst := wire.EntityInst{Name: wire.OSD(3), Addr: addr}
	large := bytes.Repeat([]byte("large"), 1<<18)
	for _, data := range [][]byte{[]byte("small"), large, nil} {
		reply, err := requests.Call(t.Context(), inst, &simplemsgr.Message{Type: 1000,
			Front: []byte("front"), Data: data})
		if err != nil || !bytes.Equal(reply.Data, data) {
			t.Fatalf("%d bytes came back of %d, %v", len(reply.Data), len(data), err)
		}
	}
	if err := m.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if err := server.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	printed := end()
	for _, want := range []string{"1 server: I am " + server.Addr().String(),
		"1 client: CONNECT as client, global_seq 1, connect_seq 0, authorizer of 0 bytes",
		"1 server: READY, global_seq 1, connect_seq 1", "5+0+1310720 bytes", "1 client: ACK",
		"1 server: MSG", "from osd.3:", "1 client: CLOSE"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q is printed", want)
		}
	}
	if t.Failed() {
		t.Log(printed)
	}
}

// Whoever speaks another language is carried all the same, either side first.
func TestWhatIsNotOfTheProtocolIsCarried(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "who are you? ")
		_, _ = io.Copy(c, c)
	}()
	address, end := start(t, listener.Addr().String())
	c, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "somebody else"); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "who are you? somebody else" {
		t.Errorf("%q came back, %v", got, err)
	}
	if printed := end(); strings.Count(printed, "what follows is not read") != 2 {
		t.Errorf("the proxy prints %s", printed)
	}
}

func TestMistakesAreTold(t *testing.T) {
	for _, args := range [][]string{nil, {"127.0.0.1:0"}, {"nowhere", "127.0.0.1:1"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("run(%q) has not failed", args)
		}
	}
}
