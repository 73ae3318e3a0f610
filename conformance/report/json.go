package report

import (
	"encoding/json"
	"io"

	"simplemessenger/conformance"
)

// WriteJSON writes one result as a line.
func WriteJSON(w io.Writer, r *conformance.Result) error {
	return json.NewEncoder(w).Encode(struct {
		Case    string              `json:"case"`
		Verdict conformance.Verdict `json:"verdict"`
		Rule    string              `json:"rule"`
		Reason  string              `json:"reason,omitempty"`
	}{r.Case.Name, r.Verdict, r.Rule, r.Reason})
}
