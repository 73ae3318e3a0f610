package lab5

import (
	"context"
	"net"
	"strings"
	"testing"

	"simplemessenger/conformance"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// garbled is a socket whose first byte is another one.
type garbled struct {
	net.Conn
	done bool
}

func (g *garbled) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if n > 0 && !g.done {
		b[0], g.done = b[0]+1, true
	}
	return n, err
}

// What comes and is wrong is no fault of a slow machine: it is not forgiven for being right the
// next time.
func TestWrongOnceIsWrong(t *testing.T) {
	policy := simplemsgr.StatefulServer()
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{DefaultPolicy: &policy})
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(got *simplemsgr.Message) bool {
		_ = got.Connection().Send(&simplemsgr.Message{Type: got.Type, TID: got.TID})
		return true
	}))
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Shutdown(context.Background()) }()
	sound := conformance.Server(m.Addr().AddrPort().String())
	started, wrong := 0, -1
	target := &conformance.Target{Name: "garbles", Start: func(ctx context.Context,
		kit wire.EntityAddr) (*conformance.Instance, error) {
		instance, err := sound.Start(ctx, kit)
		if garbles := started == wrong; err == nil && garbles {
			dial := instance.Dial
			instance.Dial = func(ctx context.Context) (net.Conn, error) {
				conn, err := dial(ctx)
				return &garbled{Conn: conn}, err
			}
		}
		started++
		return instance, err
	}}
	cases := []string{"accept/unknown-session"}
	conforms := func() error {
		return conform(t.Context(), target, conformance.RoleServer, cases)
	}
	if err := conforms(); err != nil {
		t.Fatal(err)
	}
	wrong, started = started-1, 0 // that of the case: those before were asked what they can do
	if err := conforms(); err == nil || !strings.Contains(err.Error(), cases[0]) {
		t.Errorf("%v, want a story of the case", err)
	}
}
