// Package script is the text form of conformance cases: what a person reads and writes, and what it
// says.
//
// A file holds one case or several. A case is a line `case NAME`, header lines, and steps:
//
//	case accept/unknown-session
//	about   A peer goes on with a session of which the server knows nothing.
//	rules   V1-ACCEPT-6
//	role    server
//	policy  lossless
//
//	dial
//	expect  greeting
//	send    greeting
//	send    connect connect_seq=5
//	expect  reply tag=RESETSESSION                       [V1-ACCEPT-6]
//	send    connect connect_seq=0
//	expect  open connect_seq=1
//
// What follows a # is a comment. A step is a verb, mostly a piece of the conversation behind it,
// and then fields: NAME=VALUE where something is sent, NAME=PATTERN where it is expected. Before
// the verb `@NAME` may say on which of the case's sockets; without it the one is used that the last
// step used. Behind it a rule's id in brackets is cited if just this step fails.
//
// A VALUE is a sum of numbers, of names of the protocol, and of $variables: `$cs+1`. Features are a
// list: `default,-MSG_AUTH`. A PATTERN is one or several values with | between them, `*` for any,
// `>V`, `<V`, `!V`, and for features `has:NAME` and `lacks:NAME`. A value with ~ before it is
// taken, but the verdict is then "non-strict": real messengers do so, and the rule would have it
// otherwise.
//
// docs/conformance.md lists all verbs, pieces and fields.
package script
