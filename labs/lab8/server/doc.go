// Package server is the server of the lab "break it": a small messenger for one role, with the bugs
// of history behind switches. Students get its source, but for fixed.go, as package main; so it
// needs nothing but Go's own packages.
package server

import _ "embed" // the source

// The source, by file, as students get it but for the name of the package.
var (
	//go:embed server.go
	serverSource []byte
	//go:embed frames.go
	framesSource []byte
	//go:embed buggy.go
	buggySource []byte
)

// Source returns the files that a student gets, by name.
func Source() map[string][]byte {
	return map[string][]byte{"server.go": serverSource, "frames.go": framesSource,
		"buggy.go": buggySource}
}
