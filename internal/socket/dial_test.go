package socket_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"simplemessenger/internal/socket"
)

func TestDialErrorSaysTheStepOnce(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for want, err := range map[string]error{
		"dial tcp: connection refused": refused,
		"dial: no route":               errors.New("no route"),
		"dial: read tcp: connection refused": &net.OpError{Op: "read", Net: "tcp",
			Err: refused.Err},
	} {
		got := socket.DialError(err)
		if got.Error() != want || !errors.Is(got, err) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
