// Package denc reads and writes the building blocks of Ceph's encoding that authentication is made
// of: little-endian integers, byte strings with a 32-bit length before them, and times of two
// 32-bit words.
//
// Append functions append to a slice and never fail. A Decoder walks over a slice, keeps the first
// error, and never looks beyond the end of its input, nor allocates.
package denc
