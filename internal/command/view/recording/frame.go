package recording

import (
	"encoding/hex"

	"simplemessenger/internal/command/decode"
)

// maxBytes is how much of a frame is kept beside its fields.
const maxBytes = 1024

// SaidOf returns a frame as steps have it.
func SaidOf(f *decode.Frame) *Said {
	s := &Said{Name: f.Name(), Size: len(f.Bytes), Incomplete: f.Incomplete, Note: f.Note,
		Hex: hex.EncodeToString(f.Bytes[:min(len(f.Bytes), maxBytes)])}
	for _, field := range f.Fields {
		s.Fields = append(s.Fields, Field(field))
	}
	for _, err := range f.Malformed {
		s.Malformed = append(s.Malformed, err.Error())
	}
	return s
}
