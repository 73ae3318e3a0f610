// Package realpeertest has the tests of conversations with real Ceph, in both directions: our
// messenger calls real monitors, and the real command lines call our monitor, without credentials
// and with cephx. Nothing else is in it.
package realpeertest
