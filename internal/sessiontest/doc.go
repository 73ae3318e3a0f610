// Package sessiontest has only tests: of sessions as a whole, between messengers and against scripted peers, in virtual time over a
// network in memory.
//
//   - hardcases_*_test.go: one test for each of the cases in which messengers of this kind broke in the field;
//   - scenarios_test.go: what Ceph's own messenger test checks;
//   - badinput_*_test.go: peers that break the protocol, or say nothing;
//   - handshake_*_test.go: every reply that a real peer may give;
//   - sweep_test.go: the connection breaks at every byte and at every read and write;
//   - matrix_test.go: a fault, a delay or a hang at every stage of a pipe.
package sessiontest
