//go:build linux && amd64

package pipe_test

import (
	"errors"
	"strings"
	"testing"

	"simplemessenger/pipe"
)

// Lengths on the wire have 32 bits. What does not fit, and nothing at all, is refused, by whatever connection.
func TestSendRefusesWhatCannotBeSent(t *testing.T) {
	big := untouchedMemory(t, 1<<32)
	fits := big[:1<<32-1]
	delivered := 0
	c := pipe.NewLoopback(loopbackHost{}, 1, func(*pipe.Message) error { delivered++; return nil })
	for name, m := range map[string]*pipe.Message{"front": {Front: big}, "middle": {Middle: big}, "data": {Data: big}} {
		m.Type, m.TID = 100, 7
		err := c.Send(m)
		if !errors.Is(err, pipe.ErrPartTooLarge) || !strings.Contains(err.Error(), name+" of 4294967296 bytes") || !strings.Contains(err.Error(), "type 100 tid 7") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Send(nil); !errors.Is(err, pipe.ErrNilMessage) {
		t.Errorf("nil: %v", err)
	}
	if err := c.Send(&pipe.Message{Front: fits, Middle: fits, Data: fits}); err != nil || delivered != 1 {
		t.Errorf("parts that just fit: %v, %d delivered", err, delivered)
	}
}
