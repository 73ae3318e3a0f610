// Package protocol has the rules: every decision that two messengers take about each other, as
// functions from values to values. Nothing here has a lock, a socket, a clock or a goroutine; who
// calls these functions holds what they are about.
//
// # Reading order
//
// [State] is where a session's carrier stands, [Stage] what one of its goroutines does, [Policy]
// how it behaves towards peers of a type. Then the two halves of a handshake: [DecidePeer],
// [DecidePrincipal] and [DecideSession] answer a connect message, [React] an answer. [Principal]
// and [Claim] say whose a session is. What a broken socket leads to is in fault, the pauses between
// attempts in pause, what never gets through in stuck, the ends of all counters in counters.
//
// docs/negotiation.md shows each table; tests compare it with the code. Package internal/test/model
// explores what two peers that follow these rules can come to, over a network that may cut at any
// step.
package protocol
