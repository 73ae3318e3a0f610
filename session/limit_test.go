package session

import "testing"

// One peer that neither reads nor acks leaves room for others.
func TestLimitsOfOneLeaveRoomForOthers(t *testing.T) {
	c := Config{}.WithDefaults()
	if one := c.QueueLimitBytes + c.SentLimitBytes; one > c.QueueLimitTotal/2 {
		t.Errorf("one session may hold %d bytes of %d", one, c.QueueLimitTotal)
	}
}
