package monclient

import (
	"math"
	"slices"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Config says who talks to which monitors. Durations that are 0 have their defaults, which are
// those of the options of Ceph that they name.
type Config struct {
	// Monitors are the addresses to begin with (mon_host). Once there is a monmap, its addresses
	// take their place.
	Monitors []wire.EntityAddr
	// Name is who logs in.
	Name auth.EntityName
	// Key is the key of Name; zero without cephx.
	Key cephx.CryptoKey
	// Methods are the methods to offer, wire.AuthCephx and wire.AuthNone; the monitor chooses
	// (auth_client_required). Without any it is cephx with a Key, and none without.
	Methods []uint32
	// Services is the set of services for which tickets are wanted.
	Services wire.EntityType
	// Requirements are those towards the peers to which the tickets lead.
	Requirements cephx.Requirements
	// Rotating takes the secrets of a daemon's own service, with which its cephx.Server opens
	// tickets. Dial returns when it has them, and they are kept up to date. nil unless this is a
	// daemon.
	Rotating *cephx.RotatingKeyring

	// HuntInterval is how long monitors may take to log us in before others are tried; it grows
	// with each round in vain up to ten times (mon_client_hunt_interval, 3 s).
	HuntInterval time.Duration
	// HuntParallel is how many monitors are asked at once; the first that answers stays
	// (mon_client_hunt_parallel, 3).
	HuntParallel int
	// PingInterval is the pause between keepalives (mon_client_ping_interval, 10 s).
	PingInterval time.Duration
	// PingTimeout is how long keepalives may go unanswered before the monitor counts as dead
	// (mon_client_ping_timeout, 30 s).
	PingTimeout time.Duration
	// RenewTimeout bounds how long somebody who needs a new ticket right now waits for it (10 s).
	RenewTimeout time.Duration

	// SubscriptionLimit and SubscriptionLimitBytes bound what waits for the reader of one
	// subscription: updates (1024) and their bytes (16 MiB; a single update may have more). See
	// Client.Subscribe for what happens at the limit.
	SubscriptionLimit      int
	SubscriptionLimitBytes int

	// Messenger is the configuration of the sessions' messengers: how to dial, where to trace.
	Messenger simplemsgr.Config

	Now func() time.Time // time.Now if nil; for the validity of tickets
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case len(c.Monitors) == 0:
		return c, errors.New("monclient: no monitors")
	case c.Name == auth.EntityName{}:
		return c, errors.New("monclient: no name")
	}
	if len(c.Methods) == 0 {
		c.Methods = []uint32{wire.AuthCephx}
		if c.Key.IsZero() {
			c.Methods = []uint32{wire.AuthNone}
		}
	}
	if c.Key.IsZero() && slices.Contains(c.Methods, wire.AuthCephx) {
		return c, errors.Errorf("monclient: cephx without a key of %v", c.Name)
	}
	c.HuntInterval = defaultTo(c.HuntInterval, 3*time.Second)
	if c.HuntParallel <= 0 {
		c.HuntParallel = 3
	}
	c.PingInterval = defaultTo(c.PingInterval, 10*time.Second)
	c.PingTimeout = defaultTo(c.PingTimeout, 30*time.Second)
	c.RenewTimeout = defaultTo(c.RenewTimeout, 10*time.Second)
	if c.SubscriptionLimit <= 0 {
		c.SubscriptionLimit = 1024
	}
	if c.SubscriptionLimitBytes <= 0 {
		c.SubscriptionLimitBytes = 16 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Messenger.AuthClient, c.Messenger.AuthServer = nil, nil
	c.Messenger.Pipe.PoolMessages = false
	return c, nil
}

func defaultTo(d, value time.Duration) time.Duration {
	if d == 0 {
		return value
	}
	return d
}

// longPatience is the factor by which HuntInterval grows at most
// (mon_client_hunt_interval_max_multiple).
const longPatience = 10

// never is longer than any wait.
const never = time.Duration(math.MaxInt64)
