// Package osdio writes and reads objects of a real cluster, as the rados command does, with nothing but the monitors' commands and the
// messages MOSDOp, MOSDOpReply and MOSDBackoff.
//
// A client of Ceph usually keeps a copy of the osdmap and computes for itself where an object is. This one asks the monitors
// ("osd map", "osd find"): slow, but a page of code, and enough to prove that real osds understand what we send.
//
// A request goes to the primary osd of the object's placement group. It is sent again, under the same transaction id by which the osd
// recognizes it, when the connection broke, when the osd asks for that, and when the object has moved meanwhile.
package osdio
