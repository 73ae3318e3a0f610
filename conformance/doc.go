// Package conformance tests messengers of protocol v1, whoever wrote them: it holds the rules of
// the protocol, each with an id, cases that say step by step what is sent and what must come, and a
// runner that plays them against a messenger over any net.Conn, as its client, its server, or its
// equal.
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Server("127.0.0.1:6800"))
//	}
//
// The cases are texts, in the folder cases; package script has their form, and docs/conformance.md
// says how to write one. Everything that the kit sends, it sends because a case says so: it answers
// nothing by itself, and can say what no messenger would ever say.
//
// # Verdicts
//
// A case passes, or breaks a rule (fail), or shows what genuine messengers do as well although the
// rule would have it otherwise (non-strict). Before the cases the kit finds out what the messenger
// can do; a case that needs more is unsupported, which is no failure. A case that did not get to
// what it tests is inconclusive. Whatever the messenger does, hang, crash, flood or exit, the run
// goes on.
//
// # What a peer can make the kit hold
//
// Of a conversation 64 MiB are kept and of all of a run 1 GiB, of a part of a message 64 MiB are
// read, of what a program prints the last 64 KiB. A step waits for Options.Timeout, a case for
// twelve times that. A fuzz ends after 100 findings.
package conformance
