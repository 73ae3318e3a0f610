// Package grade runs the graders of the labs: it asks a student's program, or the reference, one
// question after the other, in the order in which a student builds, and stops at the first step
// that is not right, with a story of what was asked, what should have come, and what came.
//
// The program runs apart, as a process of its own, built from the student's files and a driver that
// the grader brings. It cannot give itself points: those are counted here, and only for right
// answers. A program that hangs, panics, prints without end, takes memory without end or ends is
// stopped with all that it has started, and the verdict says so. What the grader does not do is
// keep the program from the files, the network and the disk of the machine, or from a child that
// leaves its process group: who grades the work of strangers does that in a container, as
// docs/teaching.md says.
//
// The same seed asks the same questions, and where a step only asks, the same answers have the same
// verdict: it waits for nothing but answers. Two labs also play against sockets, on the loopback
// and in real time: the last step of lab 5, and all of lab 8. There a seed does not choose which of
// two goroutines comes first, a mistake that depends on that shows in some runs only, and time
// matters: what does not come within a step's patience has failed, after one more try.
package grade
