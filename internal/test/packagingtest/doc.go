// Package packagingtest holds the tests of the tree as others get it: under another module path,
// through a module proxy, installed with manual pages and completions, in a container, and as the
// archives of a release. They work on copies, and need the go command, git and bash, but no network
// as long as the module cache has what go.mod names.
package packagingtest
