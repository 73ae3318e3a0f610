package monclient

import (
	"context"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// outgoing is a message of the user's on its way to run.
type outgoing struct {
	message *simplemsgr.Message
	sent    chan error // one slot
}

// Send sends a message of the user's own to the monitor that we talk to, such as a daemon's boot or
// beacon. It waits until there is a monitor, at most until ctx ends, and returns when the message
// is queued. It may be lost with that monitor, and answers go to nobody but subscriptions: who
// wants something of the monitors sends again until their maps show it.
func (c *Client) Send(ctx context.Context, m *simplemsgr.Message) error {
	o := &outgoing{message: m, sent: make(chan error, 1)}
	select {
	case c.outgoing <- o:
		return <-o.sent
	case <-c.done:
		return ErrClosed
	case <-ctx.Done():
		return c.gaveUp(ctx, "send a message")
	}
}

// messengerName returns the name in the messages to monitors. They go by it if it is an osd's;
// those of others they do not look at, or learn by the login.
func (config *Config) messengerName() wire.EntityName {
	name := wire.EntityName{Type: config.Name.Type, Num: wire.NumUnknown}
	if name.Type == wire.EntityOSD {
		if parsed, err := wire.ParseEntityName(config.Name.String()); err == nil {
			return parsed
		}
	}
	return name
}
