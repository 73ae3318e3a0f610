package lab3

import (
	"encoding/json"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
	"simplemessenger/labs/structures"
	"simplemessenger/protocol"
)

// reference answers with package protocol.
type reference struct{ registry *registry }

func (*reference) Close() error { return nil }

func (r *reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	switch op {
	case "decide":
		var s situation
		if err := json.Unmarshal(args, &s); err != nil {
			return nil, err
		}
		return json.Marshal(decisionOf(decide(s)))
	case "compare":
		var q struct{ A, B structures.Addr }
		if err := json.Unmarshal(args, &q); err != nil {
			return nil, err
		}
		return json.Marshal(q.A.Wire().Compare(q.B.Wire()))
	case "new_registry":
		r.registry = &registry{}
		return json.RawMessage("true"), json.Unmarshal(args, &r.registry.policy)
	case "arrive", "dial", "opened", "received", "fault", "mark_down":
		h := happening{Op: op}
		if err := json.Unmarshal(args, &h); err != nil {
			return nil, err
		}
		return json.Marshal(r.registry.happens(h))
	}
	return nil, errors.Errorf("nothing answers %s", op)
}

// wrong is a submission with one replacement that the step finds out.
func wrong(name, file, before, after, step string) gradetest.Wrong {
	w := gradetest.Wrong{Name: name, File: file, Old: before, New: after, Step: step}
	for _, s := range Lab.Steps {
		if s.Name == step {
			w.Section = s.Section
		}
	}
	return w
}

func TestLab(t *testing.T) {
	gradetest.Check(t, Lab, func() grade.Subject { return &reference{} }, []gradetest.Wrong{
		wrong("an equal global_seq is taken for an old one", "decide.go",
			"a.GlobalSeq < e.PeerGlobalSeq", "a.GlobalSeq <= e.PeerGlobalSeq", "stale global_seq"),
		wrong("a restart always resets", "decide.go", "a.ResetCheck || e.Exhausted}", "true}",
			"peer restarted"),
		wrong("the peer is not ahead after RETRY_SESSION", "decide.go",
			"ConnectSeq: e.ConnectSeq + 1}\n\t}\n\tlost", "ConnectSeq: e.ConnectSeq}\n\t}\n\tlost",
			"stale connect_seq"),
		wrong("nonces compared as numbers", "addr.go", "binary.LittleEndian.AppendUint32(nil, a.N",
			"binary.BigEndian.AppendUint32(nil, a.N", "addresses"),
		wrong("a server insists", "decide.go", " && !e.Server", "", "race, incoming wins"),
		wrong("only the peer's counter ends", "decide.go", ", a.ConnectSeq > 0 && e.Exhausted", "",
			"numbers used up"),
		wrong("in_seq of a lossy session is taken along", "registry.go", "if !d.FreshPeer {",
			"if !d.ResetSession {", "the registry"),
	})
}

// Every row of the library's table is a step, and has the section that explains it.
func TestEveryRow(t *testing.T) {
	asked := map[protocol.Case]bool{}
	for _, r := range rows {
		asked[r.want] = true
		if got := decide(r.plain).Case; got != r.want {
			t.Errorf("the plain situation of %v is one of %v", r.want, got)
		}
	}
	for _, c := range protocol.Cases() {
		if !asked[c] {
			t.Errorf("%v is not asked", c)
		}
	}
	points := 0
	for _, s := range Lab.Steps {
		points += s.Points
	}
	if points != 100 {
		t.Errorf("%d points", points)
	}
}
