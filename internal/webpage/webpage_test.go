package webpage

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestPartsAreJoined(t *testing.T) {
	own := fstest.MapFS{"a.css": {Data: []byte("own{}")}, "a.js": {Data: []byte("own();")}}
	style, err := Style(own, "a.css")
	if err != nil || !strings.HasPrefix(style, ":root") || !strings.HasSuffix(style, "own{}") {
		t.Errorf("%v: %.80s", err, style)
	}
	script, err := Script(own, "a.js")
	if err != nil || !strings.HasPrefix(script, "\"use strict\";\n") ||
		!strings.HasSuffix(script, "own();") || !strings.Contains(script, "function detail(") {
		t.Errorf("%v: %.80s", err, script)
	}
	if _, err := Script(own, "b.js"); err == nil {
		t.Error("a file that is not there is no error")
	}
	policy := Policy("x", "y", "connect-src 'self'")
	const want = "default-src 'none'; script-src 'sha256-"
	if !strings.HasPrefix(policy, want) || strings.Contains(policy, "unsafe") ||
		!strings.HasSuffix(policy, "; connect-src 'self'") {
		t.Error(policy)
	}
}
