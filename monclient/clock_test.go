package monclient_test

import (
	"context"
	"net"
	"testing"
	"time"

	"simplemessenger/wire"
)

// steppedConn is a connection to a monitor at whose stamps, which are echoes of our own clock, one
// can see that the clock was stepped since.
type steppedConn struct {
	net.Conn
	by int32 // seconds
}

func (c steppedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n == 1+wire.TimespecSize && wire.Tag(b[0]) == wire.TagKeepalive2Ack {
		stamp, _ := wire.DecodeTimespec(b[1:n])
		stamp.Sec = uint32(int32(stamp.Sec) + c.by)
		stamp.Append(b[:1])
	}
	return n, err
}

// A step of the wall clock ends no healthy session with a monitor.
func TestSessionSurvivesAStepOfTheClock(t *testing.T) {
	for _, by := range []int32{-3600, 3600} {
		in(t, []string{"a"}, func(t *testing.T, w *world) {
			config := w.config("a")
			dial, dials := config.Messenger.Dial, 0
			config.Messenger.Dial = func(ctx context.Context, network, address string) (net.Conn,
				error) {
				conn, err := dial(ctx, network, address)
				dials++
				return steppedConn{conn, by}, err
			}
			w.dial(config)
			time.Sleep(10 * time.Minute)
			if dials != 1 {
				t.Errorf("clock stepped by %d s: %d connections within ten minutes", by, dials)
			}
		})
	}
}

// A monitor that stays silent is noticed even if its last stamp was of the future.
func TestSilenceIsNoticedAfterAStepOfTheClock(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		config := w.config("a")
		dial := config.Messenger.Dial
		config.Messenger.Dial = func(ctx context.Context, network, address string) (net.Conn,
			error) {
			conn, err := dial(ctx, network, address)
			return steppedConn{conn, 3600}, err
		}
		c := w.dial(config)
		time.Sleep(time.Minute)
		w.net.Partition(w.host("a"), w.net.Host("10.0.1.1"))
		time.Sleep(2 * time.Minute)
		if got := w.monitorOf(c); got != "b" {
			t.Errorf("two minutes after mon.a fell silent we talk to mon.%s", got)
		}
	})
}
