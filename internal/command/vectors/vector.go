package vectors

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
)

// Vector is one entry of a file: either a piece with a name, or a conversation of many Pieces, as
// its structure says.
type Vector struct {
	Name      string `json:"name"`
	Structure string `json:"structure"`
	// Source is a capture with connection, sender and offset, or "constructed".
	Source string `json:"source"`
	// Key is the secret that opens, seals or signs what is in the vector; nil if nothing is. It is
	// AES-128.
	Key    octet           `json:"key,omitempty"`
	Hex    octet           `json:"hex,omitempty"`
	Fields json.RawMessage `json:"fields,omitempty"`
	// Handmade are the sides of a conversation that no release of Ceph speaks for: what they say
	// is what a test wanted them to say.
	Handmade []string `json:"handmade,omitempty"`
	Pieces   []Piece  `json:"pieces,omitempty"`
}

// Piece is a structure in a conversation.
type Piece struct {
	From      string `json:"from"` // the side that connected, "client", or the other one, "server"
	Offset    int64  `json:"offset"`
	Structure string `json:"structure"`
	// Hex are the bytes at Offset of what that side has sent.
	Hex    octet           `json:"hex"`
	Fields json.RawMessage `json:"fields"`
}

// The structures that are conversations, and the sides of one.
const (
	handshake = "handshake"
	session   = "session"

	fromClient = "client"
	fromServer = "server"
)

// schemaFile is the one file that holds no vectors.
const schemaFile = "schema.json"

// filesOf says which file holds the vectors of a structure, if it is not named after it.
var filesOf = map[string]string{
	"authorizer": "cephx", "authorize": "cephx", "authorize_challenge": "cephx",
	"authorize_reply": "cephx", "service_ticket_info": "cephx", "proof": "cephx",
	"signature_v1": "signature", "signature_v2": "signature",
}

func fileOf(structure string) string {
	if file, ok := filesOf[structure]; ok {
		return file + ".json"
	}
	return structure + ".json"
}

// File is a file of vectors.
type File struct {
	Name    string
	Vectors []Vector
}

// Read returns the files of vectors at the top of a file system, by name.
func Read(from fs.FS) ([]File, error) {
	names, err := fs.Glob(from, "*.json")
	if err != nil {
		return nil, errors.WithStack(err)
	}
	var files []File
	for _, name := range names {
		if name == schemaFile {
			continue
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, errors.WithStack(err)
		}
		f := File{Name: path.Base(name)}
		if err := decodeStrictly(b, &f.Vectors); err != nil {
			return nil, errors.Wrap(err, name)
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, errors.New("there are no vectors: no file *.json")
	}
	return files, nil
}

// decodeStrictly is json.Unmarshal that takes no key that it does not know.
func decodeStrictly(b []byte, into any) error {
	strict := json.NewDecoder(bytes.NewReader(b))
	strict.DisallowUnknownFields()
	return strict.Decode(into)
}

func (v *Vector) isConversation() bool { return v.Structure == handshake || v.Structure == session }

// key returns the vector's key, zero if it has none.
func (v *Vector) key() (cephx.CryptoKey, error) {
	if len(v.Key) == 0 {
		return cephx.CryptoKey{}, nil
	}
	return cephx.NewCryptoKey(v.Key, time.Time{})
}

// Choose returns the files with the vectors that a word names: a file, with or without .json, the
// name of a vector, or a part of one in any case. All match an empty word.
func Choose(files []File, word string) []File {
	for _, f := range files {
		if f.Name == word || strings.TrimSuffix(f.Name, ".json") == word {
			return []File{f}
		}
	}
	var chosen []File
	for _, f := range files {
		f.Vectors = slices.DeleteFunc(slices.Clone(f.Vectors), func(v Vector) bool {
			return !strings.Contains(strings.ToLower(v.Name), strings.ToLower(word)) &&
				v.Structure != word
		})
		if len(f.Vectors) > 0 {
			chosen = append(chosen, f)
		}
	}
	return chosen
}
