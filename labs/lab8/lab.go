// Package lab8 is the lab "break it": for each of eight bugs that messengers of this protocol once
// had, a scenario that exposes it, and the fix.
package lab8

import "simplemessenger/labs/grade"

// Lab is the lab.
var Lab = grade.Lab{Number: 8, Name: "break it",
	Title: "Scenarios that expose bugs of history, and their fixes",
	Files: files{embedded}, Steps: steps()}

// steps are a scenario for each bug, a fix for each bug, and all at once.
func steps() []grade.Step {
	var all []grade.Step
	for i := range bugs {
		all = append(all, grade.Step{Name: "expose " + bugs[i].name, Points: 6,
			Section: bugs[i].section, Run: bugs[i].expose})
	}
	for i := range bugs {
		all = append(all, grade.Step{Name: "fix " + bugs[i].name, Points: 6,
			Section: bugs[i].section, Run: bugs[i].fixed})
	}
	return append(all, grade.Step{Name: "everything", Points: 4,
		Section: "conformance.md#how-to-write-a-case", Run: everything})
}
