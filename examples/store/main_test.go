package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	lives   = 6
	writers = 8
	keys    = 120
)

// life starts a server on a host of a network in memory.
func life(t *testing.T, host *memnet.Host, dir string) *simplemsgr.Messenger {
	var config simplemsgr.Config
	config.Accepter.Listen = host.Listen
	server := newServer(config, dir)
	if err := server.Bind(t.Context(), "10.0.0.1:7000"); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	return server
}

// The server dies again and again while clients write; what was answered is there in its last life.
func TestNothingIsLostWhenTheServerIsKilled(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{Seed: 1, MinLatency: time.Millisecond,
			MaxLatency: 3 * time.Millisecond})
		defer network.Close()
		addr, err := simplemsgr.ResolveAddr(t.Context(), "10.0.0.1:7000", 0)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(simplemsgr.Config{Dial: network.Host("10.0.0.2").Dial},
			wire.EntityInst{Name: wire.OSD(0), Addr: addr})
		if err := c.messenger.Start(); err != nil {
			t.Fatal(err)
		}
		var writing sync.WaitGroup
		var answered atomic.Int64
		for writer := range writers {
			writing.Go(func() {
				for key := writer; key < keys; key += writers {
					err := c.put(t.Context(), fmt.Sprint(key), fmt.Append(nil, key))
					if err != nil {
						t.Error(err)
					}
					answered.Add(1)
				}
			})
		}

		server := life(t, network.Host("10.0.0.1"), dir)
		for range lives - 1 {
			before := answered.Load()
			for answered.Load() < before+keys/(2*lives) {
				time.Sleep(time.Millisecond)
			}
			if answered.Load() == keys {
				t.Fatal("all was written before the server died")
			}
			_ = server.Shutdown(t.Context()) // as by kill: without a word
			time.Sleep(time.Second)
			server = life(t, network.Host("10.0.0.1"), dir)
		}
		writing.Wait()

		for key := range keys {
			value, err := c.get(t.Context(), fmt.Sprint(key))
			if err != nil || string(value) != fmt.Sprint(key) {
				t.Errorf("key %d has the value %q, %v", key, value, err)
			}
		}
		_ = c.messenger.Shutdown(t.Context())
		_ = server.Shutdown(t.Context())
	})
}

// The commands, over real sockets; the end of the context is what SIGTERM does.
func TestServePutAndGet(t *testing.T) {
	ctx, terminate := context.WithCancel(t.Context())
	says, stdout := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- run(ctx, []string{"serve", "127.0.0.1:0", t.TempDir()}, stdout)
		stdout.Close()
	}()
	var address string
	if _, err := fmt.Fscanf(says, "listening on %s\n", &address); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(ctx, []string{"put", address, "a=one", "b="}, &out); err != nil {
		t.Error(err)
	}
	if err := run(ctx, []string{"get", address, "a", "b"}, &out); err != nil || out.String() !=
		"one\n\n" {
		t.Errorf("get prints %q, %v", out.String(), err)
	}
	if err := run(ctx, []string{"get", address, "c"}, &out); !errors.Is(err, errMissing) {
		t.Errorf("get of what is not there: %v", err)
	}
	terminate()
	if last, err := io.ReadAll(says); err != nil || string(last) != "draining\n" {
		t.Errorf("the server says %q, %v", last, err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestMistakesAreToldApart(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"put", "127.0.0.1:1"},
		{"put", "127.0.0.1:1", "novalue"}, {"sell", "127.0.0.1:1", "a"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("run(%q) has not failed", args)
		}
	}
}
