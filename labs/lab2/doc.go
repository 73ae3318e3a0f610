// Package lab2 is the lab "the handshake": both sides of the opening of a connection, as machines
// that take bytes and give bytes and events, without a socket.
//
// A script is a conversation of which the grader plays one side: what it says, turn by turn, and
// what the student's machine should say and tell. It is played several times, with its bytes cut in
// other places each time, as a network does. Scripts are made up for single rules, or are what real
// daemons have said.
package lab2
