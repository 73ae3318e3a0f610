package socket

import (
	"net"

	"github.com/pkg/errors"
)

// DialError says that err is of the dial, unless err says so itself, as those of package net do.
func DialError(err error) error {
	if SaysDial(err) {
		return err
	}
	return errors.WithMessage(err, "dial")
}

// SaysDial reports whether the text of err begins with the step, "dial".
func SaysDial(err error) bool {
	operation, ok := err.(*net.OpError)
	return ok && operation.Op == "dial"
}
