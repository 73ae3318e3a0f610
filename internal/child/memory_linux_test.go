package child

import "testing"

func TestMemoryIsBounded(t *testing.T) {
	config := config("takes memory")
	config.MaxMemory = 64 << 20
	c := start(t, config)
	<-c.Ended()
	c.Stop()
	if e := c.Exceeded(); e == nil || e.Of != "memory" ||
		e.Error() != "it was stopped: it has taken more than 64 MiB of memory" {
		t.Error(e)
	}
}
