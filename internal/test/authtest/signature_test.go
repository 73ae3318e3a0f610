package authtest

import (
	"errors"
	"sync"
	"testing"

	"simplemessenger/auth"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// signatures counts what is signed and checked with somebody's credentials.
type signatures struct {
	auth.Client

	mu                                   sync.Mutex
	sessions, signed, checked, bad, none int
}

func (s *signatures) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	a, err := s.Client.Authorizer(peer, fresh)
	if a == nil || err != nil {
		return a, err
	}
	return countedAuthorizer{a, s}, nil
}

type countedAuthorizer struct {
	auth.Authorizer
	s *signatures
}

func (a countedAuthorizer) VerifyReply(reply []byte,
	features wire.Features) (auth.Security, error) {
	security, err := a.Authorizer.VerifyReply(reply, features)
	if security == nil || err != nil {
		return security, err
	}
	a.s.count(&a.s.sessions)
	return countedSecurity{security, a.s}, nil
}

type countedSecurity struct {
	auth.Security
	s *signatures
}

func (c countedSecurity) Sign(h *wire.MessageHeader, f *wire.Footer) {
	c.Security.Sign(h, f)
	if f.Flags&wire.FooterSigned != 0 && f.Signature != 0 {
		c.s.count(&c.s.signed)
	}
}

func (c countedSecurity) Check(h *wire.MessageHeader, f *wire.Footer) error {
	err := c.Security.Check(h, f)
	switch {
	case err != nil:
		c.s.count(&c.s.bad)
	case f.Flags&wire.FooterSigned == 0:
		c.s.count(&c.s.none)
	default:
		c.s.count(&c.s.checked)
	}
	return err
}

func (s *signatures) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

// Whatever goes between an osd and us is signed, and both sides find the other's signatures right.
func TestMessagesAreSigned(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		monitors := dial(t, settings(t, c, "client.admin"))
		counted := &signatures{Client: monitors}
		osds, records := objects(t, monitors, func(config *simplemsgr.Config) {
			config.AuthClient = counted
		})
		for range 20 {
			roundTrip(t, osds)
		}
		counted.mu.Lock()
		defer counted.mu.Unlock()
		if counted.sessions != 1 || counted.signed < 40 || counted.checked < 40 ||
			counted.bad != 0 || counted.none != 0 {
			t.Errorf("sessions %d, signed %d, checked %d, wrong %d, unsigned %d", counted.sessions,
				counted.signed, counted.checked, counted.bad, counted.none)
		}
		if faults := trace.Of[trace.Faulted](records.Records()); len(faults) > 0 {
			t.Errorf("%v", faults[0].Err)
		}
	})
}

// Somebody changes a message on the way. Whoever receives it refuses it and gives the socket up;
// the request is sent anew on another one, and nothing is lost.
func TestChangedMessageIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		for _, typ := range []messages.Type{messages.TypeOSDOp, messages.TypeOSDOpReply} {
			m := &middle{typ: typ}
			monitors := dial(t, settings(t, c, "client.admin"))
			osds, records := objects(t, monitors, m.dial)
			roundTrip(t, osds)
			if m.changed.Load() != 1 {
				t.Fatalf("no %v was changed", typ)
			}
			faults := trace.Of[trace.Faulted](records.Records())
			if len(faults) != 1 {
				t.Fatalf("%v changed: %d faults", typ, len(faults))
			}
			if ours := errors.Is(faults[0].Err,
				auth.ErrBadSignature); ours != (typ == messages.TypeOSDOpReply) {
				t.Errorf("%v changed: %v", typ, faults[0].Err)
			}
		}
	})
}

// Without CEPHX_V2 there is no challenge and another signature. 14.2 takes that unless it is told
// otherwise, 16.2 does not.
func TestWithoutCephxV2(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		s := settings(t, c, "client.admin")
		s.Requirements.RequireVersion, s.Requirements.ClusterRequireVersion = 1, 1 // of the osds
		monitors := dial(t, s)
		counted := &signatures{Client: monitors}
		osds, _ := objects(t, monitors, func(config *simplemsgr.Config) {
			config.AuthClient = counted
			policy := simplemsgr.LossyClient()
			policy.FeaturesSupported = wire.FeaturesSupported &^ wire.FeatureCephxV2
			config.DefaultPolicy = &policy
		})
		if c.Release == realpeer.Nautilus {
			roundTrip(t, osds)
			counted.mu.Lock()
			defer counted.mu.Unlock()
			if counted.checked == 0 || counted.bad != 0 || counted.none != 0 {
				t.Errorf("checked %d, wrong %d, unsigned %d", counted.checked, counted.bad,
					counted.none)
			}
			return
		}
		_, err := osds.Get(deadline(t), pool, "anything", nil)
		var missing *protocol.FeatureError
		if !errors.As(err, &missing) || !missing.ByPeer ||
			!missing.Required.Has(wire.FeatureCephxV2) {
			t.Errorf("%v", err)
		}
	})
}
