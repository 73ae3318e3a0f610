// Package lab4 is the lab "nothing lost, nothing twice": what a session counts and keeps, so that
// messages survive the sockets that carry them.
package lab4

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// Where the docs have what a step is about.
const (
	numbersSection    = "protocol.md#sequence-numbers-and-acknowledgements"
	prioritiesSection = "protocol.md#priorities"
	seqSection        = "protocol.md#the-exchange-after-seq"
	faultSection      = "negotiation.md#what-becomes-of-a-session-when-its-socket-breaks"
	rulesSection      = "negotiation.md#rules-beside-the-handshakes"
	promiseSection    = "reliability.md#the-promise"
)

// Lab is the lab.
var Lab = grade.Lab{Number: 4, Name: "nothing lost, nothing twice",
	Title: "Keep a session's books: numbers, acks, requeue, SEQ", Files: files,
	Steps: []grade.Step{
		{Name: "in order", Points: 10, Section: numbersSection, Run: inOrder},
		{Name: "priorities", Points: 10, Section: prioritiesSection, Run: priorities},
		{Name: "receive", Points: 10, Section: numbersSection, Run: receive},
		{Name: "acks", Points: 15, Section: numbersSection, Run: acks},
		{Name: "the socket breaks", Points: 15, Section: faultSection, Run: breaks},
		{Name: "SEQ", Points: 15, Section: seqSection, Run: seq},
		{Name: "READY", Points: 10, Section: rulesSection, Run: ready},
		{Name: "the storm", Points: 15, Section: promiseSection, Run: storm},
	}}
