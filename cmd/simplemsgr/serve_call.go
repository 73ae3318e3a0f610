package main

import (
	"context"
	"sync"
	"time"

	"github.com/pkg/errors"
	"github.com/spf13/pflag"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// nowhere as --bind means that the messenger does not listen.
const nowhere = "nowhere"

// serveCall are the peers that serve calls by itself.
type serveCall struct {
	addrs    []string
	peer     string
	interval time.Duration
}

func (s *serveCall) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.addrs, "call", nil,
		"call the peer at this address as well, HOST:PORT[/NONCE], and ping it, for ever")
	flags.StringVar(&s.peer, "call-peer", "osd.0", "with --call: its name")
	flags.DurationVar(&s.interval, "call-interval", time.Second, "with --call: pause between pings")
}

// check says what cannot go together.
func (s *serveCall) check(bind string) error {
	if bind == nowhere && len(s.addrs) == 0 {
		return errors.New("--bind nowhere needs --call: nobody could talk to it")
	}
	return nil
}

// start begins to call. Whoever has started it calls stop, which ends the pings and waits for that.
func (s *serveCall) start(ctx context.Context, m *simplemsgr.Messenger, own *ownPings) (stop func(),
	err error) {
	ctx, cancel := context.WithCancel(ctx)
	var calling sync.WaitGroup
	stop = func() { cancel(); calling.Wait() }
	name, err := wire.ParseEntityName(s.peer)
	if err != nil {
		return stop, errors.WithMessage(err, "--call-peer")
	}
	for _, text := range s.addrs {
		addr, err := simplemsgr.ResolveAddr(ctx, text, 0)
		if err != nil {
			return stop, errors.WithMessage(err, "--call")
		}
		calling.Go(func() { s.ping(ctx, m, wire.EntityInst{Name: name, Addr: addr}, own) })
	}
	return stop, nil
}

// ping sends a ping, and then another one after each pause. What is lost with a session is not
// told: the next ping opens another one.
func (s *serveCall) ping(ctx context.Context, m *simplemsgr.Messenger, to wire.EntityInst,
	own *ownPings) {
	pause := time.NewTicker(max(s.interval, time.Millisecond))
	defer pause.Stop()
	for tid := own.first; ; tid++ {
		_ = m.Send(to, &simplemsgr.Message{Type: uint16(messages.TypePing), TID: tid, Version: 1,
			Priority: wire.PriorityDefault})
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
	}
}

// ownPings takes the answers to our own pings before they are echoed: two that call each other
// would go on answering answers.
type ownPings struct{ first uint64 }

// newOwnPings takes the transaction ids that begin with the messenger's nonce.
func newOwnPings(nonce uint32) *ownPings { return &ownPings{first: uint64(nonce)<<32 + 1} }

func (o *ownPings) Dispatch(m *simplemsgr.Message) bool { return o.CanFastDispatch(m) }
func (o *ownPings) FastDispatch(*simplemsgr.Message)    {}
func (o *ownPings) CanFastDispatch(m *simplemsgr.Message) bool {
	return m.Type == uint16(messages.TypePing) && m.TID>>32 == o.first>>32
}
