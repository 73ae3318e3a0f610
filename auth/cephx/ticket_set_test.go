package cephx_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func TestNoAuthorizerForMonitors(t *testing.T) {
	w := newWorld(t)
	tickets := w.login("client.x", func(c *cephx.LoginConfig) {
		c.Requirements = cephx.Requirements{RequireSignatures: true, RequireVersion: 2}
	}).Tickets()
	if a, err := tickets.Authorizer(wire.EntityMon, false); a != nil || err != nil {
		t.Errorf("%v, %v", a, err)
	}
	if got := tickets.RequiredFeatures(wire.EntityMon); got != 0 {
		t.Errorf("requires %v of monitors", got)
	}
	if got, want := tickets.RequiredFeatures(wire.EntityOSD),
		wire.FeatureMsgAuth|wire.FeatureCephxV2; got != want {
		t.Errorf("requires %v of osds, want %v", got, want)
	}
}

func TestAuthorizerWithoutTicket(t *testing.T) {
	w := newWorld(t)
	tickets := w.login("client.x", func(c *cephx.LoginConfig) {
		c.Services = wire.EntityOSD
	}).Tickets()
	_, err := tickets.Authorizer(wire.EntityMDS, false)
	if want := "cephx: client.x has tickets for osd+auth, none for mds: no ticket"; !errors.Is(err,
		cephx.ErrNoTicket) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	w.advance(time.Hour)
	_, err = tickets.Authorizer(wire.EntityOSD, false)
	if want := "cephx: ticket of client.x for osd: at 2026-11-22 04:00:00 +0000 UTC, 0s ago: " +
		"ticket has expired"; !errors.Is(err, cephx.ErrTicketExpired) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	never := w.newLogin("client.x").Tickets()
	_, err = never.Authorizer(wire.EntityOSD, true)
	if want := "cephx: client.x has tickets for nothing, none for osd: no ticket"; !errors.Is(err,
		cephx.ErrNoTicket) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestFreshWithoutRenewal makes a new authorizer of the old ticket.
func TestFreshWithoutRenewal(t *testing.T) {
	w := newWorld(t)
	tickets := w.login("client.x").Tickets()
	stale := w.authorizer(tickets)
	fresh, err := tickets.Authorizer(wire.EntityOSD, true)
	if err != nil {
		t.Fatal(err)
	}
	if string(stale.Bytes()) == string(fresh.Bytes()) {
		t.Error("the same authorizer again")
	}
}

// TestRenewHook lets a set renew itself when its ticket expired, is missing, or was refused.
func TestRenewHook(t *testing.T) {
	w := newWorld(t)
	login, session := w.newLogin("client.x", func(c *cephx.LoginConfig) {
		c.Services = wire.EntityOSD
	}), w.authority.NewSession()
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	tickets := login.Tickets()
	var asked []wire.EntityType
	tickets.SetRenew(func(_ context.Context, services wire.EntityType) error {
		asked = append(asked, services)
		request, needed, err := login.RenewNow(services)
		if err != nil || !needed {
			return err
		}
		return carry(login, session, request)
	})
	if w.authorizer(tickets); len(asked) != 0 {
		t.Errorf("renewed a good ticket: %v", asked)
	}
	w.advance(time.Hour)
	if w.authorizer(tickets); len(asked) != 1 {
		t.Errorf("renewed an expired ticket %d times", len(asked))
	}
	before, _ := tickets.Ticket(wire.EntityOSD)
	if _, err := tickets.Authorizer(wire.EntityOSD, true); err != nil || len(asked) != 2 {
		t.Errorf("renewed a refused ticket: %v, %v", asked, err)
	}
	if after, _ := tickets.Ticket(wire.EntityOSD); after.SessionKey.Equal(before.SessionKey) {
		t.Error("the ticket is the old one")
	}
	if _, err := tickets.Authorizer(wire.EntityMgr,
		false); err != nil || len(asked) != 3 || asked[2]&wire.EntityMgr == 0 {
		t.Errorf("fetched a missing ticket: %v, %v", asked, err)
	}
	failure := errors.New("no monitor answers")
	tickets.SetRenew(func(context.Context, wire.EntityType) error { return failure })
	if _, err := tickets.Authorizer(wire.EntityOSD, true); !errors.Is(err, failure) {
		t.Errorf("failed renewal: %v", err)
	}
	tickets.SetRenew(func(context.Context, wire.EntityType) error { return nil })
	if _, err := tickets.Authorizer(wire.EntityMDS, false); !errors.Is(err, cephx.ErrNoTicket) {
		t.Errorf("renewal that brings nothing: %v", err)
	}
}

// TestRenewOnce has many pipes refused at the same time: one renewal serves them all.
func TestRenewOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		login, session := w.newLogin("client.x"), w.authority.NewSession()
		if err := converse(login, session); err != nil {
			t.Fatal(err)
		}
		var calls int
		release := make(chan struct{})
		login.Tickets().SetRenew(func(_ context.Context, services wire.EntityType) error {
			calls++
			<-release
			request, _, err := login.RenewNow(services)
			if err != nil {
				return err
			}
			return carry(login, session, request)
		})
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				a, err := login.Tickets().Authorizer(wire.EntityOSD, true)
				if err != nil {
					t.Error(err)
					return
				}
				if result := handshake(t, a, w.server().NewExchange(wire.EntityAddr{}),
					offered); result.Outcome != auth.Accepted {
					t.Error(result.Err)
				}
			})
		}
		synctest.Wait()
		close(release)
		wait.Wait()
		if calls != 1 {
			t.Errorf("%d renewals", calls)
		}
	})
}

// TestRenewForAnother waits for a renewal that brings nothing for oneself, and goes on to one of
// one's own.
func TestRenewForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		login, session := w.newLogin("client.x", func(c *cephx.LoginConfig) {
			c.Services = wire.EntityOSD
		}), w.authority.NewSession()
		if err := converse(login, session); err != nil {
			t.Fatal(err)
		}
		var asked []wire.EntityType
		release := make(chan struct{})
		login.Tickets().SetRenew(func(_ context.Context, services wire.EntityType) error {
			asked = append(asked, services)
			<-release
			request, _, err := login.RenewNow(services)
			if err != nil {
				return err
			}
			return carry(login, session, request)
		})
		var wait sync.WaitGroup
		get := func(peer wire.EntityType, fresh bool) {
			wait.Go(func() {
				if _, err := login.Tickets().Authorizer(peer, fresh); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		get(wire.EntityOSD, true)
		get(wire.EntityMgr, false)
		close(release)
		wait.Wait()
		if len(asked) != 2 || asked[0]&wire.EntityMgr != 0 || asked[1]&wire.EntityMgr == 0 {
			t.Errorf("renewals: %v", asked)
		}
	})
}

func TestTicketForEver(t *testing.T) {
	w := newWorld(t)
	key := w.key("client.x")
	login := w.newLogin("client.x", func(c *cephx.LoginConfig) { c.Services = 0 })
	if _, err := login.Begin(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := login.Handle(auth.LoginReply{Protocol: 2,
		Payload: cephx.ServerChallenge{Challenge: 1}.Append(nil)}); err != nil {
		t.Fatal(err)
	}
	issued := cephx.IssuedTicket{Service: wire.EntityAuth,
		ServiceTicket: cephx.ServiceTicket{SessionKey: testKey(t, 1)},
		Blob:          cephx.TicketBlob{SecretID: 1, Blob: []byte{1}}}
	reply := cephx.AuthenticateReply{Auth: issued}.Append(cephx.ReplyHeader{
		Type: cephx.GetAuthSessionKey}.Append(nil), key, cephx.CryptoKey{}, true)
	if _, done, err := login.Handle(auth.LoginReply{Protocol: 2, GlobalID: 7,
		Payload: reply}); !done || err != nil {
		t.Fatal(done, err)
	}
	ticket, _ := login.Tickets().Ticket(wire.EntityAuth)
	if far := epoch.Add(1e6 * time.Hour); ticket.Expired(far) || ticket.NeedRenewal(far) ||
		!login.Tickets().NextRenewal().IsZero() {
		t.Errorf("%+v", ticket)
	}
}

// TestRenewalIsCutShort lets those who wait for a renewal give up one by one: who only waits, and
// who has made the call, whose end the next one does not take for his own.
func TestRenewalIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		login, session := w.newLogin("client.x"), w.authority.NewSession()
		if err := converse(login, session); err != nil {
			t.Fatal(err)
		}
		calls, release := 0, make(chan struct{})
		login.Tickets().SetRenew(func(ctx context.Context, services wire.EntityType) error {
			calls++
			select {
			case <-release:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			request, _, err := login.RenewNow(services)
			if err != nil {
				return err
			}
			return carry(login, session, request)
		})
		enough := errors.New("enough")
		get := func() (giveUp func(), result <-chan error) {
			ctx, cancel := context.WithCancelCause(t.Context())
			c := make(chan error, 1)
			go func() {
				_, err := login.Tickets().AuthorizerContext(ctx, wire.EntityOSD, true)
				c <- err
			}()
			synctest.Wait()
			return func() { cancel(enough) }, c
		}
		firstGivesUp, first := get()
		secondGivesUp, second := get()
		_, third := get()
		secondGivesUp()
		if err := <-second; !errors.Is(err, enough) {
			t.Errorf("who waited for another's renewal: %v", err)
		}
		firstGivesUp()
		if err := <-first; !errors.Is(err, enough) {
			t.Errorf("whose renewal it was: %v", err)
		}
		synctest.Wait()
		if calls != 2 {
			t.Errorf("%d renewals, want one more", calls)
		}
		close(release)
		if err := <-third; err != nil {
			t.Errorf("who waited on: %v", err)
		}
	})
}
