package request_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"testing"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// With pooled messages a reply is the caller's until its Release, whatever comes meanwhile.
func TestRepliesFromThePool(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(nil)
		h := w.net.Host("10.0.0.5")
		policy := w.pair.client()
		config := simplemsgr.Config{Engine: engines.New, Dial: h.Dial, Nonce: 7,
			Accepter: accepter.Config{Listen: h.Listen}, DefaultPolicy: &policy}
		config.Pipe.PoolMessages = true
		m := simplemsgr.New(wire.OSD(5), config)
		client := request.NewClient(m, request.Options{})
		w.must(m.Bind(t.Context(), "10.0.0.5:6800"))
		w.must(m.Start())
		defer w.end(m)
		var calls sync.WaitGroup
		for i := range uint64(100) {
			calls.Go(func() {
				front := binary.LittleEndian.AppendUint64(nil, i)
				front = append(front, bytes.Repeat([]byte{byte(i)}, 100)...)
				reply, err := client.Call(context.Background(), server,
					&simplemsgr.Message{Type: question, Front: front})
				if err != nil {
					t.Error(err)
					return
				}
				defer reply.Release()
				calls.Go(func() { _ = w.ask(t.Context(), 1000+i) })
				if !bytes.Equal(reply.Front, front) {
					t.Errorf("the reply to %d is %x", i, reply.Front)
				}
			})
		}
		calls.Wait()
	})
}
