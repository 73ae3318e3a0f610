package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"simplemessenger/wire"
)

const protocolDoc = "../docs/protocol.md"

// docTable is a table of the document under the heading before it.
type docTable struct {
	heading string
	columns []string
	rows    [][]string
}

func docTables(t *testing.T) []docTable {
	t.Helper()
	data, err := os.ReadFile(protocolDoc)
	if err != nil {
		t.Fatal(err)
	}
	var tables []docTable
	heading, open := "", false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if h := strings.TrimLeft(line, "#"); h != line {
			heading = strings.TrimSpace(h)
		}
		if !strings.HasPrefix(line, "|") {
			open = false
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		switch {
		case !open:
			tables = append(tables, docTable{heading: heading, columns: cells})
			open = true
		case strings.Trim(cells[0], "- ") != "" || cells[0] == "":
			last := &tables[len(tables)-1]
			last.rows = append(last.rows, cells)
		}
	}
	return tables
}

func change(b []byte, at int, with byte) []byte {
	b = bytes.Clone(b)
	b[at] = with
	return b
}

var sizedHeading = regexp.MustCompile(`^(.*) \((\d+) bytes\)$`)

// Every table of offsets in the document is what the encoders do, field by field, and no structure
// is left out.
func TestProtocolDocOffsets(t *testing.T) {
	structures := docStructures()
	for _, table := range docTables(t) {
		if len(table.columns) < 3 || !slices.Equal(table.columns[:3],
			[]string{"offset", "size", "field"}) {
			continue
		}
		m := sizedHeading.FindStringSubmatch(table.heading)
		if m == nil {
			t.Errorf("%q: a table of offsets under a heading without a size", table.heading)
			continue
		}
		structure, ok := structures[m[1]]
		if !ok {
			t.Errorf("%q is not known to this test", m[1])
			continue
		}
		delete(structures, m[1])
		if m[2] != strconv.Itoa(structure.size) {
			t.Errorf("%s has %d bytes, the document says %s", m[1], structure.size, m[2])
		}
		end := 0
		for _, row := range table.rows {
			offset, err1 := strconv.Atoi(row[0])
			size, err2 := strconv.Atoi(row[1])
			field, known := structure.fields[row[2]]
			delete(structure.fields, row[2])
			switch {
			case err1 != nil || err2 != nil || !known:
				t.Errorf("%s: row %q", m[1], row)
			case offset != end:
				t.Errorf("%s: %s is at %d in the document, though the field before it ends at %d",
					m[1], row[2], offset, end)
			default:
				if err := field.check(offset, size); err != nil {
					t.Errorf("%s: %s: %v", m[1], row[2], err)
				}
			}
			end = offset + size
		}
		if end != structure.size {
			t.Errorf("%s: the table ends at %d, the structure at %d", m[1], end, structure.size)
		}
		for name := range structure.fields {
			t.Errorf("%s: the document lacks %s", m[1], name)
		}
	}
	for name := range structures {
		t.Errorf("the document lacks %s", name)
	}
}

// check compares where two encodings differ with where the document says that the field is.
func (f docField) check(offset, size int) error {
	if f.complains != "" {
		_, _, err := wire.DecodeEntityAddrAny(change(f.a, offset+size-1, 0xee))
		var decodeError *wire.DecodeError
		if !errors.As(err, &decodeError) || decodeError.Field != f.complains ||
			decodeError.Offset != offset {
			return fmt.Errorf("damaged at %d, the decoder says %v", offset+size-1, err)
		}
		return nil
	}
	if len(f.a) != len(f.b) || offset+size > len(f.a) {
		return fmt.Errorf("%d bytes at %d, of encodings with %d and %d", size, offset, len(f.a),
			len(f.b))
	}
	first, last, count := -1, -1, 0
	for i := range f.a {
		if f.a[i] == f.b[i] {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		count++
	}
	switch {
	case f.zero:
		if count != 0 || len(bytes.Trim(f.a[offset:offset+size], "\x00")) != 0 {
			return fmt.Errorf("not always 0")
		}
	case count == 0:
		return fmt.Errorf("changes nothing")
	case first < offset || last >= offset+size:
		return fmt.Errorf("changes bytes %d to %d, the document says %d to %d", first, last, offset,
			offset+size-1)
	case !f.part && count != size:
		return fmt.Errorf("changes %d bytes, the document says %d", count, size)
	}
	return nil
}

// The tables of names and numbers are those of the code.
func TestProtocolDocNumbers(t *testing.T) {
	found := map[string]int{}
	for _, table := range docTables(t) {
		for _, row := range table.rows {
			number := func(i int) uint64 {
				n, err := strconv.ParseUint(row[i], 0, 64)
				if err != nil {
					t.Errorf("%s: %q", table.heading, row)
				}
				return n
			}
			ok := true
			switch table.heading {
			case "Tags":
				ok = wire.Tag(number(1)).String() == row[0]
			case "Entity types":
				ok = wire.EntityType(number(1)).String() == row[0]
			case "Protocol versions":
				typ, err := wire.ParseEntityType(row[0])
				ok = err == nil && uint64(wire.ProtocolVersion(typ, typ)) == number(1) &&
					uint64(wire.ProtocolVersion(typ, wire.EntityClient)) == number(2)
			case "Features":
				info, known := wire.LookupFeature(row[0])
				ok = known && uint64(info.Bit) == number(1)
			case "Priorities":
				ok = uint64(map[string]uint16{"low": wire.PriorityLow,
					"default": wire.PriorityDefault, "high": wire.PriorityHigh,
					"highest": wire.PriorityHighest}[row[0]]) == number(1)
			default:
				continue
			}
			found[table.heading]++
			if !ok {
				t.Errorf("%s: %q is not what the code has", table.heading, row)
			}
		}
	}
	for heading, want := range map[string]int{"Tags": 16, "Entity types": 6, "Protocol versions": 3,
		"Features": 6, "Priorities": 4} {
		if found[heading] != want {
			t.Errorf("%s: %d rows, want %d", heading, found[heading], want)
		}
	}
	data, err := os.ReadFile(protocolDoc)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprintf("`%#x`", uint64(features14)), fmt.Sprintf("`%#x`", uint64(features16)),
		fmt.Sprintf("`123456789` give `%#08x`", wire.CRC(0, []byte("123456789"))),
	} {
		if !strings.Contains(string(data), text) {
			t.Errorf("the document lacks %q", text)
		}
	}
}
