package cephx_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// patience is for real daemons on the noisiest machine.
const patience = 2 * time.Minute

const (
	typePing         = 2
	typeCommand      = 97
	typeCommandReply = 98
)

// realClient is a messenger of ours among the daemons of a real cluster.
type realClient struct {
	t       *testing.T
	m       *simplemsgr.Messenger
	answers chan *simplemsgr.Message
	events  trace.Recorder
}

func newRealClient(t *testing.T, name wire.EntityName, client auth.Client,
	policy simplemsgr.Policy) *realClient {
	t.Helper()
	c := &realClient{t: t, answers: make(chan *simplemsgr.Message, 1000)}
	config := simplemsgr.Config{DefaultPolicy: &policy, AuthClient: client}
	config.Pipe.Tracer = &c.events
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	c.m = simplemsgr.New(name, config)
	c.m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		c.answers <- m
		return true
	}))
	if name.Type == wire.EntityMon { // which need an address of their own
		if err := c.m.Bind(t.Context(), "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.stop)
	return c
}

func (c *realClient) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.m.Shutdown(ctx); err != nil &&
		!errors.Is(err, simplemsgr.ErrDropped) {
		c.t.Error(err)
	}
}

// ask sends a message and returns the first one of that type that comes back.
func (c *realClient) ask(peer wire.EntityInst, m *simplemsgr.Message,
	answer uint16) *simplemsgr.Message {
	c.t.Helper()
	if err := c.m.Send(peer, m); err != nil {
		c.t.Fatal(err)
	}
	timeout := time.After(patience)
	for {
		select {
		case got := <-c.answers:
			if got.Type == answer {
				return got
			}
		case <-timeout:
			c.t.Fatalf("%v does not answer\n%s", peer.Name, c.m.Dump().JSON())
		}
	}
}

func monInst(cluster *realpeer.Cluster) wire.EntityInst {
	return wire.EntityInst{Name: wire.Mon(0), Addr: wire.NewEntityAddr(cluster.Mons[0].Addr,
		cluster.Mons[0].Nonce)}
}

// realMonitor carries the requests of logins to a real monitor, each realMonitor over a connection
// of its own.
type realMonitor struct {
	*realClient
	peer wire.EntityInst
}

func newRealMonitor(t *testing.T, cluster *realpeer.Cluster, entity wire.EntityType) *realMonitor {
	t.Helper()
	return &realMonitor{
		newRealClient(t, wire.EntityName{Type: entity, Num: wire.NumUnknown}, nil,
			simplemsgr.LossyClient()), monInst(cluster),
	}
}

func (m *realMonitor) handle(request auth.LoginRequest) auth.LoginReply {
	m.t.Helper()
	front := append(make([]byte, 8), 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0)
	front = binary.LittleEndian.AppendUint32(front, request.Protocol)
	front = binary.LittleEndian.AppendUint32(front, uint32(len(request.Payload)))
	front = append(append(front, request.Payload...), 0, 0, 0, 0)
	answer := m.ask(m.peer, &simplemsgr.Message{Type: typeMAuth, Version: 1, CompatVersion: 1,
		Front: front}, typeMAuthReply)
	return mauthReply(m.t, message{front: answer.Front})
}

// carry is converse with a real monitor; the login begins unless there is a request.
func (m *realMonitor) carry(l *cephx.Login, request auth.LoginRequest, err error) error {
	m.t.Helper()
	for done := false; !done; {
		if err != nil {
			return err
		}
		request, done, err = l.Handle(m.handle(request))
	}
	return err
}

func (m *realMonitor) begin(l *cephx.Login) error {
	m.t.Helper()
	request, err := l.Begin()
	return m.carry(l, request, err)
}

func startReal(t *testing.T, release string) (*realpeer.Cluster, *cephx.Keyring) {
	t.Helper()
	cluster := realpeer.Start(t, realpeer.Options{
		Release: release, Auth: realpeer.AuthCephx, OSDs: 1,
		Set: map[string]string{"cephx_require_version": "1", "cephx_service_require_version": "1",
			"cephx_cluster_require_version": "1"},
	})
	keyring, err := cephx.LoadKeyring(cluster.Keyring)
	if err != nil {
		t.Fatal(err)
	}
	return cluster, keyring
}

func realLogin(t *testing.T, keyring *cephx.Keyring, entity string,
	rotating *cephx.RotatingKeyring) *cephx.Login {
	t.Helper()
	entry, err := keyring.Lookup(name(t, entity))
	if err != nil {
		t.Fatal(err)
	}
	l, err := cephx.NewLogin(cephx.LoginConfig{
		Name: name(t, entity), Key: entry.Key, Services: wire.EntityMon | wire.EntityOSD |
			wire.EntityMgr, Rotating: rotating,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestRealPeers goes through everything of this package with the daemons of every release.
func TestRealPeers(t *testing.T) {
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		cluster, keyring := startReal(t, release)
		t.Run("refused", func(t *testing.T) { refusedByReal(t, cluster, keyring) })
		t.Run("login", func(t *testing.T) { loginAtReal(t, cluster, keyring) })
		t.Run("osd", func(t *testing.T) { sessionWithReal(t, cluster, keyring) })
		t.Run("rotating", func(t *testing.T) { openRealTicket(t, cluster, keyring) })
		t.Run("monitor", func(t *testing.T) { monitorOfReal(t, cluster, keyring) })
	})
}

func refusedByReal(t *testing.T, cluster *realpeer.Cluster, keyring *cephx.Keyring) {
	admin, err := keyring.Lookup(name(t, "client.admin"))
	if err != nil {
		t.Fatal(err)
	}
	for entity, key := range map[string]cephx.CryptoKey{"client.admin": testKey(t, 1),
		"client.nobody": admin.Key} {
		l, err := cephx.NewLogin(cephx.LoginConfig{Name: name(t, entity), Key: key})
		if err != nil {
			t.Fatal(err)
		}
		var result *cephx.ResultError
		if err := newRealMonitor(t, cluster, wire.EntityClient).begin(l); !errors.As(err, &result) {
			t.Errorf("%s: %v", entity, err)
		} else {
			t.Log(err)
		}
	}
}

// loginAtReal logs in, renews, and logs in again over a new connection with the global id of the
// first one.
func loginAtReal(t *testing.T, cluster *realpeer.Cluster, keyring *cephx.Keyring) {
	l, mon := realLogin(t, keyring, "client.admin", nil),
		newRealMonitor(t, cluster, wire.EntityClient)
	if err := mon.begin(l); err != nil {
		t.Fatal(err)
	}
	id := l.Tickets().GlobalID()
	before := mustTicket(t, l.Tickets())
	for _, services := range []wire.EntityType{wire.EntityOSD, wire.EntityAuth | wire.EntityOSD} {
		request, _, err := l.RenewNow(services)
		if err := mon.carry(l, request, err); err != nil {
			t.Fatalf("renew %#x: %v", services, err)
		}
		after := mustTicket(t, l.Tickets())
		if after.SessionKey.Equal(before.SessionKey) {
			t.Errorf("renew %#x: the session key is the old one", services)
		}
		before = after
	}
	mon.m.MarkDown(mon.peer.Addr)
	if err := newRealMonitor(t, cluster, wire.EntityClient).begin(l); err != nil {
		t.Fatalf("again: %v", err)
	}
	if got := l.Tickets().GlobalID(); got != id {
		t.Errorf("global id %d, was %d", got, id)
	}
}

// sessionWithReal gives an OSD a command and has the answer, with either signature.
func sessionWithReal(t *testing.T, cluster *realpeer.Cluster, keyring *cephx.Keyring) {
	l := realLogin(t, keyring, "client.admin", nil)
	if err := newRealMonitor(t, cluster, wire.EntityClient).begin(l); err != nil {
		t.Fatal(err)
	}
	osd := wire.EntityInst{Name: wire.OSD(0), Addr: wire.NewEntityAddr(cluster.OSDs[0].Addr,
		cluster.OSDs[0].Nonce)}
	fsid, err := hex.DecodeString(strings.ReplaceAll(cluster.FSID, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	const command = `{"prefix": "version"}`
	front := binary.LittleEndian.AppendUint32(append(fsid, 1, 0, 0, 0), uint32(len(command)))
	front = append(front, command...)
	for i, features := range []wire.Features{offered, withoutV2, withoutV2 &^ wire.FeatureMsgAuth} {
		policy := simplemsgr.LossyClient()
		policy.FeaturesSupported = features
		c := newRealClient(t, wire.Client(int64(l.Tickets().GlobalID())), l.Tickets(), policy)
		answer := c.ask(osd, &simplemsgr.Message{Type: typeCommand, TID: uint64(i + 1), Version: 1,
			CompatVersion: 1, Front: front}, typeCommandReply)
		if text := string(answer.Data); !strings.Contains(text, cluster.Release) {
			t.Errorf("features %v: version %q", features, text)
		}
		challenged := false
		for _, r := range trace.Of[trace.ReplyReceived](c.events.Records()) {
			challenged = challenged || r.Reply.Tag == wire.TagChallengeAuthorizer
		}
		if want := features.Has(wire.FeatureCephxV2); challenged != want {
			t.Errorf("features %v: challenged %v, want %v", features, challenged, want)
		}
	}
	// The daemon is not indifferent: a wrong signature ends the session.
	c := newRealClient(t, wire.Client(int64(l.Tickets().GlobalID())), &hookedClient{
		Client: l.Tickets(), sign: func(f *wire.Footer) { f.Signature ^= 1 },
	}, simplemsgr.LossyClient())
	reset := c.events.Expect(func(r trace.Record) bool {
		_,
			faulted := r.Event.(trace.Faulted)
		return faulted
	})
	if err := c.m.Send(osd, &simplemsgr.Message{Type: typeCommand, Version: 1, CompatVersion: 1,
		Front: front}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reset:
	case answer := <-c.answers:
		t.Errorf("wrong signature: the osd answers %v", answer.Type)
	case <-time.After(patience):
		t.Error("wrong signature: nothing happens")
	}
}

// openRealTicket fetches the secrets of OSDs, as an OSD does, and accepts a client's ticket with
// them.
func openRealTicket(t *testing.T, cluster *realpeer.Cluster, keyring *cephx.Keyring) {
	rotating := cephx.NewRotatingKeyring(wire.EntityOSD, nil)
	l, mon := realLogin(t, keyring, "osd.0", rotating), newRealMonitor(t, cluster, wire.EntityOSD)
	if err := mon.begin(l); err != nil {
		t.Fatal(err)
	}
	request, err := l.RequestRotating()
	if err := mon.carry(l, request, err); err != nil {
		t.Fatal(err)
	}
	client := realLogin(t, keyring, "client.admin", nil)
	if err := newRealMonitor(t, cluster, wire.EntityClient).begin(client); err != nil {
		t.Fatal(err)
	}
	server, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD, Secrets: rotating})
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Tickets().Authorizer(wire.EntityOSD, false)
	if err != nil {
		t.Fatal(err)
	}
	result := handshake(t, a, server.NewExchange(wire.EntityAddr{}), offered)
	if result.Outcome != auth.Accepted || result.Identity.Name != "client.admin" ||
		string(result.Identity.Capabilities) != "\x07\x00\x00\x00allow *" {
		t.Errorf("%+v", result)
	}
}

// monitorOfReal passes for another monitor, with the key of "mon.".
func monitorOfReal(t *testing.T, cluster *realpeer.Cluster, keyring *cephx.Keyring) {
	entry, err := keyring.Lookup(name(t, "mon."))
	if err != nil {
		t.Fatal(err)
	}
	shared, err := cephx.NewSharedKeyClient(cephx.SharedKeyConfig{Service: wire.EntityMon,
		Key: entry.Key})
	if err != nil {
		t.Fatal(err)
	}
	c := newRealClient(t, wire.Mon(1), shared, simplemsgr.LosslessPeerReuse())
	answer := c.ask(monInst(cluster), &simplemsgr.Message{Type: typePing, Version: 1}, typePing)
	if !strings.Contains(string(answer.Front), "mon_status") {
		t.Errorf("answer %q", answer.Front)
	}
}
