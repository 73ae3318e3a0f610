package report

import (
	"time"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// greeting is what a server says first.
var greeting = append(wire.EntityAddr{}.Append([]byte(wire.Banner)),
	wire.EntityAddr{}.Append(nil)...)

// flooded is a run with one case, in which the target sent a greeting on one socket and so many
// bytes, each of which is no frame, on others.
func flooded(n int) *conformance.Report {
	c := &script.Case{Name: "a/flood", About: "About.", Rules: []string{"V1-MSG-1"}, Role: "server"}
	r := &conformance.Result{Case: c, Verdict: conformance.Fail, Step: -1, Rule: "V1-MSG-1",
		Reason: "it floods"}
	for i := range n + 1 {
		b := greeting
		if i > 0 {
			b = greeting[:4]
		}
		r.Chunks = append(r.Chunks, conformance.Chunk{Socket: "1", Connection: i + 1, Dialed: true,
			Time: time.Unix(1, int64(i)*1e6), Bytes: b})
	}
	return &conformance.Report{Target: "flood", Role: conformance.RoleServer,
		Results: []*conformance.Result{r}}
}
