// Package realfaulttest holds the tests of sessions with real Ceph daemons while sockets fail on
// either side, or one of the two is killed and comes back. Lossless sessions are had by coming as a
// fellow monitor, mon.1, as monitors are each other's lossless peers.
package realfaulttest
