package report

import (
	"io"

	"simplemessenger/conformance"
)

// WriteJUnit writes a report for build servers.
func WriteJUnit(w io.Writer, r *conformance.Report) error { return nil }
