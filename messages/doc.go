// Package messages holds what this project knows of the payloads that a messenger carries: the names of the message
// types, and the few payloads that its own tools send or understand.
//
// The messenger does not need it. A message of a type that is not known here is delivered like any other.
package messages
