// Package osdio writes, reads and lists objects of a real cluster, as the rados command does, with
// nothing but what monclient knows and the messages MOSDOp, MOSDOpReply and MOSDBackoff.
//
// A client of Ceph usually computes for itself from the osdmap where an object is (CRUSH). This one
// asks the monitors ("osd map", "pg map"), once for each object as long as nothing fails: enough to
// prove that real osds understand what we send.
//
// A large object is written and read in pieces, several at a time. Of the pieces of a write the
// first one, which cuts off what the object had, is alone: osds may carry out the others in any
// order, so that one that is sent again harms nobody.
//
// A request goes to the primary osd of the object's placement group. It is sent again, under the
// same transaction id by which the osd recognizes it, when the connection broke, when the osd asks
// for that, and when the object has moved meanwhile.
package osdio
