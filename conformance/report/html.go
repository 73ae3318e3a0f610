package report

import (
	"io"

	"simplemessenger/conformance"
)

// Page is a page.
type Page struct {
	Run
}

// Write writes the page.
func (p *Page) Write(w io.Writer, r *conformance.Report) error { return nil }
