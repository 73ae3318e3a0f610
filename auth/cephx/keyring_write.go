package cephx

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// WriteTo writes the keyring as Ceph does and ParseKeyring reads, secrets and all, and returns the
// number of bytes written. Entries are ordered by Names. A name or caps that the format has no way
// to write are an error, before anything is written.
func (k *Keyring) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, name := range k.Names() {
		entry := k.entries[name]
		if strings.ContainsAny(name.ID, "\r\n]") {
			return 0, errors.Errorf("cephx: write keyring: name %q does not fit into a section",
				name)
		}
		b.WriteString("[" + name.String() + "]\n")
		if !entry.Key.IsZero() {
			b.WriteString("\tkey = " + entry.Key.Base64() + "\n")
		}
		for _, service := range slices.Sorted(maps.Keys(entry.Caps)) {
			if caps := entry.Caps[service]; strings.ContainsAny(service+caps, "\r\n") {
				return 0, errors.Errorf("cephx: write keyring: caps of %v have more than one line",
					name)
			}
			b.WriteString("\tcaps " + service + " = " + quote(entry.Caps[service]) + "\n")
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), errors.Wrap(err, "cephx: write keyring")
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
