package messages

import (
	"encoding/hex"

	"github.com/pkg/errors"
)

// UUID is a unique number, such as the fsid of a cluster.
type UUID [16]byte

// String returns the usual form, such as "0ff218da-a3f2-4686-952f-05571746d813".
func (u UUID) String() string {
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ParseUUID is the inverse of UUID.String.
func ParseUUID(s string) (UUID, error) {
	var u UUID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, errors.Errorf("messages: %q is not a UUID", s)
	}
	if _, err := hex.Decode(u[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:])); err != nil {
		return UUID{}, errors.Errorf("messages: %q is not a UUID", s)
	}
	return u, nil
}

// MarshalText implements encoding.TextMarshaler with the form of String.
func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseUUID.
func (u *UUID) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUUID(string(text))
	return err
}
