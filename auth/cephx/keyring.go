package cephx

import (
	"maps"
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// ErrNoSuchEntity says that a keyring has no key for a name.
var ErrNoSuchEntity = errors.New("no such entity")

// KeyringEntry is what a keyring holds for one name.
type KeyringEntry struct {
	Key CryptoKey
	// Caps says by kind of service what the entity may do there, such as "osd": "allow *". Only
	// monitors ask.
	Caps map[string]string
}

// Keyring holds the keys of principals by name. The zero value is empty. It must not be changed
// while others read it.
type Keyring struct {
	entries map[auth.EntityName]KeyringEntry
}

// Set puts an entry in, in place of an earlier one of the same name.
func (k *Keyring) Set(name auth.EntityName, entry KeyringEntry) {
	if k.entries == nil {
		k.entries = map[auth.EntityName]KeyringEntry{}
	}
	entry.Caps = maps.Clone(entry.Caps)
	k.entries[name] = entry
}

// Lookup returns the entry of that name, whose Key is never zero. Its error wraps ErrNoSuchEntity.
// The Caps are the keyring's own and must not be changed.
func (k *Keyring) Lookup(name auth.EntityName) (KeyringEntry, error) {
	entry, ok := k.entries[name]
	if !ok {
		return KeyringEntry{}, errors.WithMessagef(ErrNoSuchEntity,
			"cephx: keyring has nothing for %v", name)
	}
	if entry.Key.IsZero() {
		return KeyringEntry{}, errors.WithMessagef(ErrNoSuchEntity,
			"cephx: keyring has no key for %v", name)
	}
	return entry, nil
}

// Names returns the names in the keyring, by type and id.
func (k *Keyring) Names() []auth.EntityName {
	return slices.SortedFunc(maps.Keys(k.entries), func(a, b auth.EntityName) int {
		if a.Type != b.Type {
			return int(a.Type) - int(b.Type)
		}
		switch {
		case a.ID < b.ID:
			return -1
		case a.ID > b.ID:
			return 1
		}
		return 0
	})
}

// ServiceSecret implements SecretSource for tickets that are sealed with the key that all daemons
// of a service share: for "mon" that of "mon.".
func (k *Keyring) ServiceSecret(service wire.EntityType, id uint64) (CryptoKey, error) {
	if id != SharedSecretID {
		return CryptoKey{}, errors.WithMessagef(ErrUnknownSecret,
			"cephx: secret %d of %v: a keyring has no rotating secrets", id, service)
	}
	entry, err := k.Lookup(auth.EntityName{Type: service})
	if err != nil {
		return CryptoKey{}, errors.WithMessagef(ErrUnknownSecret, "cephx: shared key of %v: %v",
			service, err)
	}
	return entry.Key, nil
}
