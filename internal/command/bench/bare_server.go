package bench

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"simplemessenger/wire"
)

// Sizes of what the bare loop sends: what the protocol adds to data, apart from the front part, and
// a reply as large as an MOSDOpReply.
const (
	bareOverhead = 75
	bareReply    = 200
	bareBuffer   = 64 << 10
)

// BareServer is the other end of the bare loop: it reads whole requests, and answers with 200 bytes
// each, which it writes as soon as no whole request is at hand any more.
type BareServer struct {
	listener net.Listener
	size     int
	crc      bool
	answered atomic.Uint64

	mu          sync.Mutex
	connections map[net.Conn]bool
	goroutines  sync.WaitGroup
}

// NewBareServer returns a server that listens on address, for requests with size bytes of data.
func NewBareServer(ctx context.Context, o Options, address string) (*BareServer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &BareServer{listener: listener, size: o.Size, crc: o.CRC, connections: map[net.Conn]bool{}}
	s.goroutines.Go(s.accept)
	return s, nil
}

// Addr returns the address to connect to; it has no nonce.
func (s *BareServer) Addr() wire.EntityAddr { return wire.EntityAddrFromNet(s.listener.Addr(), 0) }

// Usage returns what the process has used so far, and how many requests were answered.
func (s *BareServer) Usage() (Usage, error) {
	u := ProcessUsage()
	u.Answered = s.answered.Load()
	return u, nil
}

// Close ends the server and waits for its goroutines.
func (s *BareServer) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.connections {
		_ = c.Close()
	}
	s.connections = nil
	s.mu.Unlock()
	s.goroutines.Wait()
}

func (s *BareServer) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.connections == nil {
			_ = c.Close()
		} else {
			s.connections[c] = true
			s.goroutines.Go(func() { s.serve(c) })
		}
		s.mu.Unlock()
	}
}

func (s *BareServer) serve(c net.Conn) {
	defer c.Close()
	request, reply := make([]byte, bareOverhead+s.size), make([]byte, bareReply)
	in, out := bufio.NewReaderSize(c, bareBuffer), bufio.NewWriterSize(c, bareBuffer)
	for {
		if _, err := io.ReadFull(in, request); err != nil {
			return
		}
		if s.crc {
			_ = wire.CRC(0, request[bareOverhead:])
		}
		s.answered.Add(1)
		if _, err := out.Write(reply); err != nil {
			return
		}
		if in.Buffered() < len(request) {
			if err := out.Flush(); err != nil {
				return
			}
		}
	}
}
