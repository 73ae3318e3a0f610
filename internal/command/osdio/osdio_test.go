package osdio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/command/osdio"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
)

const (
	writeFlags = messages.FlagOnDisk | messages.FlagWrite | messages.FlagKnownRedirect
	readFlags  = messages.FlagOnDisk | messages.FlagRead | messages.FlagKnownRedirect
)

func put(t *testing.T, w *world, content string) {
	t.Helper()
	if _, err := w.client.Put(t.Context(), "data", "object",
		strings.NewReader(content), -1); err != nil {
		t.Fatal(err)
	}
}

func TestPutAndGet(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		for _, size := range []int{0, 1, 4<<20 - 1, 4 << 20, 4<<20 + 1, 9 << 20} {
			content := make([]byte, size)
			_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(content)
			n, err := w.client.Put(t.Context(), "data", "object",
				iotest.OneByteReader(io.LimitReader(bytes.NewReader(content), 10)), -1)
			if err != nil || n != int64(min(size, 10)) {
				t.Errorf("put a little: %d, %v", n, err)
			}
			if n, err = w.client.Put(t.Context(), "data", "object",
				bytes.NewReader(content), int64(size)); err != nil || n != int64(size) {
				t.Errorf("put %d: %d, %v", size, n, err)
			}
			var got bytes.Buffer
			if n, err := w.client.Get(t.Context(), "data", "object",
				&got); err != nil || n != int64(size) || !bytes.Equal(got.Bytes(), content) {
				t.Errorf("get %d: %d, %v", size, n, err)
			}
		}
	})
}

func TestRequestsAreAsTheyShouldBe(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		put(t, w, "content")
		if _, err := w.client.Get(t.Context(), "data", "object", io.Discard); err != nil {
			t.Fatal(err)
		}
		want := []seen{{0, 1, messages.OpWriteFull, 0, writeFlags},
			{0, 2, messages.OpStat, 0, readFlags}, {0, 3, messages.OpRead, 0, readFlags}}
		if diff := cmp.Diff(want, w.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRefusals(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		var refused *osdio.OpError
		if _, err := w.client.Get(t.Context(), "data", "nothing",
			io.Discard); !errors.As(err, &refused) || refused.Code != messages.ENOENT ||
			err.Error() != "object nothing: no such object (ENOENT)" {
			t.Errorf("no such object: %v", err)
		}
		var command *monclient.CommandError
		if _, err := w.client.Put(t.Context(), "nowhere", "object",
			strings.NewReader("x"), -1); !errors.As(err, &command) ||
			command.Code != messages.ENOENT {
			t.Errorf("no such pool: %v", err)
		}
		w.set(func() {
			w.answer = func(_ int, m *simplemsgr.Message, op *messages.OSDOp) bool {
				var reply messages.OSDOpReply
				reply.Answer(op, int32(messages.EPERM))
				send(m, &reply, nil)
				return true
			}
		})
		if _, err := w.client.Put(t.Context(), "data", "object",
			strings.NewReader("x"), -1); !errors.As(err, &refused) ||
			err.Error() != "object object: osd.0 answers EPERM" {
			t.Errorf("not allowed: %v", err)
		}
		w.set(func() {
			w.answer = func(_ int, m *simplemsgr.Message, op *messages.OSDOp) bool {
				var reply messages.OSDOpReply
				reply.Answer(op, 0)
				reply.Redirect = []byte("elsewhere")
				send(m, &reply, nil)
				return true
			}
		})
		if _, err := w.client.Put(t.Context(), "data", "object", strings.NewReader(
			"x"), -1); err == nil || !strings.Contains(err.Error(), "in another pool") {
			t.Errorf("redirect: %v", err)
		}
		for _, err := range []error{
			func() error {
				_, err := w.client.Put(t.Context(), "pieces", "object", nil, -1)
				return err
			}(),
			func() error {
				_, err := w.client.Get(t.Context(), "pieces", "object", nil)
				return err
			}(),
		} {
			if err == nil || !strings.Contains(err.Error(), "erasure coded") {
				t.Errorf("erasure coded pool: %v", err)
			}
		}
	})
}

// The osd has no time: it asks for patience, hears that it has it, and asks for the request again.
func TestBackoff(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		block := messages.OSDBackoff{PG: messages.PG{Pool: 3, Seed: 15}, Shard: -1, MapEpoch: 7,
			ID: 9, Range: []byte("range")}
		blocked := false
		w.answer = func(_ int, m *simplemsgr.Message, _ *messages.OSDOp) bool {
			if blocked {
				return false
			}
			blocked = true
			connection := m.Connection()
			say := func(op uint8) {
				b := block
				b.Op = op
				_ = connection.Send(&simplemsgr.Message{Type: uint16(messages.TypeOSDBackoff),
					Version: messages.OSDBackoffVersion, Front: b.Append(nil)})
			}
			say(messages.BackoffBlock)
			time.AfterFunc(time.Minute, func() { say(messages.BackoffUnblock) })
			return true
		}
		start := time.Now()
		put(t, w, "content")
		if took := time.Since(start); took < time.Minute || took > 62*time.Second {
			t.Errorf("took %v", took)
		}
		ack := block
		ack.Op = messages.BackoffAckBlock
		if diff := cmp.Diff([]messages.OSDBackoff{ack}, w.backoffs); diff != "" {
			t.Error(diff)
		}
		want := []seen{{0, 1, messages.OpWriteFull, 0, writeFlags},
			{0, 1, messages.OpWriteFull, 1, writeFlags | messages.FlagRetry}}
		if diff := cmp.Diff(want, w.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

// The osd takes the request and breaks the connection: the request goes out again under the same
// number.
func TestBrokenConnection(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		broken := 0
		w.answer = func(_ int, m *simplemsgr.Message, _ *messages.OSDOp) bool {
			if broken++; broken > 3 {
				return false
			}
			m.Connection().MarkDown()
			return true
		}
		put(t, w, "content")
		got := w.requests()
		if len(got) != 4 || got[3].TID != 1 || got[3].Retry != 3 {
			t.Errorf("%+v", got)
		}
		if string(w.store["object"]) != "content" {
			t.Errorf("stored %q", w.store["object"])
		}
	})
}

// The osd is not there any more: the monitors are asked at once who has the object now, long before
// anybody would look whether it has moved.
func TestUnreachableOSD(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		if err := w.servers[1].Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(100*time.Millisecond, func() { w.set(func() { w.primary = 1 }) })
		start := time.Now()
		put(t, w, "content")
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v", took)
		}
		want := []seen{{1, 1, messages.OpWriteFull, 1, writeFlags | messages.FlagRetry}}
		if diff := cmp.Diff(want, w.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

// Who is refused for his credentials is told so, instead of calling again and again.
func TestRefusedByTheOSD(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.refuses.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := w.client.Put(ctx, "data", "object", strings.NewReader("x"), -1)
		var fault *osdio.Fault
		if !errors.As(err, &fault) || !errors.Is(err, pipe.ErrBadAuthorizer) ||
			!strings.HasPrefix(err.Error(), "osd.0 at 10.0.1.1:6800/0: ") {
			t.Errorf("%v", err)
		}
		if ctx.Err() != nil || len(w.requests()) != 0 {
			t.Errorf("%v, requests %v", ctx.Err(), w.requests())
		}
	})
}

// The object moves while its osd says nothing.
func TestMovedObject(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		// and answers nothing
		w.answer = func(osd int, _ *simplemsgr.Message, _ *messages.OSDOp) bool { return osd == 0 }
		time.AfterFunc(time.Minute, func() { w.set(func() { w.primary = 1 }) })
		put(t, w, "content")
		want := []seen{{0, 1, messages.OpWriteFull, 0, writeFlags},
			{1, 1, messages.OpWriteFull, 1, writeFlags | messages.FlagRetry}}
		if diff := cmp.Diff(want, w.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTimeIsUp(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = func(int, *simplemsgr.Message, *messages.OSDOp) bool { return true } // no answer
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := w.client.Put(ctx, "data", "object", strings.NewReader("x"),
			-1); !errors.Is(err,
			context.DeadlineExceeded) || !strings.Contains(err.Error(),
			"osd.0 at 10.0.1.1:6800/0 does not answer") {
			t.Errorf("%v", err)
		}
		w.net.Partition(w.net.Host(osdIP(0)), w.net.Host("10.0.2.1"))
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.client.Put(ctx, "data", "object",
			strings.NewReader("x"), -1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// An answer that nobody asked for, or that makes no sense, harms nobody.
func TestStrangeAnswers(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = func(_ int, m *simplemsgr.Message, op *messages.OSDOp) bool {
			late := *m
			late.TID += 100
			w.serve(&late, op)
			for _, typ := range []messages.Type{messages.TypeOSDBackoff, messages.TypeOSDMap,
				messages.TypePing} {
				_ = m.Connection().Send(&simplemsgr.Message{Type: uint16(typ), Version: 1,
					Front: []byte("nonsense")})
			}
			return false
		}
		put(t, w, "content")
		w.set(func() {
			w.answer = func(_ int, m *simplemsgr.Message, _ *messages.OSDOp) bool {
				_ = m.Connection().Send(&simplemsgr.Message{Type: uint16(messages.TypeOSDOpReply),
					TID: m.TID, Version: messages.OSDOpReplyVersion, Front: []byte("nonsense")})
				return true
			}
		})
		if _, err := w.client.Put(t.Context(), "data", "object", strings.NewReader(
			"x"), -1); err == nil || !strings.Contains(err.Error(), "answer of osd.0") {
			t.Errorf("%v", err)
		}
	})
}

func TestBrokenSourceAndSink(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		put(t, w, "content")
		if _, err := w.client.Put(t.Context(), "data", "object",
			iotest.ErrReader(io.ErrClosedPipe), -1); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v", err)
		}
		r, pipe := io.Pipe()
		_ = r.Close()
		if _, err := w.client.Get(t.Context(), "data", "object",
			pipe); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v", err)
		}
	})
}
