// Package ping opens a session with one peer, sends it MPing, and explains in words what goes
// wrong.
package ping
