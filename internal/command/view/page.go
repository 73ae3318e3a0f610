package view

import (
	"bytes"
	"embed"
	"html/template"
	"strings"

	"simplemessenger/docs"
	"simplemessenger/internal/command/pages"
	"simplemessenger/internal/command/view/live"
	"simplemessenger/internal/webpage"
)

//go:embed page
var files embed.FS

// newPage returns the page and its policy. It asks its own server for everything that it shows.
func newPage() (page []byte, policy string, err error) {
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"names": func(w pages.Word) string { return strings.Join(w.Names, ", ") },
	}).ParseFS(files, "page/page.html")
	if err != nil {
		return nil, "", err
	}
	style, err := webpage.Style(files, "page/style.css", "page/lanes.css", "page/diagram.css",
		"page/words.css")
	if err != nil {
		return nil, "", err
	}
	script, err := webpage.Script(files, "page/model.js", "page/words.js", "page/lanes.js",
		"page/row.js", "page/diagram.js", "page/told.js", "page/timeline.js",
		"page/commands.js", "page/main.js")
	if err != nil {
		return nil, "", err
	}
	rows, err := decisionRows()
	if err != nil {
		return nil, "", err
	}
	words, err := glossary()
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"Style": template.CSS(style), "Script": template.JS(script),
		"Rows": rows, "Words": words, "Places": live.Places})
	policy = webpage.Policy(style, script, "connect-src 'self'", "frame-ancestors 'none'")
	return b.Bytes(), policy, err
}

// glossary returns the words that the page explains.
func glossary() ([]pages.Word, error) {
	all, err := pages.Read(docs.Files)
	if err != nil {
		return nil, err
	}
	return pages.Glossary(all)
}
