// Package conformance holds the rules of messenger protocol v1, each with an id: what an
// implementation has to do that wants to talk to Ceph's.
package conformance
