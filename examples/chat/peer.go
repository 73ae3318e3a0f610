package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// typeLine is a line: the text in the front, its number as the TID.
const typeLine = 1000

// peer is one of those who talk. It is the dispatcher of its messenger.
type peer struct {
	simplemsgr.NopEvents
	messenger   *simplemsgr.Messenger
	connections []*simplemsgr.Connection
	faults      atomic.Int64

	// These belong to the dispatch goroutine until heardAll is closed.
	heard    map[wire.EntityName]uint64 // lines of each
	missing  int
	wrong    error
	heardAll chan struct{}
}

func newPeer(ctx context.Context, number int64, peers int) (*peer, error) {
	p := &peer{heard: map[wire.EntityName]uint64{}, missing: lines * (peers - 1),
		heardAll: make(chan struct{})}
	var config simplemsgr.Config
	// One in so many reads and writes breaks its socket, and one in ten messages comes late.
	config.Pipe.Inject = pipe.Inject{SocketFailures: 10,
		DelayProbability: 0.1, DelayMax: time.Millisecond}
	// After so many faults in a row the pauses would become long.
	config.Pipe.MaxBackoff = 10 * time.Millisecond
	p.messenger = simplemsgr.New(wire.OSD(number), config)
	// Either side may connect, and the session is carried on over as many sockets as it takes.
	p.messenger.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
	p.messenger.AddDispatcher(p)
	if err := p.messenger.Bind(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	return p, p.messenger.Start()
}

// talk says everything to everybody. It waits for nobody: what is said is queued.
func (p *peer) talk(peers []*peer) error {
	for _, other := range peers {
		if other == p {
			continue
		}
		connection, err := p.messenger.Connect(other.messenger.Inst())
		if err != nil {
			return err
		}
		for line := range uint64(lines) {
			m := &simplemsgr.Message{Type: typeLine, TID: line,
				Front: fmt.Appendf(nil, "line %d of %v", line, p.messenger.Name())}
			if err := connection.Send(m); err != nil {
				return err
			}
		}
		p.connections = append(p.connections, connection)
	}
	return nil
}

// finish waits until p has heard everything, and all that it has said is acked.
func (p *peer) finish(ctx context.Context) error {
	select {
	case <-p.heardAll:
	case <-ctx.Done():
		return errors.WithMessage(context.Cause(ctx), "wait for lines")
	}
	for _, connection := range p.connections {
		if err := connection.Flush(ctx); err != nil {
			return err
		}
	}
	return p.wrong
}

// Dispatch implements simplemsgr.Dispatcher: it expects each line of each peer, once and in order.
func (p *peer) Dispatch(m *simplemsgr.Message) bool {
	if want := p.heard[m.Source]; m.TID != want && p.wrong == nil {
		p.wrong = errors.Errorf("%v heard %q when line %d was due", p.messenger.Name(), m.Front,
			want)
	}
	p.heard[m.Source]++
	if p.missing--; p.missing == 0 {
		close(p.heardAll)
	}
	return true
}

// HandleFault implements simplemsgr.FaultHandler: a socket broke, and nobody has to do anything.
func (p *peer) HandleFault(*simplemsgr.Connection, error) { p.faults.Add(1) }
