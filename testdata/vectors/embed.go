// Package vectors holds the golden vectors, so that programs can carry them along. README.md says
// what they are. It stands here because a file can be embedded only from its own directory.
package vectors

import "embed"

// Files are the vectors, their schema and the page that explains them.
//
//go:embed *.json README.md
var Files embed.FS
