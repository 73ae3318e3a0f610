// Package workload is a synthetic load for messengers over real TCP: many servers and clients that
// connect, send, mark down, and come back, while sockets fail, deliveries are late and locks change
// hands slowly. It mirrors the stress tests that Ceph has for its messengers, with the same
// parameters, and goes beyond them in what it checks.
//
// A client sends numbered pings over channels, one for each connection; the server answers each in
// kind. The oracle knows:
//
//   - an answer must match, byte for byte, the oldest unanswered ping of its channel
//   - a server must see the numbers of a channel strictly rising, and without gaps, unless the
//     client was told of a reset, or marked the
//     connection down itself
//   - everything that is not explained by a reset must be answered in the end
package workload
