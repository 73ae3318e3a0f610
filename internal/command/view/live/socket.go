package live

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/internal/command/view/recording"
	"simplemessenger/memnet"
)

// maxSockets is how many sockets the network can have at one moment. Three messengers have a
// handful.
const maxSockets = 64

// sockets are those of the network that have not ended.
type sockets struct {
	w *World

	mu       sync.Mutex // before that of the recorder
	byClient map[string]*socket
	crowded  bool   // there were too many, and that was told
	holding  bool   // acks are held back
	next     *Place // where the next socket breaks while it opens, nil if it does not
}

// socket is a connection of the network, with what is recorded of it.
type socket struct {
	set    *sockets
	number int
	conn   *memnet.Conn
	lanes  [2]string // who opened it, and who accepted it

	mu      sync.Mutex // held while a step of it is recorded
	decoder *decode.Decoder
	ways    [2]way // what the one has sent, and what the other has
}

// way is one direction of a socket.
type way struct {
	handed, arrived int64 // bytes that were handed to the socket, and read at its other end
	complete        int64 // bytes of whole frames among those that were handed over
	flying          []flight
	ended           bool       // the sender's end is closed, or it has seen that it is broken
	held            []byte     // the latest ACK that is held back
	sender          *end       // the sender's end, once there is one
	cut             *Place     // where it will break, nil if it will not
	wmu             sync.Mutex // held while the sender writes
}

// flight is a frame that has not arrived.
type flight struct {
	end  int64 // of its last byte
	step int
}

// opened is called with each connection before anything is sent.
func (s *sockets) opened(c *memnet.Conn) {
	k := &socket{set: s, number: c.Index() + 1, conn: c, lanes: [2]string{
		s.w.laneAt(c.ClientAddr().IP), s.w.laneAt(c.ServerAddr().IP)}}
	k.decoder = decode.NewDecoder(k.frame)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.byClient[c.ClientAddr().String()] = k
	if s.next != nil {
		k.stream(s.next.side).AfterBytes(s.next.bytes, memnet.Cut)
		s.next = nil
	}
}

// forget drops the sockets that have ended, and attempts to connect that came to nothing. s.mu is
// held.
func (s *sockets) forget() {
	maps.DeleteFunc(s.byClient, func(_ string, k *socket) bool { return k.conn.Ended() })
}

// room returns an error if there can be no further socket. The first of several is recorded.
func (s *sockets) room() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forget(); len(s.byClient) < maxSockets {
		s.crowded = false
		return nil
	}
	err := errors.Errorf("there are %d sockets, and there can be no more: until some have ended "+
		"nobody connects", maxSockets)
	if !s.crowded {
		s.crowded = true
		s.w.Recorder.Add(recording.Step{Kind: recording.Note, Mark: "alarm", Text: err.Error()})
	}
	return err
}

func (s *sockets) find(client net.Addr) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byClient[client.String()]
}

// all returns the sockets that there are.
func (s *sockets) all() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*socket
	for _, k := range s.byClient {
		all = append(all, k)
	}
	return all
}

func (w *World) laneAt(ip net.IP) string {
	for _, p := range w.peers {
		if p.host.String() == ip.String() {
			return p.name.String()
		}
	}
	return ""
}

func (s *sockets) dial(ctx context.Context, p *peer, network, address string) (net.Conn, error) {
	if err := s.room(); err != nil {
		return nil, err
	}
	c, err := p.host.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	k := s.find(c.LocalAddr())
	if k == nil { // it was cut before it came here, and is forgotten
		_ = c.Close()
		return nil, errors.WithStack(syscall.ECONNRESET)
	}
	return &end{Conn: c, socket: k, side: 0}, nil
}

// listener gives out accepted sockets that are recorded.
type listener struct {
	net.Listener
	p *peer
}

func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if k := l.p.w.sockets.find(c.RemoteAddr()); k != nil {
			return &end{Conn: c, socket: k, side: 1}, nil
		}
		_ = c.Close() // it has ended before it came here, and was forgotten
	}
}

// end is one end of a socket, as a messenger has it.
type end struct {
	net.Conn
	socket *socket
	side   int // 0 has opened it, 1 has accepted it
}

// Write records frames before they can be answered.
func (e *end) Write(b []byte) (int, error) {
	w := &e.socket.ways[e.side]
	w.wmu.Lock()
	defer w.wmu.Unlock()
	w.sender = e
	if e.socket.set.hold(e.socket, e.side, b) {
		if len(b) == ackSize {
			return ackSize, nil
		}
		n, err := e.write(b[ackSize:])
		return n + ackSize, err
	}
	return e.write(b)
}

func (e *end) write(b []byte) (int, error) {
	e.socket.cutWithin(e.side, b)
	e.socket.handed(e.side, b)
	n, err := e.Conn.Write(b)
	if err != nil {
		e.socket.end(e.side, err)
	}
	return n, err
}

// Read records what has arrived.
func (e *end) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	e.socket.arrived(1-e.side, n)
	var timeout net.Error
	if err != nil && (!errors.As(err, &timeout) || !timeout.Timeout()) {
		e.socket.end(e.side, err)
	}
	return n, err
}

// Close records the end.
func (e *end) Close() error {
	e.socket.end(e.side, nil)
	return e.Conn.Close()
}

// CloseWrite ends what this side says.
func (e *end) CloseWrite() error {
	if c, ok := e.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return e.Conn.Close()
}

// handed records the frames that are complete with b.
func (k *socket) handed(side int, b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ways[side].handed += int64(len(b))
	direction := capture.FromClient
	if side == 1 {
		direction = capture.FromServer
	}
	k.decoder.Write(direction, b, time.Now(), 0)
}

// frame is called by the decoder.
func (k *socket) frame(f *decode.Frame) {
	side := 0
	if f.Direction == capture.FromServer {
		side = 1
	}
	w := &k.ways[side]
	s := recording.Step{Kind: recording.Frame, Lane: k.lanes[side], To: k.lanes[1-side],
		Socket: k.number, Text: f.Summary, Frame: recording.SaidOf(f)}
	if len(f.Malformed) > 0 {
		s.Mark = "alarm"
	}
	w.complete = f.Offset + int64(len(f.Bytes))
	w.flying = append(w.flying, flight{w.complete, k.set.w.Recorder.Add(s)})
}

// arrived records the frames whose last byte was read.
func (k *socket) arrived(side, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := &k.ways[side]
	w.arrived += int64(n)
	for len(w.flying) > 0 && w.flying[0].end <= w.arrived {
		of := w.flying[0].step
		w.flying = w.flying[1:]
		k.set.w.Recorder.Add(recording.Step{Kind: recording.Arrival, Lane: k.lanes[1-side],
			Socket: k.number, Of: &of, Text: "it has arrived"})
	}
}

// end records that one side is done with the socket.
func (k *socket) end(side int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ways[side].ended {
		return
	}
	k.ways[side].ended = true
	s := recording.Step{Kind: recording.End, Lane: k.lanes[side], Socket: k.number,
		Text: fmt.Sprintf("%s closes socket %d", k.lanes[side], k.number)}
	if errors.Is(err, io.EOF) {
		s.Text = fmt.Sprintf("%s reads the end of socket %d", k.lanes[side], k.number)
	} else if err != nil {
		s.Mark = "alarm"
		s.Text = fmt.Sprintf("%s finds socket %d broken: %v", k.lanes[side], k.number,
			errors.Cause(err))
	}
	k.set.w.Recorder.Add(s)
	if k.ways[1-side].ended {
		k.decoder.Close()
	}
}
