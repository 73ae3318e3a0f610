package vectors

import (
	"maps"
	"slices"
	"testing"

	"simplemessenger/auth/cephx"
)

// FuzzStructures reads any bytes as any structure, with a key and without: what verify is given may
// have been written by anybody. What decodes can be encoded again.
func FuzzStructures(f *testing.F) {
	names := slices.Sorted(maps.Keys(structures))
	for _, file := range goldenFiles(f) {
		for _, v := range file.Vectors {
			if i := slices.Index(names, v.Structure); i >= 0 {
				f.Add(byte(i), []byte(v.Key), []byte(v.Hex))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, secret, b []byte) {
		name := names[int(which)%len(names)]
		v := Vector{Key: secret}
		key, err := v.key()
		if err != nil {
			key = cephx.CryptoKey{}
		}
		fields, err := fieldsOf(name, b, key)
		if err != nil {
			return
		}
		if _, err := structures[name].encode(fields, b, key); err != nil {
			t.Fatalf("%s: %x decodes, and does not encode: %v", name, b, err)
		}
		_ = marshal(fields)
	})
}
