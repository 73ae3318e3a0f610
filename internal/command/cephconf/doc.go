// Package cephconf reads ceph.conf, as far as a client of the monitors needs it: where they are, who we are, and how peers prove who
// they are.
package cephconf
