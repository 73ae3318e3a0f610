package cephx_test

import (
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// epoch is when the tests' clocks start.
var epoch = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

const allServices = wire.EntityMon | wire.EntityOSD | wire.EntityMDS | wire.EntityMgr

// world is a cluster without a monitor: a clock, a keyring and an authority. Its random numbers are
// the same in every run.
type world struct {
	t         testing.TB
	keyring   *cephx.Keyring
	authority *cephx.Authority
	random    io.Reader

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB) *world { return newWorldOf(t, 1) }

// newWorldOf returns another world for every seed.
func newWorldOf(t testing.TB, seed byte) *world {
	t.Helper()
	w := &world{t: t, now: epoch, keyring: &cephx.Keyring{},
		random: &lockedRandom{r: rand.NewChaCha8([32]byte{seed})}}
	for _, e := range []struct {
		name string
		caps map[string]string
	}{
		{"mon.", map[string]string{"mon": "allow *"}},
		{"osd.0", map[string]string{"mon": "allow profile osd", "osd": "allow *"}},
		{"osd.1", map[string]string{"mon": "allow profile osd", "osd": "allow *"}},
		{"client.admin", map[string]string{"mon": "allow *", "osd": "allow *"}},
		{"client.x", map[string]string{"mon": "allow r", "osd": "allow r"}},
		{"client.nomon", map[string]string{"osd": "allow *"}},
	} {
		key, err := cephx.GenerateKey(w.random, epoch)
		if err != nil {
			t.Fatal(err)
		}
		w.keyring.Set(name(t, e.name), cephx.KeyringEntry{Key: key, Caps: e.caps})
	}
	w.authority = w.newAuthority(cephx.AuthorityConfig{})
	return w
}

func (w *world) newAuthority(config cephx.AuthorityConfig) *cephx.Authority {
	w.t.Helper()
	config.Keyring, config.Now, config.Random = w.keyring, w.clock, w.random
	a, err := cephx.NewAuthority(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) key(entity string) cephx.CryptoKey {
	w.t.Helper()
	entry, err := w.keyring.Lookup(name(w.t, entity))
	if err != nil {
		w.t.Fatal(err)
	}
	return entry.Key
}

// newLogin returns a login that has not begun.
func (w *world) newLogin(entity string, change ...func(*cephx.LoginConfig)) *cephx.Login {
	w.t.Helper()
	config := cephx.LoginConfig{Name: name(w.t, entity), Services: allServices, Now: w.clock,
		Random: w.random}
	if entry, err := w.keyring.Lookup(config.Name); err == nil {
		config.Key = entry.Key
	}
	for _, f := range change {
		f(&config)
	}
	l, err := cephx.NewLogin(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// login returns a login that went through.
func (w *world) login(entity string, change ...func(*cephx.LoginConfig)) *cephx.Login {
	w.t.Helper()
	l := w.newLogin(entity, change...)
	if err := converse(l, w.authority.NewSession()); err != nil {
		w.t.Fatalf("login of %s: %v", entity, err)
	}
	return l
}

// converse carries a login from its beginning.
func converse(l *cephx.Login, s *cephx.AuthoritySession) error {
	request, err := l.Begin()
	if err != nil {
		return err
	}
	return carry(l, s, request)
}

// carry carries requests and replies until the login says that it is done.
func carry(l *cephx.Login, s *cephx.AuthoritySession, request auth.LoginRequest) error {
	for {
		reply, _ := s.Handle(request)
		next, done, err := l.Handle(reply)
		if err != nil || done {
			return err
		}
		request = next
	}
}

// server returns an OSD that shares its memory with the authority.
func (w *world) server(change ...func(*cephx.ServerConfig)) *cephx.Server {
	w.t.Helper()
	config := cephx.ServerConfig{Service: wire.EntityOSD, Secrets: w.authority, Now: w.clock,
		Random: w.random}
	for _, f := range change {
		f(&config)
	}
	s, err := cephx.NewServer(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// offered are the features of a peer of today.
const offered = wire.FeaturesSupported

// connectRequest is what a server sees of an authorizer.
func connectRequest(a auth.Authorizer, features wire.Features) auth.Request {
	return auth.Request{
		Connect: wire.Connect{
			Features: features, HostType: wire.EntityClient,
			AuthorizerProtocol: a.Protocol(), AuthorizerLen: uint32(len(a.Bytes())),
		},
		Authorizer: a.Bytes(),
		Features:   features,
	}
}

// handshake brings an authorizer before an exchange until it is accepted or refused.
func handshake(t testing.TB, a auth.Authorizer, e auth.Exchange,
	features wire.Features) auth.Result {
	t.Helper()
	result := e.Verify(connectRequest(a, features))
	if result.Outcome == auth.Challenged {
		if err := a.AnswerChallenge(result.Reply); err != nil {
			t.Fatal(err)
		}
		result = e.Verify(connectRequest(a, features))
	}
	return result
}

func (w *world) authorizer(tickets auth.Client) auth.Authorizer {
	w.t.Helper()
	a, err := tickets.Authorizer(wire.EntityOSD, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// lockedRandom makes a random source fit for many goroutines.
type lockedRandom struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedRandom) Read(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(b)
}
