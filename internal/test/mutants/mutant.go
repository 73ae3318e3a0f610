package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A mutant is a small textual patch that makes a bug.
type mutant struct {
	name     string
	file     string // from the root of the tree
	old, new string // old stands in the file once
	breaks   string // what goes wrong then
	packages []string
}

// Packages whose tests should notice, the quick ones first.
var (
	sessions   = []string{"./internal/test/sessiontest"}
	rules      = []string{"./protocol", "./internal/test/sessiontest"}
	frames     = []string{"./internal/frame", "./internal/test/sessiontest"}
	handshakes = []string{"./internal/handshake", "./internal/test/sessiontest"}
	pipes      = []string{"./pipe", "./internal/test/sessiontest"}
	lifecycle  = []string{"./simplemsgr", "./internal/test/sessiontest"}
)

// apply puts the bug into a tree and returns what takes it out again.
func (m mutant) apply(tree string) (undo func() error, err error) {
	path := filepath.Join(tree, filepath.FromSlash(m.file))
	before, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(before), m.old); n != 1 {
		return nil, fmt.Errorf("the text to be changed stands in the file %d times", n)
	}
	after := strings.Replace(string(before), m.old, m.new, 1)
	return func() error { return os.WriteFile(path, before, 0o644) }, os.WriteFile(path, []byte(after), 0o644)
}
