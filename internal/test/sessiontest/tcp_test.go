package sessiontest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Over real sockets, where the path of the bytes is another one: reads go past net.Conn, writes
// gather.

// tcpParty counts, for each sender that a message names, how far it has come.
type tcpParty struct {
	*simplemsgr.Messenger
	t    *testing.T
	mu   sync.Mutex
	next map[uint32]uint32
	all  chan struct{} // closed when the messages of every sender have come
	want int
	// first has the connection of the first message.
	first chan *simplemsgr.Connection
}

const tcpSenders, tcpMessages = 4, 250

func (p *tcpParty) Dispatch(m *simplemsgr.Message) bool {
	sender, number := binary.LittleEndian.Uint32(m.Front), binary.LittleEndian.Uint32(m.Front[4:])
	p.mu.Lock()
	defer p.mu.Unlock()
	if number != p.next[sender] {
		p.t.Errorf("%v: message %d of sender %d, want %d", p.Name(), number, sender, p.next[sender])
	}
	for i, b := range m.Data {
		if b != byte(number) {
			p.t.Errorf("%v: byte %d of message %d has changed", p.Name(), i, number)
			break
		}
	}
	p.next[sender] = number + 1
	select {
	case p.first <- m.Connection():
	default:
	}
	if p.want--; p.want == 0 {
		close(p.all)
	}
	return true
}

func (p *tcpParty) sendAll(c *simplemsgr.Connection) {
	var senders sync.WaitGroup
	for sender := range uint32(tcpSenders) {
		senders.Go(func() {
			for number := range uint32(tcpMessages) {
				front := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil,
					sender), number)
				data := make([]byte, 0, number*7%20000)
				for range cap(data) {
					data = append(data, byte(number))
				}
				if err := c.Send(&simplemsgr.Message{Type: 1, Front: front,
					Data: data}); err != nil {
					p.t.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
}

func newTCPParty(t *testing.T, name wire.EntityName, policy simplemsgr.Policy, tracer trace.Tracer,
	seed uint64) *tcpParty {
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy}
	config.Pipe.Tracer = tracer
	config.Pipe.InitialBackoff = time.Millisecond
	config.Pipe.MaxBackoff = 10 * time.Millisecond
	config.Pipe.Inject.SocketFailures, config.Pipe.Inject.Seed = 20, seed
	config.Pipe.PoolMessages = name.Num == 1
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	p := &tcpParty{Messenger: simplemsgr.New(name, config), t: t, next: map[uint32]uint32{},
		all: make(chan struct{}), want: tcpSenders * tcpMessages,
		first: make(chan *simplemsgr.Connection, 1)}
	p.AddDispatcher(p)
	return p
}

// Many senders on both sides while sockets fail: all of it arrives, in order and once. How many
// reads and writes it takes, and so how many of them fail, is for the machine to say: it goes on
// until one has.
func TestTCPWithSocketFailures(t *testing.T) {
	for _, pair := range []simulator.Pair{simulator.Stateful, simulator.Peers} {
		injected := 0
		for round := uint64(1); injected == 0 && !t.Failed(); round++ {
			injected = tcpRound(t, pair, round)
		}
	}
}

// tcpRound has two sides send each other everything, and returns how many sockets failed meanwhile
// because they were told to.
func tcpRound(t *testing.T, pair simulator.Pair, seed uint64) (injected int) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var records trace.Recorder
	server := newTCPParty(t, wire.OSD(0), pair.Server, &records, seed)
	client := newTCPParty(t, wire.OSD(1), pair.Client, &records, seed)
	must(t, server.Bind(ctx, "127.0.0.1:0"))
	if pair.Peers {
		must(t, client.Bind(ctx, "127.0.0.1:0"))
	}
	must(t, server.Start())
	must(t, client.Start())
	c, err := client.Connect(server.Inst())
	must(t, err)
	var sides sync.WaitGroup
	sides.Go(func() { client.sendAll(c) })
	// A message has come, so the session was open on both sides: nothing resets it any more.
	accepted := <-server.first
	sides.Go(func() { server.sendAll(accepted) })
	sides.Wait()
	for _, p := range []*tcpParty{server, client} {
		select {
		case <-p.all:
		case <-ctx.Done():
			t.Errorf("%s: %v still misses %d messages\n%s\n%s", pair.Name, p.Name(), p.want,
				server.Dump().JSON(), client.Dump().JSON())
		}
	}
	for _, f := range trace.Of[trace.Faulted](records.Records()) {
		if errors.Is(f.Err, pipe.ErrInjected) {
			injected++
		}
	}
	must(t, client.Shutdown(ctx))
	must(t, server.Shutdown(ctx))
	return injected
}

// Bad input over real sockets ends the socket as it does in memory.
func TestTCPBadInput(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var records trace.Recorder
	policy := simplemsgr.StatefulServer()
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy,
		Keepalive: simplemsgr.Keepalive{Interval: -1},
		Pipe:      pipe.Config{Tracer: &records, ReadTimeout: time.Second}})
	must(t, m.Bind(ctx, "127.0.0.1:0"))
	must(t, m.Start())
	for i, test := range []struct {
		script func(peer *rawpeer.Peer)
		reason error
	}{
		{func(peer *rawpeer.Peer) { peer.ExpectGreeting(); peer.Send([]byte("ceph v026")) },
			wire.ErrInvalid},
		{func(peer *rawpeer.Peer) { peer.Open(wire.EntityOSD); peer.Send([]byte{99}) },
			protocol.ErrProtocol},
		{func(peer *rawpeer.Peer) {
			peer.Open(wire.EntityOSD)
			frame := peer.Message(wire.MessageHeader{Type: 1}, []byte("front"), nil,
				make([]byte, 100<<10))
			frame[1+wire.MessageHeaderSize] ^= 1
			peer.Send(frame)
		}, wire.ErrCRC},
		{func(peer *rawpeer.Peer) {
			peer.Open(wire.EntityOSD)
			peer.Send(peer.Message(wire.MessageHeader{Type: 1}, []byte("front"), nil, nil)[:60])
			_ = peer.Conn.(*net.TCPConn).CloseWrite()
		}, io.ErrUnexpectedEOF},
		{func(peer *rawpeer.Peer) { peer.Open(wire.EntityOSD) }, pipe.ErrTimeout},
	} {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.Addr().AddrPort().String())
		must(t, err)
		faulted := records.Expect(func(r trace.Record) bool {
			f, ok := r.Event.(trace.Faulted)
			return ok && r.Pipe == uint64(i+1) && f.Err != nil
		})
		peer := rawpeer.New(t, conn, wire.EntityInst{Name: wire.Client(int64(i)),
			Addr: wire.EntityAddr{Nonce: uint32(i + 1)}})
		test.script(peer)
		peer.ExpectClosed()
		if f := (<-faulted).Event.(trace.Faulted); !errors.Is(f.Err, test.reason) {
			t.Errorf("script %d: fault %v, want %v", i, f.Err, test.reason)
		}
		conn.Close()
	}
	must(t, m.Shutdown(ctx))
}

// Messages of all sizes follow each other at once, in pieces of any size: what is read straight to
// its place, what is read ahead, and what comes behind it in the same system call.
func TestTCPReadsOfAllSizes(t *testing.T) {
	sizes := []int{0, 1, 4 << 10, 32<<10 - 1, 32 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 100,
		68 << 10, 256 << 10, 256<<10 + 5, 300 << 10, 0, 1 << 20, 5<<20 + 3, 77}
	for _, piece := range []int{0, 1000, 4096, 70000, 1<<20 + 1} {
		for _, prefetch := range []int{0, 128, 300 << 10} {
			got := make(chan int, len(sizes))
			server := fastServer(t, simplemsgr.StatelessServer(), func(c *simplemsgr.Config) {
				c.Pipe.PrefetchMaxSize = prefetch
				c.Pipe.PoolMessages = piece%2 == 0
			}, func(m *simplemsgr.Message) {
				i := int(m.Seq - 1)
				if len(m.Data) != sizes[i] || len(m.Front) != 200 {
					t.Errorf("message %d: %d bytes and %d of front, want %d and 200", i,
						len(m.Data), len(m.Front), sizes[i])
				}
				for k, b := range m.Data {
					if b != byte(k*31+i) {
						t.Errorf("message %d: byte %d is %#02x, want %#02x", i, k, b, byte(k*31+i))
						break
					}
				}
				got <- i
			})
			peer := dialRaw(t, server)
			var stream []byte
			for i, size := range sizes {
				data := make([]byte, size)
				for k := range data {
					data[k] = byte(k*31 + i)
				}
				stream = append(stream, peer.Message(wire.MessageHeader{Type: 1}, make([]byte, 200),
					nil, data)...)
			}
			if piece == 0 {
				piece = len(stream)
			}
			for len(stream) > 0 {
				n := min(piece, len(stream))
				peer.Send(stream[:n])
				stream = stream[n:]
			}
			for i := range sizes {
				if n := <-got; n != i {
					t.Errorf("message %d came as number %d", n, i)
				}
			}
		}
	}
}
