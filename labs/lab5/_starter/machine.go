package main

import "time"

// Machine is a messenger for one peer: everything but sockets and clocks, which it is told about.
//
// Whoever has sockets hands it what happens, and does what it says, in that order. It begins behind
// the greetings: what it writes first to a socket that it has dialed is a connect message, and what
// comes first from one that the peer has dialed is one too.
type Machine struct {
	config Config
	// TODO: the state, the session of lab 4, connect_seq, global_seq, peer_global_seq, sockets and
	// what came of them, pauses
}

// NewMachine returns a machine without a session.
func NewMachine(c Config) *Machine {
	return &Machine{config: c}
}

// Handle takes what happens, and returns what is to be done about it. Now is the time since some
// beginning; it never goes back. What is due by the clock is done at the first event that comes at
// that time or later: ticks come often.
func (m *Machine) Handle(now time.Duration, e Event) []Action {
	return nil // TODO
}
