package lab1

import (
	"encoding/hex"
	"fmt"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

type name struct {
	Type uint8 `json:"type"`
	Num  int64 `json:"num"`
}

var nameLayout = grade.Layout{{"type", 1}, {"num", 8}}

// names asks for entity names.
func names(s *grade.Session) error {
	for _, n := range []name{{8, 4711}, {1, 0}, {4, 1 << 40}, {8, -1}} {
		var got string
		if err := s.Ask("encode_entity_name", n, &got); err != nil {
			return err
		}
		want := wire.EntityName{Type: wire.EntityType(n.Type), Num: n.Num}.Append(nil)
		asked := fmt.Sprintf("encode the entity_name with type %d and num %d", n.Type, n.Num)
		if err := grade.Compare(asked, nameLayout, want, got,
			"Integers are little endian, and nothing stands between them."); err != nil {
			return err
		}
		var back name
		if err := s.Ask("decode_entity_name", hex.EncodeToString(want), &back); err != nil {
			return err
		}
		if back != n {
			return &grade.Story{Asked: fmt.Sprintf("decode %x", want),
				Expected: fmt.Sprintf("%+v", n), Got: fmt.Sprintf("%+v", back),
				Why: "What was encoded is to be decoded as the same."}
		}
	}
	return nil
}
