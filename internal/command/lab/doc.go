// Package lab is the work of `simplemsgr lab`: labs started, graded, told on a terminal or as JSON,
// and graded again when a file changes.
package lab
