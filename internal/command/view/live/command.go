package live

import (
	"context"
	"fmt"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/view/recording"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
)

// Command is what a spectator asks for.
type Command struct {
	// Do is what: send, cut, cut-frame, stall, resume, restart, race, hold-acks or release-acks.
	Do string `json:"do"`
	// Lane is the messenger that sends or restarts, To who the messages are for.
	Lane string `json:"lane,omitempty"`
	To   string `json:"to,omitempty"`
	// Count is how many messages are sent, from 1 to MaxCount.
	Count int `json:"count,omitempty"`
	// Place is where cut-frame cuts: the name of one of Places, by default "header".
	Place string `json:"place,omitempty"`
}

const (
	// MaxCount is how many messages one command can send.
	MaxCount = 1000
	// MaxWaiting is how many messages of one messenger can wait to be written or acked. Nothing
	// else would end that while the network is stalled or acks are held back.
	MaxWaiting = 2000
)

// ErrRefused is of commands that make no sense.
var ErrRefused = errors.New("the command is refused")

// Do carries a command out. It returns as soon as the messengers have been told: what comes of it
// is recorded as it happens.
func (w *World) Do(ctx context.Context, c Command) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return errors.WithMessage(ErrRefused, "the run is over")
	case w.Recorder.Full():
		return errors.WithMessage(ErrRefused, "the recording is full: begin a new run")
	}
	switch c.Do {
	case "send":
		return w.send(ctx, c)
	case "cut":
		w.note("Somebody cuts all sockets: both ends find them broken")
		w.resume()
		for _, k := range w.net.Conns() {
			k.Reset()
		}
	case "cut-frame":
		return w.cutFrame(ctx, c.Place)
	case "stall":
		w.note("The network stalls: nothing arrives, and nothing fails")
		w.stalled = true
		for _, k := range w.net.Conns() {
			k.Stall()
		}
	case "resume":
		w.resume()
	case "restart":
		return w.restart(ctx, c.Lane)
	case "race":
		return w.race(ctx)
	case "hold-acks":
		w.note("From now on acks are held back on their way")
		w.sockets.holdAcks(true)
	case "release-acks":
		w.note("Acks get through again, each socket's latest first")
		w.sockets.holdAcks(false)
	default:
		return errors.WithMessagef(ErrRefused, "there is no command %q", c.Do)
	}
	return nil
}

func (w *World) note(format string, args ...any) {
	w.Recorder.Add(recording.Step{Kind: recording.Command, Mark: "milestone",
		Text: fmt.Sprintf(format, args...)})
}

func (w *World) send(ctx context.Context, c Command) error {
	from, err := w.lane(c.Lane)
	if err != nil {
		return errors.WithMessage(ErrRefused, err.Error())
	}
	to, err := w.lane(c.To)
	if err != nil || from == to || c.Count < 1 || c.Count > MaxCount {
		return errors.WithMessagef(ErrRefused, "%d messages from %q to %q", c.Count, c.Lane, c.To)
	}
	return from.send(ctx, to, c.Count, nil)
}

// resume ends a stall.
func (w *World) resume() {
	if !w.stalled {
		return
	}
	w.stalled = false
	w.note("The network goes on")
	for _, k := range w.net.Conns() {
		k.Resume()
	}
}

// restart ends a messenger, and starts it again at its address. The others learn of it when they
// connect, so those that have a session with it are made to.
func (w *World) restart(ctx context.Context, lane string) error {
	p, err := w.lane(lane)
	if err != nil {
		return errors.WithMessage(ErrRefused, err.Error())
	}
	w.resume()
	if err := p.stop(ctx); err != nil {
		return err
	}
	var sessions []*simplemsgr.Connection
	for _, other := range w.peers {
		if other == p || other.messenger == nil {
			continue
		}
		c := other.messenger.Lookup(p.inst().Addr)
		if c == nil {
			continue
		}
		sessions = append(sessions, c)
		if c.State() == protocol.Open { // it has not noticed yet
			if _, err := c.WaitForStateChange(ctx, protocol.Open); err != nil {
				return errors.WithMessage(err, "waiting for a survivor to notice")
			}
		}
	}
	if err := p.start(ctx); err != nil {
		return err
	}
	for _, c := range sessions {
		// A message would be dropped by the reset, as it must. A keepalive makes it call too.
		if err := c.SendKeepalive(); err != nil {
			return err
		}
	}
	return nil
}

// race has the first two messengers dial each other at the same moment.
func (w *World) race(ctx context.Context) error {
	a, b := w.peers[0], w.peers[1]
	for _, p := range []*peer{a, b} {
		if err := p.ready(1); err != nil {
			return err
		}
	}
	w.resume()
	w.net.HoldDials()
	defer w.net.ReleaseDials()
	w.note("%v and %v lose their socket, and both dial at once", a.name, b.name)
	w.net.ResetConns(a.host, b.host)
	if err := a.send(ctx, b, 1, nil); err != nil {
		return err
	}
	if err := b.send(ctx, a, 1, nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := w.net.AwaitHeldDials(ctx, 2)
	return errors.WithMessage(err, "waiting for both to dial")
}
