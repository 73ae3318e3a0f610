// Package lab7 is the lab "the same in events": the states of an accepted connection, over an event
// centre that is given.
package lab7

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// What to read.
const (
	aboutStates  = "async.md#states"
	aboutWorkers = "async.md#workers-centres-connections"
	aboutHolding = "async.md#what-a-worker-waits-for-and-for-how-long-it-holds-others-up"
)

// Lab is the lab.
var Lab = grade.Lab{Number: 7, Name: "the same in events",
	Title: "A connection as states over an event centre",
	Files: files, Steps: []grade.Step{
		{Name: "accepting", Points: 14, Section: aboutStates, Run: accepting},
		{Name: "any number of bytes", Points: 14, Section: aboutWorkers, Run: anyBytes},
		{Name: "partial writes", Points: 16, Section: aboutWorkers, Run: partialWrites},
		{Name: "frames", Points: 16, Section: aboutStates, Run: frames},
		{Name: "throttles", Points: 18, Section: aboutHolding, Run: throttles},
		{Name: "reconnect", Points: 8, Section: aboutStates, Run: reconnect},
		{Name: "ends", Points: 8, Section: aboutHolding, Run: ends},
		{Name: "everything", Points: 6, Section: aboutStates, Run: everything},
	}}
