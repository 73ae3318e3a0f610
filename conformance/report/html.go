package report

import (
	"io"

	"simplemessenger/conformance"
)

// WriteHTML writes a page.
func WriteHTML(w io.Writer, r *conformance.Report, again string) error { return nil }
