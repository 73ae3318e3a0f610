package grade

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// Layout takes bytes apart for a story.
type Layout []struct {
	Name string
	Size int
}

// Compare returns a story if two pieces of bytes are not the same: which fields differ, with their
// offsets.
func Compare(asked string, layout Layout, want []byte, got string, why string) error {
	have, err := hex.DecodeString(got)
	if err != nil {
		return &Story{Asked: asked, Got: short([]byte(got)),
			Expected: fmt.Sprintf("%d bytes in hexadecimal digits", len(want)),
			Why:      "Answers that are bytes are hexadecimal digits."}
	}
	if bytes.Equal(want, have) {
		return nil
	}
	story := &Story{Asked: asked, Expected: fmt.Sprintf("%d bytes, on the left", len(want)),
		Got: fmt.Sprintf("%d bytes, on the right", len(have)), Why: why}
	offset := 0
	for _, f := range layout {
		w, h := part(want, offset, f.Size), part(have, offset, f.Size)
		mark := " "
		if !bytes.Equal(w, h) {
			mark = "≠"
		}
		if len(w) > 0 || len(h) > 0 {
			story.Fields = append(story.Fields, strings.TrimRight(fmt.Sprintf(
				"%s %4d +%-3d %-18s %-34s %s", mark, offset, f.Size, f.Name, cut(w), cut(h)), " "))
		}
		offset += f.Size
	}
	if len(want) > offset || len(have) > offset {
		story.Fields = append(story.Fields, fmt.Sprintf("≠ %4d      %-18s %-34s %s", offset,
			"what follows", cut(part(want, offset, len(want))), cut(part(have, offset, len(have)))))
	}
	return story
}

func part(b []byte, offset, size int) []byte {
	if offset >= len(b) {
		return nil
	}
	return b[offset:min(offset+size, len(b))]
}

func cut(b []byte) string {
	if len(b) > 16 {
		return hex.EncodeToString(b[:16]) + "…"
	}
	return hex.EncodeToString(b)
}
