// Package model explores everything that two messengers can do to each other, within bounds.
//
// The decisions are those of package pipe: DecidePeer, DecideSession, Decision.Seq, React,
// AfterFault and AfterFailedAccept are called as they are. Around them stands a small model of what
// carries them out (accept.go, accept_decide.go, connect.go, replace.go, fault.go, writer.go,
// reader.go there; the files here name what they mirror), of two users, and of a network. A state
// of that world is a few dozen bytes; [Explore] visits every state that can be reached, the nearest
// first, and checks the [Property] list in each. What it finds wrong it tells as a shortest
// sequence of steps.
//
// # What can happen
//
// Users send messages at moments of their choice, mark the connection down, and restart their
// process with the same address. A socket can break at any moment: one end notices, then or later
// the other one; of what was in flight the other end may still read any part. A side may be unable
// to connect at all (Config.Deaf), or have a connect message on its way for too long
// (Config.Impatient), or give a session up in which a message does not get through
// (Config.GivesUp). Whoever writes into a socket that is dead at the other end may notice or not.
// Accepted sockets whose client is gone may still be decided upon. Frames on different sockets
// overtake each other freely. Both sides may connect at any time.
//
// # What is left out
//
//   - Time. A pause may end at once, or after everything else has happened. A pipe in WAIT loses
//     its patience when nothing else can
//     happen, or earlier, at the price of a cut.
//   - CLOSE, and the state CLOSING; priorities; sending limits; payloads.
//   - The dispatch queue: a message that is read is delivered.
//   - Two accepts that wait for a dispatch: they are decided in any order anyway.
//
// # What is taken for granted
//
//   - Contests end: of two connect messages with different connect_seq that cross each other, the
//     lower one reaches a side that is still connecting only so often (Config.Contests). Each time
//     RETRY_SESSION lifts it above the other one, and it is the other's turn. Nothing in the
//     protocol ends this but luck; pauses, and the limit of connect messages on one socket, see to
//     that.
//   - No late connects: a connect message on a socket that its sender has given up is not decided
//     any more after a restart, or a mark down, that came behind it (Config.LateConnects). It would
//     revive what was lost, since neither survives to tell that its global_seq is old.
//
// TestKnownWeaknesses shows what happens without these.
//
// # What must hold
//
// Messages are delivered once and in order. One is lost only if its sender's user was told of a
// reset behind its Send, or ended the session itself. A remote reset is told for a cause, once for
// each:
//
//   - the peer restarted or was marked down there; twice, if its last connect message was still in
//     flight then;
//   - the READY or SEQ by which this side opened a session with connect_seq 0 did not do its work:
//     the peer never learned of the session. With resetcheck on one of the sides this cannot be
//     told from a restart. It is the one false positive of the protocol;
//   - this side answered RESETSESSION to a peer, and then read a READY that the peer had left in a
//     dead socket: the peer has begun
//     anew, and now it is this side's turn. This follows from the one before.
//
// Where sessions end by a restart or mark down, who checks for resets is told before the two sides
// go on. A lossy session has one socket. There is one pipe for a peer. Two of our own never break
// the protocol towards each other. Only the side with the higher address is told to wait, and the
// connection that it waits for comes. Without further misfortune every run ends, in a state in
// which everything is delivered and both sides agree; the number of connect messages until then is
// counted.
package model
