package osdio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/command/osdio"
	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
)

// Pieces are under way side by side, as many as allowed, but none before the first one is there.
func TestPiecesInFlight(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.client.InFlight = 3
		content := bytes.Repeat([]byte("0123456789abcdef"), 10<<16)
		most, now := 0, 0
		w.answer = func(_ int, m *simplemsgr.Message, op *messages.OSDOp) bool {
			now++
			most = max(most, now)
			if op.Ops[0].Op == messages.OpWriteFull && now > 1 {
				t.Error("something is under way beside the piece that cuts off what there was")
			}
			request := *op
			request.Ops = slices.Clone(op.Ops)
			time.AfterFunc(time.Duration(10-now)*time.Second, func() {
				w.set(func() {
					now--
					w.serve(m, &request)
				})
			})
			return true
		}
		content = append(content, content[:1]...)
		content = bytes.Repeat(content, 3)
		n, err := w.client.Put(t.Context(), "data", "object", bytes.NewReader(content), -1)
		if err != nil || n != int64(len(content)) || most != 3 {
			t.Errorf("put %d of %d, %v, %d at once", n, len(content), err, most)
		}
		w.set(func() { most = 0 })
		var got bytes.Buffer
		if _, err := w.client.Get(t.Context(), "data", "object", &got); err != nil ||
			!bytes.Equal(got.Bytes(), content) || most != 3 {
			t.Errorf("got %d of %d bytes, %v, %d at once", got.Len(), len(content), err, most)
		}
	})
}

// One piece that fails ends all, and is what is told.
func TestPieceFails(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = func(_ int, m *simplemsgr.Message, op *messages.OSDOp) bool {
			offset, _ := op.Ops[0].Extent()
			if offset != 8<<20 {
				return offset > 8<<20 // and those behind it get no answer
			}
			var reply messages.OSDOpReply
			reply.Answer(op, -28)
			send(m, &reply, nil)
			return true
		}
		n, err := w.client.Put(t.Context(), "data", "object",
			bytes.NewReader(make([]byte, 40<<20)), 40<<20)
		var refused *osdio.OpError
		if !errors.As(err, &refused) || refused.Code != -28 || n > 8<<20 {
			t.Errorf("%d written, %v", n, err)
		}
	})
}

// A connection that breaks under several pieces costs none of them.
func TestPiecesOverABrokenConnection(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		answered := 0
		w.answer = func(_ int, m *simplemsgr.Message, _ *messages.OSDOp) bool {
			if answered++; answered%4 == 0 && answered < 20 {
				m.Connection().MarkDown()
				return true
			}
			return false
		}
		content := bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), 1<<20)
		if _, err := w.client.Put(t.Context(), "data", "object", bytes.NewReader(content),
			-1); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := w.client.Get(t.Context(), "data", "object", &got); err != nil ||
			!bytes.Equal(got.Bytes(), content) {
			t.Errorf("%d of %d bytes, %v", got.Len(), len(content), err)
		}
	})
}

func TestTooLarge(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.limit = 5 << 20
		content := make([]byte, 5<<20+1)
		var large *osdio.TooLargeError
		n, err := w.client.Put(t.Context(), "data", "object", bytes.NewReader(content),
			int64(len(content)))
		if !errors.As(err, &large) || n != 0 || len(w.requests()) != 0 ||
			!strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("%d written, %d requests, %v", n, len(w.requests()), err)
		}
		n, err = w.client.Put(t.Context(), "data", "object", bytes.NewReader(content), -1)
		if !errors.As(err, &large) || n != 4<<20 || len(w.requests()) != 1 ||
			!strings.Contains(err.Error(), "the first 4194304 were written") {
			t.Errorf("%d written, %d requests, %v", n, len(w.requests()), err)
		}
		if n, err = w.client.Put(t.Context(), "data", "object", bytes.NewReader(content[1:]),
			-1); err != nil || n != 5<<20 {
			t.Errorf("just what fits: %d written, %v", n, err)
		}
	})
}

func TestListStatAndRemove(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		var want []string
		for i := range 5 {
			name := fmt.Sprint("object-", i)
			want = append(want, name)
			if _, err := w.client.Put(t.Context(), "data", name,
				strings.NewReader(strings.Repeat("x", i)), -1); err != nil {
				t.Fatal(err)
			}
		}
		list := func(pool string) (names []string, err error) {
			err = w.client.List(t.Context(), pool, func(o messages.ListedObject) error {
				names = append(names, o.Name)
				return nil
			})
			return names, err
		}
		if got, err := list("data"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v", got, err)
		}
		if stat, err := w.client.Stat(t.Context(), "data", "object-3"); err != nil ||
			stat.Size != 3 {
			t.Errorf("%+v, %v", stat, err)
		}
		if err := w.client.Remove(t.Context(), "data", "object-3"); err != nil {
			t.Error(err)
		}
		var refused *osdio.OpError
		if _, err := w.client.Stat(t.Context(), "data", "object-3"); !errors.As(err, &refused) ||
			refused.Code != messages.ENOENT {
			t.Errorf("stat of what is gone: %v", err)
		}
		if err := w.client.Remove(t.Context(), "data", "object-3"); !errors.As(err, &refused) {
			t.Errorf("remove what is gone: %v", err)
		}
		if got, err := list("data"); err != nil || len(got) != 4 {
			t.Errorf("%v, %v", got, err)
		}
		for pool, text := range map[string]string{"pieces": "erasure coded",
			"nowhere": "pool nowhere does not exist"} {
			if _, err := list(pool); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v", pool, err)
			}
		}
		enough := errors.New("enough")
		if err := w.client.List(t.Context(), "data",
			func(messages.ListedObject) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("%v", err)
		}
	})
}

// An osd that has gone down is nobody to send to.
func TestOSDThatIsDown(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		if err := w.maps.ChangeOSDMap(&messages.OSDMapIncremental{Flags: -1, MaxOSD: -1,
			States: []messages.OSDStateChange{{OSD: 0}}}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := w.client.Get(ctx, "data", "object", io.Discard); !errors.Is(err,
			context.DeadlineExceeded) || !strings.Contains(err.Error(), "no osd that is up") {
			t.Errorf("%v", err)
		}
	})
}
