// Package monitor plays the monitors' part for serve --auth: with it there is a closed world, of
// messengers with cephx and without Ceph. What it answers with is monclient/montest.
package monitor
