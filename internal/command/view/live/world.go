package live

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/recording"
	"simplemessenger/memnet"
	"simplemessenger/wire"
)

const (
	// latency is how long each segment is on its way. Beside what the messengers do in memory it is
	// long, so that steps are in an order that a reader expects.
	latency = 4 * time.Millisecond
	// patience bounds each wait for something that must come.
	patience = 20 * time.Second
	// MaxMessengers is how many messengers there can be.
	MaxMessengers = 3
)

// Options say what is run.
type Options struct {
	// ID is that of the run.
	ID string
	// Engines has the engine of each messenger; there are as many, from two to MaxMessengers.
	Engines []engine.Engine
	// Record is where the run is written to as well; nil for nowhere.
	Record io.Writer
}

// World is a network with its messengers. Commands are carried out one after the other.
type World struct {
	Recorder *recording.Recorder

	net   *memnet.Network
	peers []*peer

	mu      sync.Mutex // held while a command is carried out
	sockets sockets
	stalled bool
	closed  bool
}

// Start starts messengers. They do nothing yet; Close ends them.
func Start(ctx context.Context, o Options) (*World, error) {
	if len(o.Engines) < 2 || len(o.Engines) > MaxMessengers {
		return nil, errors.Errorf("%d messengers; there can be 2 or %d", len(o.Engines),
			MaxMessengers)
	}
	w := &World{net: memnet.New(memnet.Config{Seed: 1, MinLatency: latency, MaxLatency: latency})}
	run := recording.Run{ID: o.ID, Title: title(o.Engines)}
	for i, e := range o.Engines {
		p := &peer{w: w, number: i, name: wire.OSD(int64(i)), engine: e}
		p.host = w.net.Host(fmt.Sprintf("10.0.0.%d", i+1))
		w.peers = append(w.peers, p)
		run.Lanes = append(run.Lanes, recording.Lane{Name: p.name.String(), Addr: p.bind(),
			Engine: e.String()})
	}
	w.Recorder = recording.NewRecorder(run, o.Record)
	w.sockets = sockets{w: w, byClient: make(map[string]*socket)}
	w.net.OnConn(w.sockets.opened)
	for _, p := range w.peers {
		if err := p.start(ctx); err != nil {
			// The first error is the reason; it may be that ctx has ended.
			_ = w.Close(context.WithoutCancel(ctx))
			return nil, err
		}
	}
	return w, nil
}

func title(engines []engine.Engine) string {
	text := fmt.Sprintf("%d messengers", len(engines))
	for i, e := range engines {
		text += map[bool]string{true: ": ", false: ", "}[i == 0] + e.String()
	}
	return text
}

// Close ends all messengers and the recording. It returns what kept that from being written.
func (w *World) Close(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.resume()
	w.net.ReleaseDials()
	var all error
	for _, p := range w.peers {
		if err := p.stop(ctx); err != nil && all == nil {
			all = err
		}
	}
	w.net.Close()
	if err := w.Recorder.End(); err != nil {
		return errors.WithMessage(err, "the recording")
	}
	return all
}

// lanesOf returns who has opened a connection, and who has accepted it.
func (w *World) lanesOf(c *memnet.Conn) (from, to *peer) {
	for _, p := range w.peers {
		switch p.host {
		case c.ClientHost():
			from = p
		case c.ServerHost():
			to = p
		}
	}
	return from, to
}

// lane returns the messenger of that name.
func (w *World) lane(name string) (*peer, error) {
	for _, p := range w.peers {
		if p.name.String() == name {
			return p, nil
		}
	}
	return nil, errors.Errorf("there is no messenger %q", name)
}
