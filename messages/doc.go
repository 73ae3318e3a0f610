// Package messages holds what this project knows of the payloads that a messenger carries: the
// names of the message types, and the payloads that its own tools and clients of a cluster send or
// understand.
//
// Of maps (OSDMap, MonMap, MgrMap) it has what a client needs. What is more in them, and what later
// releases have added, is passed over by the lengths that their encoding has.
//
// The messenger does not need it. A message of a type that is not known here is delivered like any
// other.
package messages
