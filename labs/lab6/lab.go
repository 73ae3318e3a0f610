// Package lab6 is the lab "who goes first": the throttle and the queue through which messages come
// to their handler. The library's own throttle and queue judge the last step.
package lab6

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// What to read.
const (
	aboutThrottle = "architecture.md#what-may-wait-and-who-waits"
	aboutOrder    = "architecture.md#who-is-served-first"
)

// Lab is the lab.
var Lab = grade.Lab{Number: 6, Name: "who goes first",
	Title: "Throttles and the dispatch queue: priorities, turns, tokens",
	Files: files, Steps: []grade.Step{
		{Name: "counting", Points: 8, Section: aboutThrottle, Run: counting},
		{Name: "in turn", Points: 14, Section: aboutThrottle, Run: inTurn},
		{Name: "too large", Points: 8, Section: aboutThrottle, Run: tooLarge},
		{Name: "giving up", Points: 8, Section: aboutThrottle, Run: givingUp},
		{Name: "strict priorities", Points: 10, Section: aboutOrder, Run: strictPriorities},
		{Name: "taking turns", Points: 14, Section: aboutOrder, Run: takingTurns},
		{Name: "tokens", Points: 16, Section: aboutOrder, Run: tokens},
		{Name: "events", Points: 6, Section: aboutOrder, Run: events},
		{Name: "discard", Points: 8, Section: aboutOrder, Run: discard},
		{Name: "everything", Points: 8, Section: aboutOrder, Run: everything},
	}}
