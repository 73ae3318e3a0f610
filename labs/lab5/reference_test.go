package lab5

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// reference answers with the library: what is about bytes with package wire, and a machine is a
// whole messenger in a bubble of virtual time, whose sockets end in pipes.
type reference struct {
	questions chan question
	over      chan struct{}
}

type question struct {
	op     string
	args   json.RawMessage
	answer chan<- answer
}

type answer struct {
	raw json.RawMessage
	err error
}

// newReference starts the bubble. The channels are made outside, so that waiting for a question
// lets no time pass.
func newReference(t *testing.T) grade.Subject {
	r := &reference{questions: make(chan question), over: make(chan struct{})}
	go func() {
		defer close(r.over)
		synctest.Test(t, func(*testing.T) {
			live := map[string]*messenger{}
			for q := range r.questions {
				raw, err := inBubble(live, q.op, q.args)
				q.answer <- answer{raw, err}
			}
			for _, m := range live {
				m.end()
			}
		})
	}()
	return r
}

// Close implements grade.Subject.
func (r *reference) Close() error {
	close(r.questions)
	<-r.over
	return nil
}

// Ask implements grade.Subject.
func (r *reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	if op == "machine" || op == "handle" {
		answered := make(chan answer)
		r.questions <- question{op, args, answered}
		a := <-answered
		return a.raw, a.err
	}
	var result any
	var err error
	switch op {
	case "server_greeting", "client_greeting", "lower":
		var g greetings
		err = json.Unmarshal(args, &g)
		hello := g.Own.wire().Append(wire.AppendBanner(nil))
		switch op {
		case "server_greeting":
			result = digits(g.Peer.wire().Append(hello))
		case "client_greeting":
			result = digits(hello)
		default:
			result = g.Own.wire().Compare(g.Peer.wire()) < 0
		}
	case "read_server_greeting", "read_client_greeting":
		var b digits
		err = json.Unmarshal(args, &b)
		own := read(b[wire.BannerSize:])
		if result = own; op == "read_server_greeting" {
			result = greetings{own, read(b[wire.BannerSize+wire.EntityAddrSize:])}
		}
	case "connect", "reply", "message":
		result, err = encode(op, args)
	default:
		err = errors.Errorf("nothing answers %s", op)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

func read(b []byte) addr {
	a, _ := wire.DecodeEntityAddr(b)
	return addr{a.IP.String(), a.Port, a.Nonce}
}

func encode(op string, args json.RawMessage) (digits, error) {
	var q struct {
		Tag                uint8
		Features           uint64
		HostType           uint8  `json:"host_type"`
		GlobalSeq          uint32 `json:"global_seq"`
		ConnectSeq         uint32 `json:"connect_seq"`
		ProtocolVersion    uint32 `json:"protocol_version"`
		AuthorizerProtocol uint32 `json:"authorizer_protocol"`
		AuthorizerLen      uint32 `json:"authorizer_len"`
		Flags              uint8
		Message            message
		Seq                uint64
		SrcType            uint8 `json:"src_type"`
		SrcNum             int64 `json:"src_num"`
	}
	if err := json.Unmarshal(args, &q); err != nil {
		return nil, err
	}
	switch op {
	case "connect":
		return wire.Connect{Features: wire.Features(q.Features),
			HostType: wire.EntityType(q.HostType), GlobalSeq: q.GlobalSeq,
			ConnectSeq: q.ConnectSeq, ProtocolVersion: q.ProtocolVersion,
			AuthorizerProtocol: q.AuthorizerProtocol, AuthorizerLen: q.AuthorizerLen,
			Flags: q.Flags}.Append(nil), nil
	case "reply":
		return wire.ConnectReply{Tag: wire.Tag(q.Tag), Features: wire.Features(q.Features),
			GlobalSeq: q.GlobalSeq, ConnectSeq: q.ConnectSeq, ProtocolVersion: q.ProtocolVersion,
			AuthorizerLen: q.AuthorizerLen, Flags: q.Flags}.Append(nil), nil
	}
	return q.Message.frame(q.Seq, wire.EntityName{Type: wire.EntityType(q.SrcType),
		Num: q.SrcNum}), nil
}

// inBubble makes a messenger, or tells one of an event and lets everything come to rest.
func inBubble(live map[string]*messenger, op string, args json.RawMessage) (json.RawMessage,
	error) {
	if op == "machine" {
		var q making
		if err := json.Unmarshal(args, &q); err != nil {
			return nil, err
		}
		if old := live[q.Machine]; old != nil {
			old.end()
		}
		m, err := newMessenger(q.Config)
		live[q.Machine] = m
		return nil2(err)
	}
	var q happening
	if err := json.Unmarshal(args, &q); err != nil {
		return nil, err
	}
	m := live[q.Machine]
	time.Sleep(time.Until(m.began.Add(time.Duration(q.Now) * time.Millisecond)))
	synctest.Wait()
	if err := m.happen(q.Event); err != nil {
		return nil, err
	}
	synctest.Wait()
	return json.Marshal(m.taken())
}

func nil2(err error) (json.RawMessage, error) { return json.RawMessage("null"), err }

// messenger is one of the library's, and what it has done.
type messenger struct {
	simplemsgr.NopEvents
	*simplemsgr.Messenger
	config   config
	began    time.Time
	accepted chan net.Conn

	mu      sync.Mutex
	did     []action
	dials   []chan net.Conn
	sockets map[int]*pipe
}

// pipe is the peer's end of a socket.
type pipe struct {
	net.Conn
	out chan []byte
}

func newMessenger(c config) (*messenger, error) {
	m := &messenger{config: c, began: time.Now(), accepted: make(chan net.Conn),
		sockets: map[int]*pipe{}}
	p := simplemsgr.Policy{Lossy: c.Policy.Lossy, Server: c.Policy.Server,
		Standby: c.Policy.Standby, ResetCheck: c.Policy.ResetCheck}
	m.Messenger = simplemsgr.New(wire.OSD(c.Num), simplemsgr.Config{Nonce: c.Own.Nonce,
		DefaultPolicy: &p, Dial: m.dial})
	m.AddDispatcher(m)
	if err := m.BindListener(&listener{m: m, closed: make(chan struct{})}); err != nil {
		return nil, err
	}
	return m, m.Start()
}

func (m *messenger) end() {
	_ = m.Shutdown(context.Background()) // what is lost by it is of no interest
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.sockets {
		p.Close()
		close(p.out)
	}
}

// Dispatch implements simplemsgr.Dispatcher.
func (m *messenger) Dispatch(got *simplemsgr.Message) bool {
	m.do(action{Kind: "deliver", Message: &message{Type: got.Type, TID: got.TID,
		Priority: got.Priority, Version: got.Version, Front: slices.Clone(got.Front)}})
	return true
}

// HandleReset implements simplemsgr.ConnectionHandler.
func (m *messenger) HandleReset(*simplemsgr.Connection) { m.do(action{Kind: "reset"}) }

// HandleRemoteReset implements simplemsgr.ConnectionHandler.
func (m *messenger) HandleRemoteReset(*simplemsgr.Connection) {
	m.do(action{Kind: "remote reset"})
}

func (m *messenger) do(a action) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.did = append(m.did, a)
}

func (m *messenger) taken() []action {
	m.mu.Lock()
	defer m.mu.Unlock()
	did := m.did
	m.did = nil
	return did
}

// dial waits for what becomes of it.
func (m *messenger) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	m.do(action{Kind: "dial"})
	mine := make(chan net.Conn, 1)
	m.mu.Lock()
	m.dials = append(m.dials, mine)
	m.mu.Unlock()
	select {
	case c := <-mine:
		if c == nil {
			return nil, errors.New("refused")
		}
		return c, nil
	case <-ctx.Done():
		m.mu.Lock()
		defer m.mu.Unlock()
		m.dials = slices.DeleteFunc(m.dials, func(c chan net.Conn) bool { return c == mine })
		return nil, ctx.Err()
	}
}

// happen does what an event says.
func (m *messenger) happen(e event) error {
	peer := wire.EntityInst{Name: wire.OSD(7 - m.config.Num), Addr: m.config.Peer.wire()}
	switch e.Kind {
	case "connect":
		_, err := m.Connect(peer)
		return err
	case "send":
		return m.Send(peer, &simplemsgr.Message{Type: e.Message.Type, TID: e.Message.TID,
			Priority: e.Message.Priority, Version: e.Message.Version,
			CompatVersion: e.Message.Version, Front: e.Message.Front})
	case "mark down":
		if c := m.Lookup(peer.Addr); c != nil {
			c.MarkDown()
		}
	case "refused", "opened":
		m.mu.Lock()
		var first chan net.Conn
		if len(m.dials) > 0 {
			first, m.dials = m.dials[0], m.dials[1:]
		}
		m.mu.Unlock()
		switch {
		case e.Kind == "refused" && first != nil:
			first <- nil
		case e.Kind == "opened" && first == nil: // nobody wants it any more
			m.do(action{Kind: "close", Socket: e.Socket})
		case e.Kind == "opened":
			first <- m.socket(e.Socket, m.config.Own.wire().Append(m.config.Peer.wire().Append(
				wire.AppendBanner(nil)))[:wire.BannerSize+2*wire.EntityAddrSize],
				wire.BannerSize+wire.EntityAddrSize)
		}
	case "accepted":
		m.accepted <- m.socket(e.Socket, m.config.Peer.wire().Append(wire.AppendBanner(nil)),
			wire.BannerSize+2*wire.EntityAddrSize)
	case "bytes":
		m.sockets[e.Socket].out <- e.Bytes
	case "closed":
		m.sockets[e.Socket].Close()
	}
	return nil
}

// socket makes one, whose other end greets, and takes a greeting of that size.
func (m *messenger) socket(n int, greeting []byte, theirs int) net.Conn {
	ours, peers := net.Pipe()
	p := &pipe{peers, make(chan []byte, 1000)}
	p.out <- greeting
	m.mu.Lock()
	m.sockets[n] = p
	m.mu.Unlock()
	go func() {
		for b := range p.out {
			_, _ = p.Write(b) // who is gone does not read
		}
	}()
	go func() {
		b := make([]byte, 64<<10)
		_, err := io.ReadFull(p, b[:theirs])
		for err == nil {
			var k int
			if k, err = p.Read(b); k > 0 {
				m.do(action{Kind: "write", Socket: n, Bytes: slices.Clone(b[:k])})
			}
		}
		if errors.Is(err, io.EOF) { // else it was closed at this end
			m.do(action{Kind: "close", Socket: n})
		}
	}()
	return addressed{ours, m.config}
}

// addressed is a socket that knows where it is.
type addressed struct {
	net.Conn
	config config
}

func tcp(a addr) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(a.IP), a.Port))
}

func (a addressed) LocalAddr() net.Addr  { return tcp(a.config.Own) }
func (a addressed) RemoteAddr() net.Addr { return tcp(a.config.Peer) }

// listener hands out what the peer opens.
type listener struct {
	m      *messenger
	once   sync.Once
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.m.accepted:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return tcp(l.m.config.Own) }
