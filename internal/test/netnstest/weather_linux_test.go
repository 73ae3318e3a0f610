package netnstest

import (
	"fmt"
	"testing"
)

// Between two hosts that lose one packet in ten every message arrives once and in order.
func TestLossyNetwork(t *testing.T) {
	h := newHosts(t)
	h.lose(10)
	receiver := startChild(t, h, 0, "receiver")
	startChild(t, h, 1, "sender")
	receiver.await(fmt.Sprint("delivered ", total))
}

// Two hosts are cut off from one another until both have noticed, and again; each time the session
// goes on where it was.
func TestPartitionThatHeals(t *testing.T) {
	h := newHosts(t)
	receiver := startChild(t, h, 0, "receiver")
	sender := startChild(t, h, 1, "sender")
	for _, delivered := range []int{300, 900} {
		receiver.await(fmt.Sprint("delivered ", delivered))
		h.lose(100)
		sender.await("fault")
		receiver.await("fault")
		h.lose(0)
	}
	receiver.await(fmt.Sprint("delivered ", total))
}
