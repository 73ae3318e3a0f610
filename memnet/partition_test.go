package memnet_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
)

func TestPartitionDelaysData(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		write(t, p.client, "arrived ")
		settle()
		write(t, p.client, "in flight ")
		p.network.Partition(p.clientHost, p.serverHost)
		write(t, p.client, "sent into it")
		closeWrite(t, p.client)

		p.server.SetReadDeadline(time.Now().Add(time.Hour))
		want := "arrived in flight "
		if config.MinLatency > 0 {
			want = "arrived "
		}
		if got, err := readAll(p.server); got != want || !isTimeout(err) {
			t.Errorf("in the partition: read %q, %v, want %q and a timeout", got, err, want)
		}
		p.server.SetReadDeadline(time.Time{})
		p.network.Heal(p.serverHost, p.clientHost) // the order does not matter
		if got, err := readAll(
			p.server); want+got != "arrived in flight sent into it" || err != nil {
			t.Errorf("after it: read %q, %v", got, err)
		}

		p.network.Partition(p.clientHost, p.serverHost)
		write(t, p.server, "the other direction")
		settle()
		p.network.Heal(p.clientHost, p.serverHost)
		wantRead(t, p.client, "the other direction")
	})
}

// What was sent just before the partition ends still takes its latency.
func TestHealKeepsLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{MinLatency: time.Second})
		p.network.Partition(p.clientHost, p.serverHost)
		begin := time.Now()
		write(t, p.client, "x")
		p.network.Heal(p.clientHost, p.serverHost)
		wantRead(t, p.server, "x")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v, want the latency", took)
		}
	})
}

func TestPartitionLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{})
		third := p.network.Host("10.0.0.3")
		p.network.Partition(p.clientHost, third)
		p.network.Partition(p.serverHost, third)
		write(t, p.client, "x")
		wantRead(t, p.server, "x")
	})
}

func TestPartitionHoldsDials(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		p.network.Partition(p.clientHost, p.serverHost)

		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err := p.clientHost.Dial(ctx, "tcp", "10.0.0.1:6800")
		if !errors.Is(err, context.DeadlineExceeded) || !isTimeout(err) {
			t.Errorf("dial into a partition: %v, want a timeout", err)
		}
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("dial waited %v, want a minute", waited)
		}

		for _, address := range []string{"10.0.0.1:6800", "10.0.0.1:1"} {
			done := make(chan error)
			p.network.Partition(p.clientHost, p.serverHost)
			go func() {
				_, err := p.clientHost.Dial(context.Background(), "tcp", address)
				done <- err
			}()
			settle()
			select {
			case err := <-done:
				t.Errorf("dial of %s ended in a partition: %v", address, err)
			default:
			}
			p.network.Heal(p.clientHost, p.serverHost)
			if err := <-done; err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		}
	})
}

func TestResetConns(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		third := p.network.Host("10.0.0.3")
		other := dial(t, third, "10.0.0.1:6800")
		p.network.Partition(p.clientHost, p.serverHost)
		p.network.ResetConns(p.clientHost, p.serverHost)
		if _, err := readAll(p.client); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v, want ECONNRESET", err)
		}
		if _, err := readAll(p.server); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v, want ECONNRESET", err)
		}
		write(t, other, "x")
	})
}
