package monclient

import (
	"context"
	"fmt"
	"net"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// Errors of this package, to be tested with errors.Is. A login that a monitor refuses wraps
// auth.ErrRefused, and what wraps the reason: see cephx.Login.
var (
	// ErrClosed: the Client was closed. It is a net.ErrClosed too.
	ErrClosed error = closedError{}
	// ErrMethod: the monitor wants none of the methods that were offered to it.
	ErrMethod = errors.New("no common authentication method")
	// ErrSilent: a monitor did not answer in time.
	ErrSilent = errors.New("no answer")
)

type closedError struct{}

func (closedError) Error() string { return "monclient: closed" }
func (closedError) Unwrap() error { return net.ErrClosed }

// MonitorError says that the conversation with a monitor failed.
type MonitorError struct {
	Addr  wire.EntityAddr
	Stage string // where in the conversation
	Err   error
}

func (e *MonitorError) Error() string {
	return "monclient: monitor " + e.Addr.String() + ": " + e.Stage + ": " + e.Err.Error()
}
func (e *MonitorError) Unwrap() error { return e.Err }

// gaveUpError says that a context ended, and what had come of it until then.
type gaveUpError struct {
	what     string
	ctx, why error
}

func (e *gaveUpError) Error() string {
	return "monclient: " + e.what + ": " + e.ctx.Error() + ": " + e.why.Error()
}
func (e *gaveUpError) Unwrap() []error { return []error{e.ctx, e.why} }

// gaveUp returns the error of something that waited until ctx ended.
func (c *Client) gaveUp(ctx context.Context, what string) error {
	why := c.lastError()
	if why == nil {
		why = ErrSilent
	}
	return &gaveUpError{what: what, ctx: ctx.Err(), why: why}
}

// CommandError says that the monitors refused a command, or failed in it.
type CommandError struct {
	Code   messages.Errno
	Status string // what they say of it
}

// Error returns the text that the ceph command prints.
func (e *CommandError) Error() string { return fmt.Sprintf("Error %v: %s", e.Code, e.Status) }
