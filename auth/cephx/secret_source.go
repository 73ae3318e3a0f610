package cephx

import (
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// The errors of a SecretSource and of a look into a ticket, to be tested with errors.Is.
var (
	// ErrUnknownSecret says that a ticket is sealed with a secret that is not at hand.
	ErrUnknownSecret = errors.New("unknown secret")
	// ErrClockSkew says that things do not fit together in time, most likely because two clocks
	// differ.
	ErrClockSkew = errors.New("clock skew")
)

// SecretSource gives a Server the secrets with which tickets are sealed. Its method may be called
// by many goroutines at once and may block.
type SecretSource interface {
	// ServiceSecret returns the secret of that service and id; SharedSecretID stands for the key
	// that all daemons of the service share. Its error wraps ErrUnknownSecret.
	ServiceSecret(service wire.EntityType, id uint64) (CryptoKey, error)
}

// RotatingKeyring is a SecretSource of the secrets that a daemon fetched for its own service, and
// of what Shared holds. It is used from many goroutines at once.
type RotatingKeyring struct {
	service wire.EntityType
	shared  *Keyring

	mu      sync.Mutex
	secrets RotatingSecrets // the maps in it are never changed
}

// NewRotatingKeyring returns a RotatingKeyring for a daemon of that type. With shared, which may be
// nil, it has the key that the service shares as well.
func NewRotatingKeyring(service wire.EntityType, shared *Keyring) *RotatingKeyring {
	return &RotatingKeyring{service: service, shared: shared}
}

// Set takes the secrets of a reply to GetRotatingKey in place of those before. The map in it must
// not be changed any more. Its error wraps ErrClockSkew if the newest secret is past its time at
// once: then the monitors' clock is behind ours. The secrets are taken nevertheless.
func (k *RotatingKeyring) Set(secrets RotatingSecrets, now time.Time) error {
	k.mu.Lock()
	k.secrets = secrets
	k.mu.Unlock()
	ids := secrets.ids()
	if len(ids) == 0 {
		return errors.WithMessagef(ErrUnknownSecret, "cephx: monitor has no rotating secrets of %v",
			k.service)
	}
	if newest := secrets.Secrets[ids[len(ids)-1]]; !now.Before(newest.Expiration) {
		return errors.WithMessagef(ErrClockSkew, "cephx: newest secret of %v expired at %v, %v ago",
			k.service, newest.Expiration, now.Sub(newest.Expiration))
	}
	return nil
}

// Stale reports whether newer secrets should be fetched.
func (k *RotatingKeyring) Stale(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.secrets.Stale(now)
}

// ServiceSecret implements SecretSource.
func (k *RotatingKeyring) ServiceSecret(service wire.EntityType, id uint64) (CryptoKey, error) {
	if id == SharedSecretID && k.shared != nil {
		return k.shared.ServiceSecret(service, id)
	}
	if service != k.service {
		return CryptoKey{}, errors.WithMessagef(ErrUnknownSecret,
			"cephx: secret %d of %v: have those of %v only", id, service, k.service)
	}
	k.mu.Lock()
	secrets := k.secrets
	k.mu.Unlock()
	return secrets.lookup(service, id)
}

// lookup returns the secret of that id, or an error that tells in which direction the id is out of
// reach.
func (r RotatingSecrets) lookup(service wire.EntityType, id uint64) (CryptoKey, error) {
	if secret, ok := r.Secrets[id]; ok {
		return secret.Key, nil
	}
	ids := r.ids()
	switch {
	case len(ids) == 0:
		return CryptoKey{}, errors.WithMessagef(ErrUnknownSecret,
			"cephx: secret %d of %v: have none yet", id, service)
	case id < ids[0]:
		return CryptoKey{}, errors.WithMessagef(ErrUnknownSecret,
			"cephx: secret %d of %v: oldest is %d, the ticket has expired", id, service, ids[0])
	}
	return CryptoKey{}, errors.WithMessagef(ErrUnknownSecret,
		"cephx: secret %d of %v: newest is %d, ours are out of date or made elsewhere", id, service,
		ids[len(ids)-1])
}
