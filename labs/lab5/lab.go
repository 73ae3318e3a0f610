// Package lab5 is the lab "when a peer comes back": the whole messenger for one peer, as a machine
// that is told what happens and says what is to be done, and at the end on real sockets.
//
// The grader plays user, clock, sockets and peer in virtual time; then it sets two machines of the
// student's against each other over sockets that break; then it starts the student's program, and
// plays cases of the conformance kit against it over TCP.
package lab5

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// Where the docs have what a step is about.
const (
	openingSection  = "protocol.md#opening-a-connection"
	sessionSection  = "protocol.md#the-open-session"
	faultSection    = "negotiation.md#what-becomes-of-a-session-when-its-socket-breaks"
	reactionSection = "negotiation.md#what-the-connecting-side-does-with-the-answer"
	resetSection    = "negotiation.md#unknown-session"
	answerSection   = "negotiation.md#what-the-accepting-side-answers"
	standbySection  = faultSection
	raceSection     = "negotiation.md#race-incoming-wins"
	promiseSection  = "reliability.md#the-promise"
	conformSection  = "conformance.md#reading-the-reports"
)

// Lab is the lab.
var Lab = grade.Lab{Number: 5, Name: "when a peer comes back",
	Title: "The whole messenger for one peer: faults, resets, standby, races", Files: files,
	Steps: []grade.Step{
		{Name: "the bytes", Points: 5, Section: openingSection, Run: bytes},
		{Name: "the first session", Points: 10, Section: sessionSection, Run: first},
		{Name: "faults and pauses", Points: 10, Section: faultSection, Run: faults},
		{Name: "the next socket", Points: 10, Section: reactionSection, Run: nextSocket},
		{Name: "RESETSESSION", Points: 10, Section: resetSection, Run: resets},
		{Name: "the peer comes", Points: 15, Section: answerSection, Run: comes},
		{Name: "standby", Points: 10, Section: standbySection, Run: standsBy},
		{Name: "races and WAIT", Points: 10, Section: raceSection, Run: races},
		{Name: "two of yours", Points: 10, Section: promiseSection, Run: pair},
		{Name: "on real sockets", Points: 10, Section: conformSection, Run: onSockets},
	}}
