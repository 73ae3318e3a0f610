package cephx

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// The validities of tickets that 0 in an AuthorityConfig stands for: those of Ceph 14.2.21 and
// 16.2.15.
const (
	DefaultAuthTicketTTL    = 72 * time.Hour
	DefaultServiceTicketTTL = time.Hour
)

// AuthorityConfig says what an Authority knows. The names of the fields are those of Ceph's options
// without auth_.
type AuthorityConfig struct {
	Keyring *Keyring // of all principals; must not be changed any more
	// validity of tickets for AUTH, whose secrets rotate in step with it
	MonTicketTTL     time.Duration
	ServiceTicketTTL time.Duration // validity of all other tickets, likewise
	// AllowInsecureGlobalIDReclaim lets clients of old releases go on with a global id without the
	// ticket that proves that it was theirs.
	AllowInsecureGlobalIDReclaim bool
	Now                          func() time.Time // time.Now if nil
	// crypto/rand.Reader if nil; must bear calls from many goroutines
	Random io.Reader
}

// Authority plays the monitors' part of cephx where there are none: it knows everybody's key, and
// makes, keeps and rotates the secrets of services. It holds no connections; each has an
// AuthoritySession. It is a SecretSource for servers in the same process and is used from many
// goroutines at once.
type Authority struct {
	config AuthorityConfig

	mu           sync.Mutex // guards what follows
	lastGlobalID uint64
	rotating     map[wire.EntityType]RotatingSecrets
}

var _ SecretSource = (*Authority)(nil)

// rotatingServices are the services that have rotating secrets.
const rotatingServices = wire.EntityAuth | wire.EntityMon | wire.EntityOSD | wire.EntityMDS |
	wire.EntityMgr

// firstGlobalID is where a new cluster of Ceph starts to count clients.
const firstGlobalID = 4096

// NewAuthority returns an Authority over the principals in a keyring.
func NewAuthority(config AuthorityConfig) (*Authority, error) {
	if config.Keyring == nil {
		return nil, errors.New("cephx: authority without a keyring")
	}
	if config.MonTicketTTL == 0 {
		config.MonTicketTTL = DefaultAuthTicketTTL
	}
	if config.ServiceTicketTTL == 0 {
		config.ServiceTicketTTL = DefaultServiceTicketTTL
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Authority{config: config, lastGlobalID: firstGlobalID,
		rotating: map[wire.EntityType]RotatingSecrets{}}, nil
}

// Format implements fmt.Formatter without a secret, whatever the verb.
func (a *Authority) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "cephx authority") }

// ServiceSecret implements SecretSource.
func (a *Authority) ServiceSecret(service wire.EntityType, id uint64) (CryptoKey, error) {
	if id == SharedSecretID {
		return a.config.Keyring.ServiceSecret(service, id)
	}
	secrets, err := a.Rotating(service)
	if err != nil {
		return CryptoKey{}, err
	}
	return secrets.lookup(service, id)
}

// Rotating returns the secrets of a service, rotated as far as the clock asks for. Its error wraps
// ErrUnknownSecret for what is no service. The map in the result must not be changed.
func (a *Authority) Rotating(service wire.EntityType) (RotatingSecrets, error) {
	if service&rotatingServices != service || service&(service-1) != 0 || service == 0 {
		return RotatingSecrets{}, errors.WithMessagef(ErrUnknownSecret,
			"cephx: %v has no rotating secrets", service)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	secrets := a.rotating[service]
	now := a.config.Now()
	for secrets.Stale(now) {
		next, err := a.rotate(secrets, a.ttl(service), now)
		if err != nil {
			return RotatingSecrets{}, err
		}
		secrets = next
	}
	a.rotating[service] = secrets
	return secrets, nil
}

// ttl returns the validity of tickets for a service, in step with which its secrets rotate.
func (a *Authority) ttl(service wire.EntityType) time.Duration {
	if service == wire.EntityAuth {
		return a.config.MonTicketTTL
	}
	return a.config.ServiceTicketTTL
}

// rotate adds a secret behind the newest and drops the oldest. A secret is good for one validity
// after the one before it, so that a ticket made with the current one can be opened until it
// expires.
func (a *Authority) rotate(old RotatingSecrets, ttl time.Duration,
	now time.Time) (RotatingSecrets, error) {
	key, err := GenerateKey(a.config.Random, now)
	if err != nil {
		return RotatingSecrets{}, err
	}
	expiration := now.Add(ttl)
	if newest, ok := old.Secrets[old.Newest]; ok {
		if expiration.Before(newest.Expiration) {
			expiration = newest.Expiration
		}
		expiration = expiration.Add(ttl)
	}
	next := RotatingSecrets{Secrets: map[uint64]ExpiringCryptoKey{}, Newest: old.Newest + 1}
	ids := old.ids()
	for _, id := range ids[max(len(ids)-rotatingSecretsKept+1, 0):] {
		next.Secrets[id] = old.Secrets[id]
	}
	next.Secrets[next.Newest] = ExpiringCryptoKey{key, expiration}
	return next, nil
}

// issue makes a ticket for a service and says of the principal what ticket says.
func (a *Authority) issue(service wire.EntityType, ticket AuthTicket) (IssuedTicket, error) {
	secrets, err := a.Rotating(service)
	if err != nil {
		return IssuedTicket{}, err
	}
	now := a.config.Now()
	sessionKey, err := GenerateKey(a.config.Random, now)
	if err != nil {
		return IssuedTicket{}, err
	}
	ttl := a.ttl(service)
	ticket.Created, ticket.Expires = now, now.Add(ttl)
	id, secret := secrets.Current()
	return IssuedTicket{
		Service:       service,
		ServiceTicket: ServiceTicket{sessionKey, ttl},
		Blob:          ServiceTicketInfo{ticket, sessionKey}.Seal(secret.Key, id),
	}, nil
}

// issueServices makes tickets for those of a set of services that exist and for which the principal
// has caps.
func (a *Authority) issueServices(services wire.EntityType, name auth.EntityName,
	globalID uint64) (TicketReply, error) {
	entry, err := a.config.Keyring.Lookup(name)
	if err != nil {
		return nil, err
	}
	var tickets TicketReply
	for service := wire.EntityType(1); service != 0; service <<= 1 {
		if services&service == 0 || service&rotatingServices == 0 || service == wire.EntityAuth {
			continue
		}
		issued, err := a.issue(service, AuthTicket{Name: name, GlobalID: globalID,
			Caps: capsInfo(entry.Caps[service.String()])})
		if err != nil {
			return nil, err
		}
		tickets = append(tickets, issued)
	}
	return tickets, nil
}

// capsInfo returns caps in the form in which Ceph's services read them.
func capsInfo(caps string) CapsInfo {
	if caps == "" {
		return CapsInfo{}
	}
	return CapsInfo{Caps: denc.AppendBlob(nil, caps)}
}

// newGlobalID returns a number that no client has had.
func (a *Authority) newGlobalID() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lastGlobalID++
	return a.lastGlobalID
}

// reserveGlobalID makes sure that id is not given to anybody else.
func (a *Authority) reserveGlobalID(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lastGlobalID = max(a.lastGlobalID, id)
}
