package view

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

	"simplemessenger/internal/webpage"
)

// newSource returns what shows a file with numbers at its lines: where a decision is made.
func newSource() (http.HandlerFunc, error) {
	t, err := template.New("source.html").Funcs(template.FuncMap{
		"next": func(i int) int { return i + 1 }}).ParseFS(files, "page/source.html")
	if err != nil {
		return nil, err
	}
	style, err := files.ReadFile("page/source.css")
	if err != nil {
		return nil, err
	}
	policy := webpage.Policy(string(style), "", "frame-ancestors 'none'")
	pages := make(map[string][]byte)
	for name, path := range sourceFiles {
		text, err := files.ReadFile("page/source/" + name + ".txt")
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = t.Execute(&b, map[string]any{"Path": path, "Style": template.CSS(style),
			"Lines": strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")})
		if err != nil {
			return nil, err
		}
		pages[name] = b.Bytes()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		page, found := pages[r.PathValue("file")]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(page) // who has gone does not want it
	}, nil
}
