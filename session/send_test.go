//go:build linux && amd64

package session_test

import (
	"errors"
	"strings"
	"testing"

	"simplemessenger/session"
)

// Lengths on the wire have 32 bits. What does not fit, and nothing at all, is refused, by whatever
// connection.
func TestSendRefusesWhatCannotBeSent(t *testing.T) {
	big := untouchedMemory(t, 1<<32)
	fits := big[:1<<32-1]
	delivered := 0
	c := session.NewLoopback(loopbackHost{}, 1,
		func(*session.Message) error { delivered++; return nil })
	for name, m := range map[string]*session.Message{"front": {Front: big}, "middle": {Middle: big},
		"data": {Data: big}} {
		m.Type, m.TID = 100, 7
		err := c.Send(m)
		if !errors.Is(err, session.ErrPartTooLarge) || !strings.Contains(err.Error(),
			name+" of 4294967296 bytes") || !strings.Contains(err.Error(), "type 100 tid 7") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Send(nil); !errors.Is(err, session.ErrNilMessage) {
		t.Errorf("nil: %v", err)
	}
	if err := c.Send(&session.Message{Front: fits, Middle: fits,
		Data: fits}); err != nil || delivered != 1 {
		t.Errorf("parts that just fit: %v, %d delivered", err, delivered)
	}
}
