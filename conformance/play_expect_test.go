package conformance

import (
	"io"
	"net"
	"testing"

	"simplemessenger/wire"
)

// A RETRY_GLOBAL is obeyed with a number above both, and the same message otherwise.
func TestRetryGlobalIsObeyedOnce(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	connects := make(chan wire.Connect, 2)
	go func() {
		for _, tag := range []wire.Tag{wire.TagRetryGlobal, wire.TagReady} {
			b := make([]byte, wire.ConnectSize+1)
			if _, err := io.ReadFull(far, b); err != nil {
				break
			}
			c, _ := wire.DecodeConnect(b)
			connects <- c
			reply := wire.ConnectReply{Tag: tag, GlobalSeq: 500, ConnectSeq: c.ConnectSeq + 1}
			if _, err := far.Write(reply.Append(nil)); err != nil {
				break
			}
		}
		close(connects)
	}()
	p := testPlay(near)
	err := p.run(t.Context(), steps(t, "send connect connect_seq=2 global_seq=101 authorizer=00\n"+
		"expect open connect_seq=3 retry=1"))
	near.Close()
	if err != nil {
		t.Error(err)
	}
	first, second := <-connects, <-connects
	if first.GlobalSeq != 101 || second.GlobalSeq != 501 {
		t.Errorf("global_seq %d and then %d, want 101 and 501", first.GlobalSeq, second.GlobalSeq)
	}
	if first.GlobalSeq = second.GlobalSeq; first != second {
		t.Errorf("sent %+v and then %+v", first, second)
	}
}
