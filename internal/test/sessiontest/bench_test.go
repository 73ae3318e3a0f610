package sessiontest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a server with one good client, which goes on while scripted peers misbehave.
type bench struct {
	*simulator.World
	server, client *simulator.Endpoint
	stream         *simulator.Stream // of the good client
	log            *logLines
}

const rawHost = "10.0.0.9"

// withServer runs a script against a server; configure may be nil.
func withServer(t *testing.T, pair simulator.Pair, configure func(*simplemsgr.Config),
	script func(t *testing.T, b *bench)) {
	t.Helper()
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		b := &bench{World: w, log: new(logLines)}
		b.server, b.client = pair.Endpoints(w)
		b.server.SetPolicy(wire.EntityClient, pair.Server)
		b.server.Configure = func(c *simplemsgr.Config) {
			c.Logger = slog.New(slog.NewJSONHandler(b.log, nil))
			if configure != nil {
				configure(c)
			}
		}
		b.server.Start()
		b.client.Start()
		b.stream = b.client.Stream(b.client.Connect(b.server))
		b.goodClientWorks()
		script(t, b)
		b.goodClientWorks()
		if p, _ := b.client.Pipe(b.server); p.Attempts != 1 {
			t.Errorf("the good client needed %d connections", p.Attempts)
		}
		b.Await("throttles to be back at zero", b.server.ThrottlesAtZero)
	})
}

// goodClientWorks sends a few messages by the other session.
func (b *bench) goodClientWorks() {
	b.T.Helper()
	if err := b.stream.Send(3); err != nil {
		b.T.Errorf("the good client: %v", err)
	}
	b.stream.AwaitDelivered(b.stream.Sent())
}

// dial returns a scripted client of the server.
func (b *bench) dial() *rawpeer.Peer {
	b.T.Helper()
	conn, err := b.Net.Host(rawHost).Dial(context.Background(), "tcp",
		b.server.Addr().AddrPort().String())
	if err != nil {
		b.T.Fatal(err)
	}
	b.T.Cleanup(func() { conn.Close() })
	return rawpeer.New(b.T, conn, wire.EntityInst{Name: wire.Client(9),
		Addr: wire.EntityAddr{Nonce: 9}})
}

// open returns a scripted client with an open session.
func (b *bench) open() *rawpeer.Peer {
	b.T.Helper()
	peer := b.dial()
	peer.Open(wire.EntityOSD)
	return peer
}

// expectFault expects that the server gave up a socket at a stage, for a reason, told so in the
// trace and in the log, and closed the socket.
func (b *bench) expectFault(peer *rawpeer.Peer, stage protocol.Stage, reason error, text string) {
	b.T.Helper()
	peer.ExpectClosed()
	b.Settle()
	b.expectTraced(stage, reason, text)
}

// expectTraced expects the trace and the log of a fault.
func (b *bench) expectTraced(stage protocol.Stage, reason error, text string) {
	b.T.Helper()
	var found *trace.Faulted
	for _, r := range b.Records.Records() {
		if f, ok := r.Event.(trace.Faulted); ok && r.Messenger == b.server.Name {
			found = &f
		}
	}
	switch {
	case found == nil:
		b.T.Errorf("no fault was traced")
		return
	case found.Stage != stage:
		b.T.Errorf("fault at %q, want %q: %v", found.Stage, stage, found.Err)
	case !errors.Is(found.Err, reason) || !strings.Contains(found.Err.Error(), text):
		b.T.Errorf("fault with the error %v, want %v and %q", found.Err, reason, text)
	}
	line := b.log.last("faulted")
	if line["level"] != "WARN" || line["stage"] != stage.String() ||
		!strings.Contains(line["err"], text) ||
		!strings.Contains(line["peer"]+line["err"], rawHost) ||
		line["messenger"] != b.server.Name.String() {
		b.T.Errorf("log line %v", line)
	}
}

// logLines keeps lines of JSON.
type logLines struct {
	mu    sync.Mutex
	lines []map[string]string
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := map[string]any{}
	if err := json.Unmarshal(bytes.TrimSpace(b), &line); err != nil {
		return 0, err
	}
	texts := map[string]string{}
	for k, v := range line {
		text, err := json.Marshal(v)
		if err != nil {
			return 0, err
		}
		texts[k] = strings.Trim(string(text), `"`)
	}
	l.lines = append(l.lines, texts)
	return len(b), nil
}

// last returns the latest line with that message.
func (l *logLines) last(message string) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.lines) - 1; i >= 0; i-- {
		if l.lines[i]["msg"] == message {
			return l.lines[i]
		}
	}
	return nil
}

func ipOf(e *simulator.Endpoint) netip.Addr { return netip.MustParseAddr(e.Host.String()) }
