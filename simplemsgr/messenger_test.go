package simplemsgr_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/internal/test/engines"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTwoMessengersOverTCP(t *testing.T) {
	ctx := context.Background()
	server := simplemsgr.New(wire.OSD(0), simplemsgr.Config{Engine: engines.New})
	server.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
	server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Front: m.Front})
		return true
	}))
	if err := server.Bind(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown(ctx)

	client := simplemsgr.New(wire.Client(1), simplemsgr.Config{Engine: engines.New})
	client.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	got := make(chan string, 100)
	client.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		got <- fmt.Sprint(m.TID, string(m.Front))
		return true
	}))
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	defer client.Shutdown(ctx)
	con, err := client.Connect(server.Inst())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := con.Send(&simplemsgr.Message{Type: 100, TID: uint64(i),
			Front: []byte("hello")}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		select {
		case s := <-got:
			if want := fmt.Sprint(i, "hello"); s != want {
				t.Fatalf("got %s, want %s", s, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no answer\n%s", client.Dump().JSON())
		}
	}
}
