package request_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// slowDispatcher stands before the Client in the chain and takes its time.
type slowDispatcher struct{}

func (slowDispatcher) Dispatch(m *simplemsgr.Message) bool {
	if m.Type != question+100 {
		return false
	}
	time.Sleep(time.Minute)
	return true
}

// A server drains: whom it has answered gets the answer, also if his dispatchers are busy when the
// session ends.
func TestReplyBeforeTheEnd(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.m.AddDispatcherFirst(slowDispatcher{})
		w.serve(func(_ context.Context, m *simplemsgr.Message) error {
			err := m.Connection().Send(&simplemsgr.Message{Type: question + 100})
			time.Sleep(time.Second)
			return err
		})
		asked := make(chan error, 1)
		go func() { asked <- w.ask(t.Context(), 1) }()
		time.Sleep(500 * time.Millisecond)
		w.must(w.server.Drain(t.Context()))
		if err := <-asked; err != nil {
			t.Error(err)
		}
	})
}

// Handlers that call others wait for replies, which do not wait behind requests that find no room.
func TestNestedCallsOfAFullServer(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		w.serve(nil) // is asked by the one in the middle
		middle := w.node(wire.OSD(2), "10.0.0.3", w.pair.server())
		middle.SetPolicy(wire.EntityOSD, w.pair.client())
		asker := request.NewClient(middle, request.Options{})
		pool := request.NewServer(request.ServerOptions{Handlers: 1, Backlog: 1})
		pool.Handle(question, func(ctx context.Context,
			m *simplemsgr.Message) (*simplemsgr.Message, error) {
			time.Sleep(time.Second) // meanwhile others come
			reply, err := asker.Call(ctx, server, &simplemsgr.Message{Type: question,
				Front: m.Front})
			if err != nil {
				return nil, err
			}
			defer reply.Release()
			return &simplemsgr.Message{Type: answer, Front: reply.Front}, nil
		})
		middle.AddDispatcher(pool)
		w.must(middle.Bind(t.Context(), "10.0.0.3:6800"))
		w.must(middle.Start())
		defer w.end(middle)
		customer := w.node(wire.Client(9), "10.0.0.4", w.pair.client())
		client := request.NewClient(customer, request.Options{})
		w.must(customer.Start())
		defer w.end(customer)
		middle.SetPolicy(wire.EntityClient, w.pair.server())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var calls sync.WaitGroup
		for i := range uint64(10) {
			calls.Go(func() {
				reply, err := client.Call(ctx, middle.Inst(), &simplemsgr.Message{Type: question,
					Front: binary.LittleEndian.AppendUint64(nil, i)})
				if err != nil {
					t.Error(err)
					return
				}
				reply.Release()
			})
		}
		calls.Wait()
	})
}

// One messenger asks itself: the request is not taken for its reply, whoever comes first in the
// chain.
func TestCallToOneself(t *testing.T) {
	for _, clientFirst := range []bool{false, true} {
		t.Run(fmt.Sprintf("client first %v", clientFirst), func(t *testing.T) {
			each(t, request.Options{}, func(t *testing.T, w *world) {
				own := request.NewServer(request.ServerOptions{})
				own.Handle(question, func(_ context.Context,
					m *simplemsgr.Message) (*simplemsgr.Message, error) {
					return &simplemsgr.Message{Type: answer, Front: m.Front}, nil
				})
				if clientFirst {
					w.m.AddDispatcher(own)
				} else {
					w.m.AddDispatcherFirst(own)
				}
				reply, err := w.client.Call(t.Context(), w.m.Inst(),
					&simplemsgr.Message{Type: question, Front: []byte("me")})
				if err != nil {
					t.Error(err)
					return
				}
				defer reply.Release()
				if reply.Type != answer || string(reply.Front) != "me" {
					t.Errorf("the reply is %v", reply)
				}
			})
		})
	}
}

// A handler may answer all with one message: each caller gets his own.
func TestOneReplyForAll(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		pong := &simplemsgr.Message{Type: answer}
		pool := request.NewServer(request.ServerOptions{})
		pool.Handle(question, func(context.Context,
			*simplemsgr.Message) (*simplemsgr.Message, error) {
			return pong, nil
		})
		w.server = w.node(wire.OSD(0), "10.0.0.1", w.pair.server())
		w.server.AddDispatcher(pool)
		w.must(w.server.Bind(t.Context(), "10.0.0.1:6800"))
		w.must(w.server.Start())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var calls sync.WaitGroup
		for range 200 {
			calls.Go(func() {
				reply, err := w.client.Call(ctx, server, &simplemsgr.Message{Type: question})
				if err != nil {
					t.Error(err)
					return
				}
				reply.Release()
			})
		}
		calls.Wait()
	})
}
