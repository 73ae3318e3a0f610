package cephx_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	"go.uber.org/goleak"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waitAtMost bounds a wait for something that is sure to come.
const waitAtMost = 30 * time.Second

func receive[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(waitAtMost):
		t.Fatal("nothing came")
	}
	return v
}

// startMessenger starts a messenger on loopback that ends with the test.
func startMessenger(t *testing.T, entity wire.EntityName, config simplemsgr.Config,
	d simplemsgr.DispatcherFunc) *simplemsgr.Messenger {
	t.Helper()
	m := simplemsgr.New(entity, config)
	m.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
	m.AddDispatcher(d)
	if err := m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Shutdown(context.Background()); err != nil &&
			!errors.Is(err, simplemsgr.ErrDropped) {
			t.Error(err)
		}
	})
	return m
}

// delivery is what an OSD received, and from whom.
type delivery struct {
	text string
	from auth.Identity
}

// startOSD starts an OSD that trusts nobody without a ticket and answers what it receives.
func startOSD(t *testing.T, w *world,
	requirements cephx.Requirements) (osd *simplemsgr.Messenger, events *trace.Recorder,
	deliveries <-chan delivery) {
	t.Helper()
	events, received := &trace.Recorder{}, make(chan delivery, 10)
	config := simplemsgr.Config{AuthServer: w.server(func(c *cephx.ServerConfig) {
		c.Requirements = requirements
	})}
	config.Pipe.Tracer = events
	osd = startMessenger(t, wire.OSD(0), config, func(m *simplemsgr.Message) bool {
		received <- delivery{string(m.Front), m.Connection().Identity()}
		_ = m.Connection().Send(&simplemsgr.Message{Type: 100,
			Front: append([]byte("re: "), m.Front...)})
		return true
	})
	return osd, events, received
}

// TestMessengers lets two messengers talk with tickets and signatures.
func TestMessengers(t *testing.T) {
	w := newWorld(t)
	strict := cephx.Requirements{RequireSignatures: true, RequireVersion: 2}
	osd, _, deliveries := startOSD(t, w, strict)
	replies := make(chan string, 1)
	login := w.login("osd.1", func(c *cephx.LoginConfig) { c.Requirements = strict })
	client := startMessenger(t, wire.OSD(1), simplemsgr.Config{AuthClient: login.Tickets()},
		func(m *simplemsgr.Message) bool {
			replies <- string(m.Front)
			return true
		})
	if err := client.Send(osd.Inst(), &simplemsgr.Message{Type: 100,
		Front: []byte("hello")}); err != nil {
		t.Fatal(err)
	}
	want := delivery{"hello", auth.Identity{
		Name: "osd.1", GlobalID: login.Tickets().GlobalID(), Proven: true,
		Capabilities: []byte("\x07\x00\x00\x00allow *"),
	}}
	if diff := cmp.Diff(want, receive(t, deliveries), cmp.AllowUnexported(delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
	if reply := receive(t, replies); reply != "re: hello" {
		t.Errorf("reply %q", reply)
	}
}

// hookedClient changes what an auth.Client gives.
type hookedClient struct {
	auth.Client
	authorizer func(fresh bool) (auth.Authorizer, error) // instead of the client's own, if set
	sign       func(*wire.Footer)                        // after each signature, if set
}

func (c *hookedClient) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	if c.authorizer != nil {
		return c.authorizer(fresh)
	}
	a, err := c.Client.Authorizer(peer, fresh)
	return hookedAuthorizer{a, c.sign}, err
}

type hookedAuthorizer struct {
	auth.Authorizer
	sign func(*wire.Footer)
}

func (a hookedAuthorizer) VerifyReply(reply []byte, features wire.Features) (auth.Security, error) {
	s, err := a.Authorizer.VerifyReply(reply, features)
	return hookedSecurity{s, a.sign}, err
}

type hookedSecurity struct {
	auth.Security
	sign func(*wire.Footer)
}

func (s hookedSecurity) Sign(h *wire.MessageHeader, f *wire.Footer) {
	s.Security.Sign(h, f)
	s.sign(f)
}

// TestMessengerBadSignature spoils the first signature: the OSD gives the socket up, and the
// message comes again over the next one.
func TestMessengerBadSignature(t *testing.T) {
	w := newWorld(t)
	osd, events, deliveries := startOSD(t, w, cephx.Requirements{})
	var signed atomic.Int32
	client := startMessenger(t, wire.OSD(1), simplemsgr.Config{AuthClient: &hookedClient{
		Client: w.login("osd.1").Tickets(),
		sign: func(f *wire.Footer) {
			if signed.Add(1) == 1 {
				f.Signature ^= 1
			}
		},
	}}, func(*simplemsgr.Message) bool { return true })
	fault := events.Expect(func(r trace.Record) bool {
		f, ok := r.Event.(trace.Faulted)
		return ok && errors.Is(f.Err, auth.ErrBadSignature)
	})
	if err := client.Send(osd.Inst(), &simplemsgr.Message{Type: 100,
		Front: []byte("hello")}); err != nil {
		t.Fatal(err)
	}
	receive(t, fault)
	if got := receive(t, deliveries); got.text != "hello" {
		t.Errorf("delivered %q", got.text)
	}
}

// TestMessengerFreshAuthorizer is refused with a ticket from elsewhere and let in with a fresh one,
// on the same socket.
func TestMessengerFreshAuthorizer(t *testing.T) {
	w, elsewhere := newWorld(t), newWorldOf(t, 2)
	osd, events, deliveries := startOSD(t, w, cephx.Requirements{})
	good, bad := w.login("osd.1").Tickets(), elsewhere.login("osd.1").Tickets()
	client := startMessenger(t, wire.OSD(1), simplemsgr.Config{AuthClient: &hookedClient{
		Client: good,
		authorizer: func(fresh bool) (auth.Authorizer, error) {
			if fresh {
				return good.Authorizer(wire.EntityOSD, false)
			}
			return bad.Authorizer(wire.EntityOSD, false)
		},
	}}, func(*simplemsgr.Message) bool { return true })
	if err := client.Send(osd.Inst(), &simplemsgr.Message{Type: 100,
		Front: []byte("hello")}); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, deliveries); got.text != "hello" {
		t.Errorf("delivered %q", got.text)
	}
	var tags []wire.Tag
	for _, d := range trace.Of[trace.Decided](events.Records()) {
		tags = append(tags, d.Answer)
		if d.Answer == wire.TagBadAuthorizer && !strings.Contains(d.Reason,
			"cephx: ticket for osd: open ticket: wrong key") {
			t.Errorf("reason %q", d.Reason)
		}
	}
	want := []wire.Tag{wire.TagBadAuthorizer, wire.TagChallengeAuthorizer, wire.TagReady}
	if diff := cmp.Diff(want, tags); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if sockets := trace.Of[trace.SocketOpened](events.Records()); len(sockets) != 1 {
		t.Errorf("%d sockets", len(sockets))
	}
}
