// Package live runs two or three messengers over a network in memory, has everything recorded that
// they do, and does to them what a spectator asks for: cut, stall, restart, both dial at once, acks
// held back. Messengers, engines and sessions are those of the library; only the network is not
// real. What is shown slowly has happened at once, and is only played back slowly.
package live
