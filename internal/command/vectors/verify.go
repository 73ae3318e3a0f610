package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
)

// Verify checks all vectors and writes a line for each that is wrong, and one that counts:
//
//	N vectors, N ok, N wrong
//
// It returns the number of those that are wrong.
func Verify(w io.Writer, files []File) (wrong int, err error) {
	all := 0
	for _, f := range files {
		names := map[string]bool{}
		for i := range f.Vectors {
			v := &f.Vectors[i]
			all++
			err := v.Check()
			switch {
			case err != nil:
			case v.Name == "" || v.Source == "" || names[v.Structure+"\x00"+v.Name]:
				err = errors.New("has no name of its own, or no source")
			case f.Name != fileOf(v.Structure):
				err = errors.Errorf("structure %q belongs in %s", v.Structure, fileOf(v.Structure))
			}
			names[v.Structure+"\x00"+v.Name] = true
			if err != nil {
				wrong++
				if _, err := fmt.Fprintf(w, "%s: %s: %v\n", f.Name, v.Name, err); err != nil {
					return wrong, errors.WithStack(err)
				}
			}
		}
	}
	_, err = fmt.Fprintf(w, "%d vectors, %d ok, %d wrong\n", all, all-wrong, wrong)
	return wrong, errors.WithStack(err)
}

// Check decodes the bytes and compares the fields, and encodes the fields and compares the bytes;
// for a conversation also what follows from one piece to another.
func (v *Vector) Check() error {
	key, err := v.key()
	if err != nil {
		return err
	}
	if v.isConversation() {
		return v.checkConversation(key)
	}
	if len(v.Pieces) > 0 || len(v.Handmade) > 0 {
		return errors.Errorf("structure %q has no pieces", v.Structure)
	}
	_, err = check(v.Structure, v.Hex, v.Fields, key)
	return err
}

// check compares bytes and fields in both directions, and returns the decoded fields.
func check(structure string, b []byte, written json.RawMessage, key cephx.CryptoKey) (any, error) {
	got, err := fieldsOf(structure, b, key)
	if err != nil {
		return nil, errors.Wrap(err, "decode")
	}
	want := structures[structure].empty()
	if err := decodeStrictly(written, want); err != nil {
		return nil, errors.Wrap(err, "fields")
	}
	if g, w := marshal(got), marshal(want); !bytes.Equal(g, w) {
		return nil, errors.Errorf("decoded\n got %s\nwant %s", g, w)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, written); err != nil {
		return nil, errors.WithStack(err)
	}
	if g := marshal(got); !bytes.Equal(g, compact.Bytes()) {
		return nil, errors.Errorf("fields are written as %s, want %s", &compact, g)
	}
	encoded, err := structures[structure].encode(want, b, key)
	if err != nil {
		return nil, errors.Wrap(err, "encode")
	}
	if !bytes.Equal(encoded, b) {
		return nil, errors.Errorf("encoded\n got %x\nwant %x", encoded, b)
	}
	return got, nil
}

// fieldsOf decodes an encoded structure, all of b, into a pointer to its fields.
func fieldsOf(structure string, b []byte, key cephx.CryptoKey) (any, error) {
	s, ok := structures[structure]
	if !ok {
		return nil, errors.Errorf("there is no structure %q", structure)
	}
	fields, used, err := s.decode(b, key)
	if err == nil && used != len(b) {
		err = errors.Errorf("%d bytes, of which %d are used", len(b), used)
	}
	return fields, err
}

// marshal writes fields in the form that they have in files.
func marshal(fields any) []byte {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err) // fields are numbers and texts
	}
	return b
}
