package live

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/recording"
	"simplemessenger/memnet"
	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// port is where each messenger listens, on a host of its own.
const port = 6800

// peer is a messenger through all of its lives.
type peer struct {
	w      *World
	number int
	name   wire.EntityName
	engine engine.Engine
	host   *memnet.Host

	lives     int
	life      *recording.Life
	messenger *simplemsgr.Messenger // nil while there is none
	sent      uint64                // messages, which is what they say
	arrived   atomic.Int64          // messages that were dispatched here
}

func (p *peer) bind() string { return fmt.Sprintf("10.0.0.%d:%d", p.number+1, port) }

// nonce stays the same through all lives: the peer comes back at its address.
func (p *peer) nonce() uint32 { return uint32(1001 + p.number) }

// start begins a life.
func (p *peer) start(ctx context.Context) error {
	p.lives++
	p.life = p.w.Recorder.NewLife(p.name.String(), p.lives, p.engine.String() != "simple")
	p.w.Recorder.Add(recording.Step{Kind: recording.Command, Lane: p.name.String(),
		Mark: "milestone", Text: fmt.Sprintf("%v starts at %s/%d, engine %v", p.name, p.bind(),
			p.nonce(), p.engine)})
	config := simplemsgr.Config{Nonce: p.nonce(), Engine: p.engine.New,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return p.w.sockets.dial(ctx, p, network, address)
		}}
	config.Accepter.Listen = func(ctx context.Context, network,
		address string) (net.Listener, error) {
		l, err := p.host.Listen(ctx, network, address)
		return listener{l, p}, err
	}
	config.Pipe.Tracer = p.life
	m := simplemsgr.New(p.name, config)
	m.SetDefaultPolicy(simplemsgr.LosslessPeerReuse())
	m.AddDispatcher(p)
	if err := m.Bind(ctx, p.bind()); err != nil {
		return err
	}
	p.messenger = m
	return m.Start()
}

// stop ends the life, if there is one.
func (p *peer) stop(ctx context.Context) error {
	if p.messenger == nil {
		return nil
	}
	dropped := new(simplemsgr.DroppedError) // as when a process ends
	err := p.messenger.Shutdown(ctx)
	p.messenger = nil
	p.life.End(recording.Step{Kind: recording.Command, Lane: p.name.String(), Mark: "alarm",
		Text: p.name.String() + " is down, and knows nothing any more"})
	if errors.As(err, &dropped) {
		return nil
	}
	return errors.WithMessage(err, p.name.String())
}

// Dispatch implements simplemsgr.Dispatcher.
func (p *peer) Dispatch(*simplemsgr.Message) bool {
	p.arrived.Add(1)
	return true
}

// ready returns an error if p cannot send so many messages now.
func (p *peer) ready(count int) error {
	if p.messenger == nil {
		return errors.WithMessagef(ErrRefused, "%v is down: restart it first", p.name)
	}
	waiting := 0
	for _, s := range p.life.Pipes() {
		waiting += s.Queued + s.Sent
	}
	if waiting+count > MaxWaiting {
		return errors.WithMessagef(ErrRefused, "%d messages of %v wait to be written or acked, and "+
			"at most %d can: let the network go on first, and acks through", waiting, p.name,
			MaxWaiting)
	}
	return nil
}

// send queues messages with that data for a peer, as long as ctx goes on.
func (p *peer) send(ctx context.Context, to *peer, count int, data []byte) error {
	if err := p.ready(count); err != nil {
		return err
	}
	connection, err := p.messenger.Connect(to.inst())
	if err != nil {
		return err
	}
	words := fmt.Sprintf("%d messages", count)
	if count == 1 {
		words = "a message"
	}
	p.life.Queue(connection.ID(), to.name.String(), count, recording.Step{
		Kind: recording.Command, Lane: p.name.String(),
		Text: fmt.Sprintf("%v has %s for %v", p.name, words, to.name)})
	for range count {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.sent++
		m := &simplemsgr.Message{Type: uint16(messages.TypePing), Version: 1, TID: p.sent,
			Front: binary.LittleEndian.AppendUint64(nil, p.sent), Data: data}
		if err := connection.Send(m); err != nil {
			return err
		}
	}
	return nil
}

// inst is how others call it, also while it is down.
func (p *peer) inst() wire.EntityInst {
	if p.messenger != nil {
		return p.messenger.Inst()
	}
	addr, err := wire.ParseEntityAddr(fmt.Sprintf("%s/%d", p.bind(), p.nonce()))
	if err != nil {
		panic(err) // it is made of constants
	}
	return wire.EntityInst{Name: p.name, Addr: addr}
}
