package cephx_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// documentTable is a table of bytes in docs/auth.md.
type documentTable struct {
	structure string // heading above it
	line      int
	rows      []documentRow
}

// documentRow is a field: all its bytes, or the first and the last ones.
type documentRow struct {
	offset, size int
	first, last  []byte
}

var documentRowPattern = regexp.MustCompile("^\\| (\\d+) \\| (\\d+) \\| .* \\| `([0-9a-f ]+)(?: … " +
	"([0-9a-f ]+))?` \\|$")

func documentTables(t *testing.T, text string) (tables []documentTable) {
	t.Helper()
	heading, inTable := "", false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimLeft(line, "# ")
		case line == "| offset | size | field | bytes |":
			tables, inTable = append(tables, documentTable{structure: heading, line: i + 1}), true
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable && !strings.HasPrefix(line, "| ---"):
			m := documentRowPattern.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("line %d is no row of bytes: %s", i+1, line)
				continue
			}
			offset, _ := strconv.Atoi(m[1])
			size, _ := strconv.Atoi(m[2])
			row := documentRow{offset, size, fromHex(t, strings.ReplaceAll(m[3], " ", "")),
				fromHex(t, strings.ReplaceAll(m[4], " ", ""))}
			if whole := len(row.first) == size; whole != (m[4] == "") {
				t.Errorf("line %d: %d bytes for a field of %d", i+1, len(row.first), size)
			}
			last := &tables[len(tables)-1]
			last.rows = append(last.rows, row)
		}
	}
	return tables
}

// matches reports whether the table shows b.
func (d documentTable) matches(b []byte) bool {
	for _, r := range d.rows {
		if len(b) < r.offset+r.size {
			return false
		}
		field := b[r.offset : r.offset+r.size]
		if !bytes.HasPrefix(field, r.first) || !bytes.HasSuffix(field, r.last) {
			return false
		}
	}
	return len(b) == d.size()
}

func (d documentTable) size() (n int) {
	for _, r := range d.rows {
		n += r.size
	}
	return n
}

// TestDocument looks every table of bytes in docs/auth.md up in the captures.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/auth.md")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string][][]byte{}
	for _, s := range samples(t) {
		recorded[s.structure] = append(recorded[s.structure], s.encoded)
	}
	for _, r := range recordings(t) {
		for _, s := range r.sessions {
			for _, m := range s.messages {
				switch m.header.Type {
				case typeMAuth:
					recorded["MAuth"] = append(recorded["MAuth"], m.front)
				case typeMAuthReply:
					recorded["MAuthReply"] = append(recorded["MAuthReply"], m.front)
				}
			}
		}
	}
	documented := map[string]bool{}
	for _, table := range documentTables(t, string(text)) {
		documented[table.structure] = true
		offset := 0
		for _, r := range table.rows {
			if r.offset != offset {
				t.Errorf("%s, line %d: offset %d, want %d", table.structure, table.line, r.offset,
					offset)
			}
			offset += r.size
		}
		if table.structure == "Signature with CEPHX_V2" {
			checkDocumentedSignature(t, table, string(text))
			continue
		}
		found := false
		for _, b := range recorded[table.structure] {
			found = found || table.matches(b)
		}
		if !found {
			t.Errorf("%s, line %d: no capture has these bytes", table.structure, table.line)
		}
	}
	for structure := range codecs {
		switch structure {
		case "EntityName", "RequestType", "ReplyHeader", "AuthTicket": // shown within others
		default:
			if !documented[structure] {
				t.Errorf("docs/auth.md has no table of %s", structure)
			}
		}
	}
}

// checkDocumentedSignature signs what the table shows with the key that the text names, and wants
// the signature that it names, and that it is in a capture.
func checkDocumentedSignature(t *testing.T, table documentTable, text string) {
	t.Helper()
	quoted := func(pattern string) []byte {
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("docs/auth.md does not say %s", pattern)
		}
		return fromHex(t, strings.ReplaceAll(m[1], " ", ""))
	}
	key, err := cephx.NewCryptoKey(quoted("under the session key\n`([0-9a-f ]+)`"), epoch)
	if err != nil {
		t.Fatal(err)
	}
	word := func(row int) uint32 { return binary.LittleEndian.Uint32(table.rows[row].first) }
	h := wire.MessageHeader{CRC: word(0), FrontLen: word(2), MiddleLen: word(4), DataLen: word(6),
		Seq: uint64(word(7))}
	f := wire.Footer{FrontCRC: word(1), MiddleCRC: word(3), DataCRC: word(5)}
	cephx.NewSecurity(key, wire.FeatureMsgAuth|wire.FeatureCephxV2).Sign(&h, &f)
	want := binary.LittleEndian.Uint64(quoted("signature in the footer is `([0-9a-f ]+)`"))
	if f.Signature != want {
		t.Errorf("signature %#x, documented %#x", f.Signature, want)
	}
	for _, r := range recordings(t) {
		for _, s := range r.sessions {
			for _, m := range s.messages {
				if m.footer.Signature == want && m.header.CRC == h.CRC &&
					s.known == hex.EncodeToString(secretOf(key)) {
					return
				}
			}
		}
	}
	t.Error("no capture has the documented message")
}
