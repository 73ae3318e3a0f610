package webpage

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"

	"github.com/pkg/errors"
)

//go:embed parts
var parts embed.FS

// Style returns the style sheet of a page: what pages share, and behind it the page's own files.
func Style(own fs.FS, names ...string) (string, error) {
	return joined(own, []string{"parts/base.css", "parts/bytes.css"}, names)
}

// Script returns the script of a page: what pages share, and behind it the page's own files.
// Shared are el, visible, hidden, plural and say of text.js, and detail of bytes.js; say needs an
// element with the id "said".
func Script(own fs.FS, names ...string) (string, error) {
	text, err := joined(own, []string{"parts/text.js", "parts/bytes.js"}, names)
	return "\"use strict\";\n" + text, err
}

func joined(own fs.FS, shared, names []string) (string, error) {
	text := ""
	read := func(files fs.FS, names []string) error {
		for _, name := range names {
			b, err := fs.ReadFile(files, name)
			if err != nil {
				return errors.Wrap(err, "a part of a page")
			}
			text += string(b)
		}
		return nil
	}
	if err := read(parts, shared); err != nil {
		return "", err
	}
	return text, read(own, names)
}

// Policy returns the Content-Security-Policy of a page with that style sheet and script: nothing
// else is run or loaded, from wherever it is. Further directives follow, such as
// "connect-src 'self'".
func Policy(style, script string, more ...string) string {
	policy := "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
	for _, directive := range more {
		policy += "; " + directive
	}
	return policy
}

// hash is how a policy names what it lets run.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
