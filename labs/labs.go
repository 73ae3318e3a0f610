// Package labs is the course: eight labs in which a student builds a messenger, from its bytes to
// its events, and breaks one. docs/teaching.md says how to teach with it; the command
// `simplemsgr lab` is how students meet it.
package labs

import (
	"simplemessenger/labs/grade"
	"simplemessenger/labs/lab1"
	"simplemessenger/labs/lab2"
	"simplemessenger/labs/lab3"
	"simplemessenger/labs/lab4"
	"simplemessenger/labs/lab5"
	"simplemessenger/labs/lab6"
	"simplemessenger/labs/lab7"
	"simplemessenger/labs/lab8"
)

// All returns the labs, in order.
func All() []grade.Lab {
	return []grade.Lab{lab1.Lab, lab2.Lab, lab3.Lab, lab4.Lab, lab5.Lab, lab6.Lab, lab7.Lab,
		lab8.Lab}
}
