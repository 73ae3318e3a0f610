// Package sessiontest has only tests: of sessions as a whole, between messengers and against
// scripted peers, in virtual time over a network in memory.
//
//   - hardcases_*_test.go: one test for each of the cases in which messengers of this kind broke in
//     the field;
//   - scenarios_test.go: what Ceph's own messenger test checks;
//   - badinput_*_test.go, silence_test.go, fuzz_test.go: peers that break the protocol, or say
//     nothing;
//   - handshake_*_test.go: every row of the negotiation, and every reply that a real peer may give;
//   - sweep_test.go: the connection breaks at every byte and at every read and write;
//   - matrix_test.go: a fault, a delay or a hang at every stage of a pipe;
//   - race_test.go, restart_test.go: peers that call each other at once, bad weather, crashes, by
//     seed;
//   - close_test.go, delivery_test.go, storm_test.go, inject_test.go, reads_test.go: one theme
//     each;
//   - tcp_test.go: a little of all that over real sockets.
package sessiontest
