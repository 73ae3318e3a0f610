// Package vectors is the work of the command vectors: it reads the golden vectors of protocol v1,
// checks each against this library, and prints them for people.
//
// A [Vector] is a structure's bytes together with its fields. Checking it goes both ways: the bytes
// decode to the fields, and the fields encode to the bytes. A vector may also be a whole
// conversation, which consists of such pieces in the order in which they were said; then what
// follows from one piece to another is checked too, such as numbers and signatures.
//
// testdata/vectors/README.md documents the format, for implementers in other languages. The tests
// of this package make the files and their schema.
package vectors
