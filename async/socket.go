package async

import "github.com/pkg/errors"

// errAgain: a socket is not ready. Its owner will be told when it is.
var errAgain = errors.New("not ready")

// owner is told of a socket's readiness, by the worker's goroutine.
type owner interface {
	readable()
	writable()
	// lost: nobody watches the socket any more.
	lost(err error)
}

// stream is a socket that never waits. Its methods but writeNow are called by the worker's
// goroutine.
type stream interface {
	// read reads what there is, at least one byte, or returns errAgain.
	read(b []byte) (int, error)
	// readBoth reads into part, and what comes behind it into behind, if that is no more trouble.
	readBoth(part, behind []byte) (int, error)
	// write writes as much of the pieces as goes. Less than all of it means that the owner will be
	// told, and comes again with the rest.
	write(pieces [][]byte) (int, error)
	// writeNow is write for any goroutine that has the right to write.
	writeNow(b []byte) (int, error)
	close()
}
