// Package python has only tests: they run the client and the server that are written in Python
// against a messenger of this module, in both directions. See README.md.
package python
