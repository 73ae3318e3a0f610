// Package structures has the structures of the wire as the labs ask for them: values with a form in
// JSON that a student's program reads and writes, their bytes by way of package wire, the layout
// with which a story takes them apart, and the golden vectors. docs/protocol.md is the source of
// every table.
package structures
