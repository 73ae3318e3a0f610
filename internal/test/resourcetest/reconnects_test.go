//go:build unix

package resourcetest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"simplemessenger/internal/test/engines"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// cutter dials for one session, and cuts the socket that it dialed last: whoever has it by then
// sees it end.
type cutter struct {
	mu sync.Mutex
	fd int // a descriptor of that socket; 0 before the first
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil, err
	}
	c.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	var dup error
	if err := raw.Control(func(fd uintptr) {
		c.fd, dup = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3)
	}); err != nil {
		return nil, err
	}
	return conn, dup
}

func (c *cutter) cut() {
	c.mu.Lock()
	_ = unix.Shutdown(c.fd, unix.SHUT_RDWR)
	c.mu.Unlock()
	c.close()
}

func (c *cutter) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd != 0 {
		_ = unix.Close(c.fd)
		c.fd = 0
	}
}

const reconnecting = 10 // sessions

// A11: ten thousand reconnects leave nothing behind: connection and session do not hold each other.
func TestHardCaseA11TenThousandReconnects(t *testing.T) {
	server := start(t, wire.OSD(0), simplemsgr.StatefulServer(),
		simplemsgr.Config{Engine: engines.New}, true, echo{})
	var clients [reconnecting]*simplemsgr.Messenger
	var cutters [reconnecting]cutter
	var got [reconnecting]answers
	for i := range clients {
		got[i] = make(answers, 1)
		clients[i] = start(t, wire.Client(int64(i)), simplemsgr.LosslessClient(),
			simplemsgr.Config{Engine: engines.New, Dial: cutters[i].dial,
				Pipe: pipe.Config{InitialBackoff: time.Millisecond}}, false, got[i])
	}
	tid := uint64(0)
	rounds := func(n int) {
		var wg sync.WaitGroup
		for i, client := range clients {
			wg.Go(func() {
				for n := range uint64(n) {
					tid := tid + n
					if err := client.Send(server.Inst(), &simplemsgr.Message{Type: 100, TID: tid,
						Front: make([]byte, 100)}); err != nil {
						t.Error(err)
						return
					}
					select {
					case a := <-got[i]:
						if a != tid {
							t.Errorf("client %d: answer to %d, want %d", i, a, tid)
							return
						}
					case <-time.After(patience):
						t.Errorf("no answer\n%s", client.Dump().JSON())
						return
					}
					cutters[i].cut()
				}
			})
		}
		wg.Wait()
		tid += uint64(n)
	}
	rounds(20) // what is allocated once is allocated now
	before := take(server)
	rounds(many / reconnecting)
	after := take(server)
	t.Logf("SUMMARY: %d reconnects: before %+v, after %+v", many, before, after)
	if after.pipes > 2*reconnecting || after.goroutines > before.goroutines+4*reconnecting ||
		after.descriptors > before.descriptors+4*reconnecting {
		t.Errorf("before %+v, after %+v\n%s", before, after, server.Dump().JSON())
	}
	if after.heap > before.heap+2<<20 {
		t.Errorf("heap grew from %d to %d bytes", before.heap, after.heap)
	}
}
