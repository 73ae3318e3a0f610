package session

import (
	"net"

	"github.com/pkg/errors"
)

// Errors of this package, to be tested with errors.Is.
var (
	// ErrClosed: the connection is marked down, reset or shut down. Nothing was sent. It is a
	// net.ErrClosed too.
	ErrClosed error = closedError{}
	// ErrQueueFull: the out queue is at one of the limits of Config.QueueLimit*. Nothing was
	// queued; see Connection.WaitForRoom.
	ErrQueueFull = errors.New("out queue is full")
	// ErrReplaced: another carrier has taken over the session.
	ErrReplaced = errors.New("replaced by another pipe")
	// ErrPartTooLarge: a part of a message to be sent has 4 GiB or more: its length has 32 bits on
	// the wire. Nothing was queued.
	ErrPartTooLarge = errors.New("part above 4 GiB - 1")
	// ErrNilMessage: nil was to be sent.
	ErrNilMessage = errors.New("no message to be sent")
	// ErrPeerClosed: the peer said CLOSE.
	ErrPeerClosed = errors.New("closed by peer")
	// ErrWrongPeer: whoever answered is not the peer that was called.
	ErrWrongPeer = errors.New("wrong peer")
	// ErrTimeout: nothing came within Config.ReadTimeout.
	ErrTimeout = errors.New("nothing received for the read timeout")
	// ErrNoKeepalive: a KEEPALIVE2 of ours was not answered within the Timeout of the messenger's
	// Keepalive. It is an ErrTimeout too.
	ErrNoKeepalive error = noKeepaliveError{}
	// ErrInjected: a fault that Config asked for.
	ErrInjected = errors.New("injected fault")
)

type noKeepaliveError struct{}

func (noKeepaliveError) Error() string { return "no answer to a keepalive" }
func (noKeepaliveError) Unwrap() error { return ErrTimeout }

type closedError struct{}

func (closedError) Error() string { return "connection is closed" }
func (closedError) Unwrap() error { return net.ErrClosed }
