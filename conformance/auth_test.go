package conformance_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/conformance"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// shared returns what those have who share the key of all osds.
func shared(t *testing.T) (*cephx.SharedKeyClient, *cephx.Keyring) {
	t.Helper()
	key, err := cephx.GenerateKey(nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	keyring := new(cephx.Keyring)
	keyring.Set(auth.EntityName{Type: wire.EntityOSD}, cephx.KeyringEntry{Key: key})
	client, err := cephx.NewSharedKeyClient(cephx.SharedKeyConfig{Service: wire.EntityOSD,
		Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return client, keyring
}

// careless is an auth.Server that is not as it should be: it makes of verdicts what spoil does.
type careless struct {
	auth.Server
	spoil func(auth.Request, auth.Result) auth.Result
}

func (c careless) NewExchange(peer wire.EntityAddr) auth.Exchange {
	return carelessExchange{c.Server.NewExchange(peer), c.spoil}
}

type carelessExchange struct {
	auth.Exchange
	spoil func(auth.Request, auth.Result) auth.Result
}

func (c carelessExchange) Verify(r auth.Request) auth.Result {
	return c.spoil(r, c.Exchange.Verify(r))
}

// unsigned is a Security that neither signs nor looks.
type unsigned struct{}

func (unsigned) Sign(*wire.MessageHeader, *wire.Footer)        {}
func (unsigned) Check(*wire.MessageHeader, *wire.Footer) error { return nil }

// trusting is a Security that signs, and takes every signature.
type trusting struct{ auth.Security }

func (trusting) Check(*wire.MessageHeader, *wire.Footer) error { return nil }

// guarded returns a server of ours in memory that wants cephx, spoiled, and the kit's credentials.
func guarded(t *testing.T, spoil func(auth.Request,
	auth.Result) auth.Result) *conformance.Target {
	t.Helper()
	client, keyring := shared(t)
	judge, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD, Secrets: keyring})
	if err != nil {
		t.Fatal(err)
	}
	network := memnet.New(memnet.Config{})
	host := network.Host("10.0.0.1")
	policy := simplemsgr.StatefulServer()
	config := simplemsgr.Config{DefaultPolicy: &policy, Dial: host.Dial,
		AuthServer: careless{judge, spoil}}
	config.Accepter.Listen = host.Listen
	m := simplemsgr.New(wire.OSD(0), config)
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Front: m.Front})
		return true
	}))
	if err := m.Bind(t.Context(), "10.0.0.1:6800"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()); network.Close() })
	kit := network.Host("10.0.0.2")
	return &conformance.Target{Name: "ours with cephx, in memory",
		Credentials: &conformance.Credentials{Client: client, Secrets: keyring,
			Name: auth.EntityName{Type: wire.EntityOSD}, Service: wire.EntityOSD},
		Start: func(context.Context, wire.EntityAddr) (*conformance.Instance, error) {
			return &conformance.Instance{Dial: func(ctx context.Context) (net.Conn, error) {
				return kit.Dial(ctx, "tcp", "10.0.0.1:6800")
			}}, nil
		}}
}

// verdicts runs cases and returns what became of each.
func verdicts(t *testing.T, target *conformance.Target,
	o conformance.Options) map[string]*conformance.Result {
	t.Helper()
	o.Timeout = 2 * time.Second
	report, err := conformance.Check(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report.Capabilities)
	all := make(map[string]*conformance.Result)
	for _, r := range report.Results {
		all[r.Case.Name] = r
	}
	return all
}

// What servers do wrong with credentials is found, by the case that is about it, and what is right
// is not. Here all of a type share a key; without CEPHX_V2 sessions are opened too.
func TestCredentialsOfServers(t *testing.T) {
	right := func(_ auth.Request, r auth.Result) auth.Result { return r }
	for _, tc := range []struct {
		what  string
		spoil func(auth.Request, auth.Result) auth.Result
		// failing is a case that must fail, empty if none may, and rule the one that it cites.
		failing, rule string
	}{
		{"nothing", right, "", ""},
		{"no proof", func(_ auth.Request, r auth.Result) auth.Result {
			if r.Outcome == auth.Accepted {
				r.Reply = nil
			}
			return r
		}, "auth/challenge", "V1-REPLY-10"},
		{"a challenge that nobody can open", func(_ auth.Request, r auth.Result) auth.Result {
			if r.Outcome == auth.Challenged {
				r.Reply = make([]byte, 32)
			}
			return r
		}, "auth/challenge", "V1-AUTH-4"},
		{"not signed", func(_ auth.Request, r auth.Result) auth.Result {
			if r.Security != nil {
				r.Security = unsigned{}
			}
			return r
		}, "sign/each-message", "V1-SIGN-1"},
		{"signatures that count nothing", func(_ auth.Request, r auth.Result) auth.Result {
			if r.Security != nil {
				r.Security = trusting{r.Security}
			}
			return r
		}, "sign/wrong", "V1-SIGN-4"},
		{"one principal", func(_ auth.Request, r auth.Result) auth.Result {
			r.Identity.Name = "osd.0"
			r.Identity.GlobalID = 0
			return r
		}, "identity/unknown-beside", "V1-ACCEPT-8"},
		{"everybody is taken", func(q auth.Request, r auth.Result) auth.Result {
			if r.Outcome == auth.Refused {
				return auth.Result{Outcome: auth.Accepted}
			}
			return r
		}, "auth/forged", "V1-ACCEPT-4"},
	} {
		t.Run(strings.ReplaceAll(tc.what, " ", "-"), func(t *testing.T) {
			t.Parallel()
			run := []string{"auth/", "sign/", "identity/"}
			if tc.failing != "" {
				run = []string{tc.failing}
			}
			o := conformance.Options{Run: run, Strict: true}
			for name, r := range verdicts(t, guarded(t, tc.spoil), o) {
				bad := r.Verdict != conformance.Pass && r.Verdict != conformance.Unsupported
				switch {
				case name == tc.failing && (!bad || r.Rule != tc.rule):
					t.Errorf("%s: %s by %s, want a failure by %s: %s", name, r.Verdict, r.Rule,
						tc.rule, r.Reason)
				case tc.failing == "" && bad:
					t.Errorf("%s: %s: %s", name, r.Verdict, r.Reason)
				}
			}
		})
	}
}

// gullible is an auth.Client that looks at no proof.
type gullible struct{ auth.Client }

func (g gullible) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	a, err := g.Client.Authorizer(peer, fresh)
	return gullibleAuthorizer{a}, err
}

type gullibleAuthorizer struct{ auth.Authorizer }

func (g gullibleAuthorizer) VerifyReply(reply []byte, f wire.Features) (auth.Security, error) {
	s, err := g.Authorizer.VerifyReply(reply, f)
	if err != nil {
		return nil, nil
	}
	return s, nil
}

// A client that takes every server for the right one is found.
func TestCredentialsOfClients(t *testing.T) {
	client, keyring := shared(t)
	for _, tc := range []struct {
		name   string
		client auth.Client
		want   conformance.Verdict
		run    []string
	}{
		{"careful", client, conformance.Pass, []string{"auth-client/", "sign-client/"}},
		{"gullible", gullible{client}, conformance.Fail, []string{"auth-client/wrong-proof"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			policy := simplemsgr.LosslessClient()
			target := pinging(wire.OSD(1), simplemsgr.Config{DefaultPolicy: &policy,
				AuthClient: tc.client})
			target.Credentials = &conformance.Credentials{Secrets: keyring,
				Service: wire.EntityOSD}
			for name, r := range verdicts(t, target, conformance.Options{
				Role: conformance.RoleClient, Run: tc.run}) {
				if r.Verdict != tc.want {
					t.Errorf("%s: %s, want %s: %s", name, r.Verdict, tc.want, r.Reason)
				}
			}
		})
	}
}

// pinging returns a client of ours that sends pings to the kit, over TCP.
func pinging(name wire.EntityName, config simplemsgr.Config) *conformance.Target {
	start := func(_ context.Context, kit wire.EntityAddr) (*conformance.Instance, error) {
		m := simplemsgr.New(name, config)
		if err := m.Start(); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(context.Background())
		var pings sync.WaitGroup
		pings.Go(func() {
			for tid := uint64(1); ctx.Err() == nil; tid++ {
				_ = m.Send(wire.EntityInst{Name: wire.OSD(0), Addr: kit},
					&simplemsgr.Message{Type: 2, TID: tid})
				select {
				case <-time.After(20 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
		return &conformance.Instance{Stop: func() string {
			cancel()
			pings.Wait()
			_ = m.Shutdown(context.Background())
			return ""
		}}, nil
	}
	return &conformance.Target{Name: "ours, calling", Start: start}
}
