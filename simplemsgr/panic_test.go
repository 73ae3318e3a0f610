package simplemsgr_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/auth"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

var errBoom = errors.New("boom")

// panicky is user code of every kind. It panics the first time that one of its entries is called,
// and a tracer each time.
type panicky struct {
	entry  string
	done   atomic.Bool
	resets atomic.Int32
	got    atomic.Uint64 // the highest TID of an answer
	fast   bool
	twice  atomic.Bool // a message came again the slow way
}

func (p *panicky) at(entry string) {
	if p.entry == entry && (!p.done.Swap(true) || entry == "Trace") { // a tracer is not asked again
		panic(errBoom)
	}
}

// side is a dispatcher of one of the two messengers.
type side struct {
	*panicky
	answers bool
}

func (s side) Dispatch(m *simplemsgr.Message) bool {
	s.at("Dispatch")
	if s.fast {
		s.twice.Store(true) // it was in the hands of FastDispatch
	}
	return s.take(m)
}

func (s side) take(m *simplemsgr.Message) bool {
	if s.answers {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID})
	} else {
		s.got.Store(m.TID)
	}
	return true
}
func (s side) CanFastDispatch(*simplemsgr.Message) bool   { s.at("CanFastDispatch"); return s.fast }
func (s side) FastDispatch(m *simplemsgr.Message)         { s.at("FastDispatch"); s.take(m) }
func (s side) FastPreprocess(*simplemsgr.Message)         { s.at("FastPreprocess") }
func (s side) HandleConnect(*simplemsgr.Connection)       { s.at("HandleConnect") }
func (s side) HandleAccept(*simplemsgr.Connection)        { s.at("HandleAccept") }
func (s side) HandleReset(*simplemsgr.Connection)         { s.resets.Add(1); s.at("HandleReset") }
func (s side) HandleRemoteReset(*simplemsgr.Connection)   { s.at("HandleRemoteReset") }
func (s side) HandleFault(*simplemsgr.Connection, error)  { s.at("HandleFault") }
func (s side) HandleRefused(*simplemsgr.Connection)       { s.at("HandleRefused") }
func (s side) HandleFastConnect(c *simplemsgr.Connection) { s.at("HandleFastConnect") }
func (s side) HandleFastAccept(c *simplemsgr.Connection)  { s.at("HandleFastAccept") }

// The same as authentication, which challenges everybody once and believes everything.

func (p *panicky) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) {
	p.at("Authorizer")
	return p, nil
}
func (p *panicky) RequiredFeatures(wire.EntityType) wire.Features {
	p.at(
		"ServerRequires")
	return 0
}
func (p *panicky) MustProve(wire.EntityType) bool {
	p.at(
		"MustProve")
	return false
}
func (p *panicky) Protocol() uint32 { p.at("Protocol"); return 77 }
func (p *panicky) Bytes() []byte {
	p.at("Bytes")
	return []byte(
		"me")
}
func (p *panicky) AnswerChallenge([]byte) error {
	p.at(
		"AnswerChallenge")
	return nil
}
func (p *panicky) VerifyReply([]byte, wire.Features) (auth.Security, error) {
	p.at("VerifyReply")
	return p, nil
}
func (p *panicky) NewExchange(wire.EntityAddr) auth.Exchange {
	p.at("NewExchange")
	return &panickyExchange{p: p}
}
func (p *panicky) Sign(*wire.MessageHeader, *wire.Footer)        { p.at("Sign") }
func (p *panicky) Check(*wire.MessageHeader, *wire.Footer) error { p.at("Check"); return nil }

type panickyExchange struct {
	p          *panicky
	challenged bool
}

func (e *panickyExchange) Verify(auth.Request) auth.Result {
	e.p.at("Verify")
	if !e.challenged {
		e.challenged = true
		return auth.Result{Outcome: auth.Challenged, Reply: []byte("who?")}
	}
	return auth.Result{Outcome: auth.Accepted, Security: e.p}
}

type panickyClient struct{ *panicky }

func (c panickyClient) RequiredFeatures(wire.EntityType) wire.Features {
	c.at("ClientRequires")
	return 0
}

// Sockets, tracers, a log.

type panickyListener struct {
	net.Listener
	p *panicky
}

func (l panickyListener) Accept() (net.Conn, error) {
	l.p.at("Accept")
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return panickyConn{conn, l.p}, nil
}

type panickyConn struct {
	net.Conn
	p *panicky
}

func (c panickyConn) Read(b []byte) (int, error)  { c.p.at("Read"); return c.Conn.Read(b) }
func (c panickyConn) Write(b []byte) (int, error) { c.p.at("Write"); return c.Conn.Write(b) }

func (c panickyConn) LocalAddr() net.Addr  { c.p.at("LocalAddr"); return c.Conn.LocalAddr() }
func (c panickyConn) RemoteAddr() net.Addr { c.p.at("RemoteAddr"); return c.Conn.RemoteAddr() }
func (c panickyConn) Close() error {
	_ = c.Conn.Close()
	c.p.at("Close")
	return nil
}

func (p *panicky) Trace(trace.Record) { p.at("Trace") }

type panickyLog struct {
	slog.Handler
	p *panicky
}

func (l panickyLog) Enabled(context.Context, slog.Level) bool { return true }
func (l panickyLog) Handle(ctx context.Context, r slog.Record) error {
	l.p.at("Handle")
	return nil
}

// life lets two messengers live through everything in which user code is called: a refused
// connection, sessions in both roles, resets. It returns the last exchange's success.
func life(t *testing.T, n *memnet.Network, p *panicky, configure ...func(*simplemsgr.Config)) bool {
	t.Helper()
	configure = append(configure, func(c *simplemsgr.Config) {
		dial, listen := c.Dial, c.Accepter.Listen
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			p.at("Dial")
			conn, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return panickyConn{conn, p}, nil
		}
		c.Accepter.Listen = func(ctx context.Context, network, addr string) (net.Listener, error) {
			p.at("Listen")
			l, err := listen(ctx, network, addr)
			return panickyListener{l, p}, err
		}
		c.Pipe.Tracer = trace.Multi(c.Pipe.Tracer, trace.Func(p.Trace))
		c.Pipe.Interceptor = func(pipe.Breakpoint) error { p.at("Interceptor"); return nil }
		c.AuthClient, c.AuthServer = panickyClient{p}, p
	})
	server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(), configure...)
	client := node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(), configure...)
	server.AddDispatcher(side{p, true})
	client.AddDispatcher(side{p, false})
	start(t, client, "")
	peer := server.Inst()
	peer.Addr = wire.NewEntityAddr(netip.MustParseAddrPort("10.0.0.1:6800"), server.Addr().Nonce)
	exchange := func(tid uint64) bool {
		for range 10 { // a panic may cost the message; later ones come through
			_ = client.Send(peer, &simplemsgr.Message{Type: 100, TID: tid})
			time.Sleep(10 * time.Second)
			if p.got.Load() == tid {
				return true
			}
		}
		return false
	}
	_ = client.Send(peer, &simplemsgr.Message{Type: 100, TID: 1})
	time.Sleep(time.Second)
	if err := server.Bind(context.Background(), "10.0.0.1:6800"); err != nil {
		if p.entry != "Listen" {
			t.Fatal(err)
		}
		start(t, server, "10.0.0.1:6800")
	}
	start(t, server, "")
	exchange(2)
	for c := range server.Connections() {
		server.MarkDown(c.PeerAddr())
	}
	exchange(3)
	client.MarkDown(peer.Addr)
	return exchange(4)
}

// entries are all ways from the messenger into user code. Those of an open session cost that
// session.
var entries = map[string]struct {
	name   string // as it is told
	resets bool
	fast   bool // with fast dispatch
}{
	"Dispatch":          {name: "Dispatcher.Dispatch", resets: true},
	"CanFastDispatch":   {name: "FastDispatcher", resets: true},
	"FastDispatch":      {name: "FastDispatcher", resets: true, fast: true},
	"FastPreprocess":    {name: "FastDispatcher", resets: true},
	"HandleConnect":     {name: "ConnectionHandler", resets: true},
	"HandleAccept":      {name: "ConnectionHandler", resets: true},
	"HandleRemoteReset": {name: "ConnectionHandler", resets: true},
	"HandleRefused":     {name: "ConnectionHandler", resets: true},
	"HandleReset":       {name: "ConnectionHandler"}, // the session is gone
	"HandleFastConnect": {name: "FastConnectionHandler.HandleFastConnect", resets: true},
	"HandleFastAccept":  {name: "FastConnectionHandler.HandleFastAccept", resets: true},
	"Sign":              {name: "auth.Security.Sign", resets: true},
	"Check":             {name: "auth.Security.Check", resets: true},
	"Dial":              {name: "Config.Dial"},
	"Listen":            {name: "accepter.Config.Listen"},
	"Accept":            {name: "net.Listener.Accept"},
	"Read":              {name: "net.Conn.Read"},
	"Write":             {name: "net.Conn.Write"},
	"LocalAddr":         {name: "net.Conn.LocalAddr"},
	"RemoteAddr":        {name: "net.Conn.RemoteAddr"},
	"Close":             {name: "net.Conn.Close"},
	"Authorizer":        {name: "auth.Client.Authorizer"},
	"ClientRequires":    {name: "auth.Client.RequiredFeatures"},
	"ServerRequires":    {name: "auth.Server.RequiredFeatures"},
	"Protocol":          {name: "auth.Authorizer.Protocol"},
	"Bytes":             {name: "auth.Authorizer.Bytes"},
	"AnswerChallenge":   {name: "auth.Authorizer.AnswerChallenge"},
	"VerifyReply":       {name: "auth.Authorizer.VerifyReply"},
	"HandleFault":       {name: "FaultHandler.HandleFault", resets: true},
	"MustProve":         {name: "auth.Server.MustProve"},
	"NewExchange":       {name: "auth.Server.NewExchange"},
	"Verify":            {name: "auth.Exchange.Verify"},
	"Interceptor":       {name: "Interceptor"},
	"Trace":             {name: "trace.Tracer"},
	"Handle":            {name: "trace.Tracer"},
}

// A panic in code of the user's ends what that code was called for: it is told with its stack, a
// session that is open is reset, and the messenger goes on.
func TestPanicsOfUserCode(t *testing.T) {
	resetsOf := func(t *testing.T, p *panicky, configure ...func(*simplemsgr.Config)) (ok bool) {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			ok = life(t, n, p, configure...)
			synctest.Wait()
		})
		return ok
	}
	quiet := &panicky{}
	if !resetsOf(t, quiet) {
		t.Fatal("no answer without a panic")
	}
	for entry, want := range entries {
		t.Run(entry, func(t *testing.T) {
			var records trace.Recorder
			p := &panicky{entry: entry, fast: want.fast}
			answered := resetsOf(t, p, func(c *simplemsgr.Config) {
				c.Pipe.Tracer = &records
				// the others stay; the recorder would be cut off with it
				if entry == "Trace" || entry == "Handle" {
					c.Pipe.Tracer = nil
					c.Logger = slog.New(panickyLog{p: p})
				}
				if entry == "Trace" {
					c.Logger = slog.New(slogTo{&records})
				}
			})
			if !p.done.Load() {
				t.Fatal("the entry was never called")
			}
			if !answered {
				t.Error("no answer after the panic")
			}
			if more := p.resets.Load() > quiet.resets.Load(); more != want.resets {
				t.Errorf("%d resets, %d without the panic; want more: %v", p.resets.Load(),
					quiet.resets.Load(), want.resets)
			}
			if entry == "Handle" {
				return // the other tracer has no eyes
			}
			if p.twice.Load() {
				t.Error("the message was dispatched again")
			}
			told := trace.Of[trace.Panicked](records.Records())
			times := 1
			if entry == "Trace" { // once by each of the two messengers
				times = 2
			}
			if len(told) != times || told[0].Entry != want.name || told[0].Value != "boom" ||
				!strings.Contains(told[0].Stack, "(*panicky).at") {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// slogTo is a log whose records of panics become events again.
type slogTo struct{ r *trace.Recorder }

func (l slogTo) Enabled(context.Context, slog.Level) bool { return true }
func (l slogTo) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l slogTo) WithGroup(string) slog.Handler            { return l }
func (l slogTo) Handle(_ context.Context, r slog.Record) error {
	if r.Message != (trace.Panicked{}).Name() {
		return nil
	}
	var e trace.Panicked
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "entry":
			e.Entry = a.Value.String()
		case "value":
			e.Value = a.Value.String()
		case "stack":
			e.Stack = a.Value.String()
		}
		return true
	})
	l.r.Trace(trace.Record{Event: e})
	return nil
}

// A panic that nobody would hear of goes to the default log.
func TestPanicWithoutTracerIsLogged(t *testing.T) {
	var records trace.Recorder
	before := slog.Default()
	slog.SetDefault(slog.New(slogTo{&records}))
	defer slog.SetDefault(before)
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, _ := couple(t, n, simplemsgr.StatefulServer(),
			simplemsgr.LosslessClient())
		server.AddDispatcherFirst(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
			panic(errBoom)
		}))
		if err := client.Send(server.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	})
	if told := trace.Of[trace.Panicked](records.Records()); len(told) != 1 ||
		told[0].Value != "boom" {
		t.Errorf("logged %+v", told)
	}
}

// With PassPanics a panic ends the process, as itself: no lock is released that is not held, and no
// other panic hides it.
func TestPassPanics(t *testing.T) {
	const variable = "SIMPLEMSGR_TEST_PANIC"
	if entry := os.Getenv(variable); entry != "" {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			life(t, n, &panicky{entry: entry, fast: entries[entry].fast},
				func(c *simplemsgr.Config) {
					c.PassPanics = true
					c.Logger = slog.New(slogTo{new(trace.Recorder)})
					if entry == "Handle" {
						c.Logger = slog.New(panickyLog{p: &panicky{entry: entry}})
					}
				})
		})
		return
	}
	names := make([]string, 0, len(entries))
	for entry := range entries {
		names = append(names, entry)
	}
	slices.Sort(names)
	for _, entry := range names {
		t.Run(entry, func(t *testing.T) {
			t.Parallel()
			child := exec.Command(os.Args[0], "-test.run=^TestPassPanics$",
				"-engine", engines.Name())
			child.Env = append(os.Environ(), variable+"="+entry)
			out, err := child.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "boom") ||
				strings.Contains(string(out), "unlock of unlocked") ||
				strings.Contains(string(out), "deadlock") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
