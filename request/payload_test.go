package request_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestEncodeAndDecode(t *testing.T) {
	want := messages.MonSubscribe{What: []messages.Subscription{{Name: "osdmap", Start: 3}},
		Hostname: "host"}
	m := request.Encode(&want)
	if messages.Type(m.Type) != messages.TypeMonSubscribe ||
		m.Version != messages.MonSubscribeVersion ||
		m.CompatVersion != messages.MonSubscribeCompatVersion {
		t.Errorf("header %d, version %d, compat %d", m.Type, m.Version, m.CompatVersion)
	}
	var got messages.MonSubscribe
	if err := request.Decode(m, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	m.Source = wire.Mon(2)
	err := request.Decode(m, new(messages.MonMap))
	if !errors.Is(err, request.ErrWrongType) ||
		!strings.Contains(err.Error(), "MMonSubscribe from mon.2, want MMonMap") {
		t.Errorf("of another type: %v", err)
	}
	m.Version++
	if err := request.Decode(m, &got); !errors.Is(err, wire.ErrInvalid) ||
		!strings.Contains(err.Error(), "mon.2") {
		t.Errorf("of the next version: %v", err)
	}
	m.Version, m.Front = messages.MonSubscribeVersion, m.Front[:7]
	if err := request.Decode(m, &got); !errors.Is(err, wire.ErrShort) {
		t.Errorf("cut short: %v", err)
	}
}

// A typed question gets a typed answer; what is no such question is the server's to refuse.
func TestPayloadCalls(t *testing.T) {
	each(t, request.Options{}, func(t *testing.T, w *world) {
		refuse := func(_ *simplemsgr.Message, err error) *simplemsgr.Message {
			return request.Encode(&messages.MonCommandAck{Result: messages.EINVAL,
				Status: err.Error()})
		}
		answers := request.NewServer(request.ServerOptions{Failed: refuse})
		request.HandlePayload(answers, func(_ context.Context, q *messages.MonCommand,
			m *simplemsgr.Message) (messages.Payload, error) {
			if len(q.Command) == 0 {
				return nil, errors.New("no command from " + m.Source.String())
			}
			return &messages.MonCommandAck{Status: "done", Command: q.Command}, nil
		})
		request.HandlePayload(answers, func(context.Context, *messages.MonSubscribe,
			*simplemsgr.Message) (messages.Payload, error) {
			return &messages.MonSubscribeAck{Interval: 5}, nil
		})
		w.listen(answers)

		var ack messages.MonCommandAck
		ask := func(question messages.Payload) error {
			return w.client.CallPayload(t.Context(), server, question, &ack)
		}
		w.must(ask(&messages.MonCommand{Command: []string{"status"}}))
		want := messages.MonCommandAck{Status: "done", Command: []string{"status"}}
		if diff := cmp.Diff(want, ack); diff != "" {
			t.Error(diff)
		}
		w.must(ask(new(messages.MonCommand)))
		if ack.Result != messages.EINVAL || ack.Status != "no command from osd.1" {
			t.Errorf("without a command: %+v", ack)
		}
		if err := ask(new(messages.MonSubscribe)); !errors.Is(err, request.ErrWrongType) {
			t.Errorf("an answer of another type: %v", err)
		}
		m := request.Encode(new(messages.MonCommand))
		m.Front = m.Front[:3]
		reply, err := w.client.Call(t.Context(), server, m)
		w.must(err)
		defer reply.Release()
		w.must(request.Decode(reply, &ack))
		if !strings.Contains(ack.Status, "decode MMonCommand") {
			t.Errorf("a question that is cut short: %+v", ack)
		}
	})
}
