package lab1

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
	"simplemessenger/wire"
)

// reference answers with the library's own code.
type reference struct{}

func (reference) Close() error { return nil }

func (reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	switch op {
	case "encode_entity_name":
		var n name
		if err := json.Unmarshal(args, &n); err != nil {
			return nil, err
		}
		b := wire.EntityName{Type: wire.EntityType(n.Type), Num: n.Num}.Append(nil)
		return json.Marshal(hex.EncodeToString(b))
	case "decode_entity_name":
		var digits string
		if err := json.Unmarshal(args, &digits); err != nil {
			return nil, err
		}
		b, err := hex.DecodeString(digits)
		if err != nil {
			return nil, err
		}
		n, err := wire.DecodeEntityName(b)
		if err != nil {
			return nil, err
		}
		return json.Marshal(name{uint8(n.Type), n.Num})
	}
	return nil, errors.Errorf("nothing answers %s", op)
}

func TestLab(t *testing.T) {
	gradetest.Check(t, Lab, func() grade.Subject { return reference{} }, []gradetest.Wrong{
		{Name: "big endian", File: "bytes.go", Old: "LittleEndian.AppendUint64",
			New: "BigEndian.AppendUint64", Step: "entity_name",
			Section: "protocol.md#entity_name-9-bytes"},
		{Name: "hangs", File: "bytes.go", Old: "return EntityName{Type: b[0]",
			New: "for {\n\t}\n\treturn EntityName{Type: b[0]", Step: "entity_name",
			Section: "protocol.md#entity_name-9-bytes", Kind: "hang"},
		{Name: "panics", File: "bytes.go", Old: "b[1:]", New: "b[10:]", Step: "entity_name",
			Section: "protocol.md#entity_name-9-bytes", Kind: "panic"},
		{Name: "does not build", File: "bytes.go", Old: "Num: int64(", New: "Num: int63(",
			Step: "entity_name", Section: "protocol.md#entity_name-9-bytes", Kind: "build"},
		{Name: "prints without end", File: "bytes.go", Old: "\treturn binary.Little",
			New: "\tfor {\n\t\tprintln(\"here\")\n\t}\n\treturn binary.Little", Step: "entity_name",
			Section: "protocol.md#entity_name-9-bytes", Kind: "output"},
		{Name: "takes memory without end", File: "bytes.go", Old: "\treturn binary.Little",
			New: greedy + "\treturn binary.Little", Step: "entity_name",
			Section: "protocol.md#entity_name-9-bytes", Kind: "memory"},
	})
}

// greedy touches each page of what it takes, or the system would not count it.
const greedy = `	var all [][]byte
	for {
		b := make([]byte, 32<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
	}
`
