package pipe

import (
	"net"

	"github.com/pkg/errors"

	"simplemessenger/internal/frame"
	"simplemessenger/internal/handshake"
)

// Errors of this package, to be tested with errors.Is.
var (
	// ErrClosed: the connection is marked down, reset or shut down. Nothing was sent. It is a net.ErrClosed too.
	ErrClosed error = closedError{}
	// ErrQueueFull: the out queue is at one of the limits of Config.QueueLimit*. Nothing was queued; see Connection.WaitForRoom.
	ErrQueueFull = errors.New("out queue is full")
	// ErrNotCeph: what answers, or calls, does not begin with the banner of this protocol.
	ErrNotCeph = handshake.ErrNotCeph
	// ErrUnproven: the peer accepted our credentials, but did not prove that it has the key to them.
	ErrUnproven = handshake.ErrUnproven
	// ErrWrongPeer: whoever answered is not the peer that was called.
	ErrWrongPeer = errors.New("wrong peer")
	// ErrReplaced: another pipe has taken over the session.
	ErrReplaced = errors.New("replaced by another pipe")
	// ErrCRCOff: a checksum of the header or of the front or middle part is wrong and was sent as 0: the peer seems not to compute any
	// (ms_crc_header = false), and we insist. It is a wire.ErrCRC too.
	ErrCRCOff = frame.ErrCRCOff
	// ErrPartTooLarge: a part of a message to be sent has 4 GiB or more: its length has 32 bits on the wire. Nothing was queued.
	ErrPartTooLarge = errors.New("part above 4 GiB - 1")
	// ErrNilMessage: nil was to be sent.
	ErrNilMessage = errors.New("no message to be sent")
	// ErrTimeout: nothing came within Config.ReadTimeout.
	ErrTimeout = errors.New("nothing received for the read timeout")
	// ErrPeerClosed: the peer said CLOSE.
	ErrPeerClosed = errors.New("closed by peer")
	// ErrInjected: a fault that Config asked for.
	ErrInjected = errors.New("injected fault")
)

type closedError struct{}

func (closedError) Error() string { return "connection is closed" }
func (closedError) Unwrap() error { return net.ErrClosed }
