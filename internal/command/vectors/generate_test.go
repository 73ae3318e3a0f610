package vectors

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const vectorDir = "../../../testdata/vectors"

var update = flag.Bool("update", false, "write testdata/vectors anew from testdata/captures")

// TestUpdateVectors writes the vectors if -update is given, and otherwise checks that they are what
// it would write.
func TestUpdateVectors(t *testing.T) {
	c := collector{t: t, recordings: readRecordings(t), files: map[string][]Vector{},
		seen: map[string]bool{}}
	c.captured()
	c.constructed()
	c.credentials()
	c.signatures()
	c.conversations()
	for name, vectors := range c.files {
		slices.SortFunc(vectors, func(a, b Vector) int {
			return strings.Compare(a.Structure+"\x00"+a.Name, b.Structure+"\x00"+b.Name)
		})
		compareOrWrite(t, name, encodeFile(vectors))
	}
	compareOrWrite(t, schemaFile, writeSchema())
}

func compareOrWrite(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(vectorDir, name)
	if *update {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, content) {
		t.Errorf("%s is not what -update would write (%v)", path, err)
	}
}

// encodeFile writes vectors with one line for each of their keys, and for each piece.
func encodeFile(vectors []Vector) []byte {
	var b bytes.Buffer
	b.WriteString("[\n")
	for i, v := range vectors {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, " {\n  \"name\": %s,\n  \"structure\": %s,\n  \"source\": %s",
			marshal(v.Name), marshal(v.Structure), marshal(v.Source))
		if len(v.Key) > 0 {
			fmt.Fprintf(&b, ",\n  \"key\": \"%x\"", []byte(v.Key))
		}
		if len(v.Handmade) > 0 {
			fmt.Fprintf(&b, ",\n  \"handmade\": %s", marshal(v.Handmade))
		}
		if len(v.Pieces) == 0 {
			fmt.Fprintf(&b, ",\n  \"hex\": \"%x\",\n  \"fields\": %s", []byte(v.Hex), v.Fields)
		} else {
			b.WriteString(",\n  \"pieces\": [\n   ")
			for i, p := range v.Pieces {
				if i > 0 {
					b.WriteString(",\n   ")
				}
				b.Write(marshal(p))
			}
			b.WriteString("\n  ]")
		}
		b.WriteString("\n }")
	}
	b.WriteString("\n]\n")
	return b.Bytes()
}

// collector gathers vectors by the files that they go to.
type collector struct {
	t          testing.TB
	recordings []*recording
	files      map[string][]Vector
	seen       map[string]bool
}

// add takes a vector that needs no key unless one of that structure and name is there already.
func (c *collector) add(structure, name, source string, b []byte) {
	c.t.Helper()
	c.addKeyed(structure, name, source, b, nil)
}

func (c *collector) addKeyed(structure, name, source string, b, key []byte) {
	c.t.Helper()
	if !c.first(structure, name) {
		return
	}
	fields, err := fieldsOf(structure, b, secret(c.t, key))
	if err != nil {
		c.t.Fatalf("%s, %s, %s: %v\n%s", structure, name, source, err, hex.EncodeToString(b))
	}
	file := fileOf(structure)
	c.files[file] = append(c.files[file], Vector{Name: name, Structure: structure, Source: source,
		Key: key, Hex: b, Fields: marshal(fields)})
}

// first reports whether nothing of that structure and name was there before.
func (c *collector) first(structure, name string) bool {
	id := structure + "\x00" + name
	if c.seen[id] {
		return false
	}
	c.seen[id] = true
	return true
}
