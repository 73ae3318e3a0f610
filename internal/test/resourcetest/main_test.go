package resourcetest

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		serveAsChild()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is for the noisiest machine.
const patience = time.Minute

// start starts a messenger that is shut down at the end of the test.
func start(t *testing.T, name wire.EntityName, policy simplemsgr.Policy, config simplemsgr.Config,
	bind bool, dispatchers ...simplemsgr.Dispatcher) *simplemsgr.Messenger {
	t.Helper()
	config.DefaultPolicy = &policy
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	m := simplemsgr.New(name, config)
	for _, d := range dispatchers {
		m.AddDispatcher(d)
	}
	if bind {
		if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, m) })
	return m
}

func shutdown(t *testing.T, m *simplemsgr.Messenger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.Shutdown(ctx); err != nil &&
		!errors.Is(err, simplemsgr.ErrDropped) {
		t.Errorf("%v\n%s", err, m.Dump().JSON())
	}
	for _, throttle := range m.Dump().Throttles {
		if throttle.Current != 0 || throttle.Waiters != 0 {
			t.Errorf("%v: throttle %s holds %d, %d wait, after shutdown", m.Name(), throttle.Name,
				throttle.Current, throttle.Waiters)
		}
	}
}

// echo answers every message in kind, in the reader.
type echo struct{}

func (e echo) Dispatch(m *simplemsgr.Message) bool    { e.FastDispatch(m); return true }
func (echo) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (echo) FastDispatch(m *simplemsgr.Message) {
	_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Front: m.Front})
}

// answers passes the transaction ids of what arrives on.
type answers chan uint64

func (a answers) Dispatch(m *simplemsgr.Message) bool {
	a <- m.TID
	return true
}

// roundTrip sends a message and waits for its answer.
func roundTrip(t *testing.T, m *simplemsgr.Messenger, to wire.EntityInst, a answers, tid uint64) {
	t.Helper()
	if err := m.Send(to, &simplemsgr.Message{Type: 100, TID: tid}); err != nil {
		t.Fatal(err)
	}
	await(t, a, tid, m)
}

func await(t *testing.T, a answers, tid uint64, m *simplemsgr.Messenger) {
	t.Helper()
	select {
	case got := <-a:
		if got != tid {
			t.Fatalf("answer to %d, want %d", got, tid)
		}
	case <-time.After(patience):
		t.Fatalf("no answer\n%s", m.Dump().JSON())
	}
}
