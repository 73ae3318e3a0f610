package protocol

import "time"

// Patience is how long a side that was told to WAIT waits for the connection that it was promised,
// before it connects again. The original waits for ever.
func Patience(longestPause time.Duration) time.Duration { return 2 * longestPause }

// Call is our own connection, at the moment when the peer's arrives.
type Call struct {
	State    State
	Answered bool          // the peer's answer opens the session
	Asked    bool          // our connect message was written
	Since    time.Duration // how long ago
	Broken   bool          // an attempt has failed since we told the peer to wait
}

// Insists reports whether a connection of ours is on its way that is worth that the peer waits for
// it.
func Insists(c Call, patience time.Duration) bool {
	return c.State == Connecting && (c.Answered || c.Asked && c.Since < patience && !c.Broken)
}

// LeavesStandby reports whether a session in STANDBY is to be connected: there is something for the
// sake of which to connect, and it is for this side to do so.
func LeavesStandby(policy Policy, work bool) bool { return work && !policy.Server }

// GivesWay reports whether a session in that state may be ended for the sake of another one, where
// their number is limited: it stands by, or its peer is called in vain, which shows by the pause
// between the calls.
func GivesWay(state State, pause time.Duration) bool {
	return state == Standby || state == Connecting && pause > 0
}
