package lab3

import (
	"embed"

	"simplemessenger/labs/grade"
	"simplemessenger/protocol"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// Lab is the lab.
var Lab = grade.Lab{Number: 3, Name: "who may stay",
	Title: "The decision table and the registry: one pipe for each peer address",
	Files: files, Steps: plan()}

// plan has the rows, and addresses before the first row that compares them.
func plan() (all []grade.Step) {
	for i, step := range steps() {
		if rows[i].want == protocol.CaseRaceIncomingWins {
			all = append(all, grade.Step{Name: "addresses", Points: 6,
				Section: "protocol.md#text-and-order", Run: addrs})
		}
		all = append(all, step)
	}
	const whole = "negotiation.md#what-the-accepting-side-answers"
	return append(all, grade.Step{Name: "the whole table", Points: 7, Section: whole, Run: table},
		grade.Step{Name: "the registry", Points: 8, Section: whole, Run: registries})
}
