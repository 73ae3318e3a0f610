// Package authtest has the tests of authentication with real Ceph clusters of every release: the
// login, tickets, signatures, and the commands that stand on them. Nothing else is in it.
package authtest
