package main

// Scenarios has for each bug, by number, a case in the language of docs/conformance.md. It passes
// against a server that is right, and fails against one with the bug.
//
// This is how one looks. It exposes nothing:
//
//	case mine/hello
//	about   A peer sends a message and gets it back.
//	rules   V1-MSG-1
//	role    server
//	policy  lossless
//
//	open
//	send    msg
//	expect  msg seq=1
var Scenarios = map[int]string{
	1: ``, // TODO
	2: ``, // TODO
	3: ``, // TODO
	4: ``, // TODO
	5: ``, // TODO
	6: ``, // TODO
	7: ``, // TODO
	8: ``, // TODO
}
