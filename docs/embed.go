// Package docs holds the pages of the documentation, so that programs can carry them along:
// `simplemsgr docs` shows them, and a grader of the labs names what to read. It stands here because
// a file can be embedded only from its own directory.
package docs

import "embed"

// Files are the pages.
//
//go:embed *.md decisions/*.md
var Files embed.FS
