// Package lab1 is the lab "bytes": structures to bytes and back, as they are on the wire.
package lab1

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// Lab is the lab.
var Lab = grade.Lab{Number: 1, Name: "bytes", Title: "Encode and decode what is on the wire",
	Files: files, Steps: []grade.Step{
		{Name: "entity_name", Points: 10, Section: "protocol.md#entity_name-9-bytes", Run: names},
	}}
