// Package timeline turns the events of messengers into lines for people: one frame or change a
// line, in the words of the protocol.
package timeline
