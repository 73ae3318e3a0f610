package demo

import (
	"context"
	"errors"
	"net"
	"sync"
)

// scissors dials sockets that can be cut in the middle of a write.
type scissors struct {
	mu    sync.Mutex
	armed bool
	least int // bytes in the write that is cut
}

func (s *scissors) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return cuttable{conn, s}, nil
}

// cutWrite cuts the next write of at least n bytes on a socket that was dialed.
func (s *scissors) cutWrite(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed, s.least = true, n
}

func (s *scissors) strikes(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.armed || n < s.least {
		return false
	}
	s.armed = false
	return true
}

type cuttable struct {
	net.Conn
	s *scissors
}

var errCut = errors.New("the demo cut the socket")

// Write lets half of a write that is cut get out.
func (c cuttable) Write(b []byte) (int, error) {
	if c.s.strikes(len(b)) {
		n, _ := c.Conn.Write(b[:len(b)/2])
		_ = c.Conn.Close()
		return n, errCut
	}
	return c.Conn.Write(b)
}
