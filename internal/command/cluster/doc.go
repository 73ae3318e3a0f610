// Package cluster is what the commands that talk to a real cluster have in common: from flags and
// ceph.conf to a monclient.Client, from the name of a daemon to its address, and from an error to
// words that help.
package cluster
