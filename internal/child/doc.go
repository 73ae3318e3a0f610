// Package child runs programs of others, with all that they start, within bounds: an environment
// and a folder of their own, so much memory, so much output. Whoever starts one stops it.
//
// # Whom a kill hits
//
// A program and what it starts are a process group, whose id is the program's process id. A system
// gives an id to somebody else as soon as the program's end was waited for and its group is empty;
// who kills by that id then kills a stranger. So the end of a program is looked at here, and not
// waited for, until its group was killed: the id stays its own. There is one kill, and the id is
// given back after it.
//
// That needs Linux, macOS or one of the BSDs. Elsewhere the program is killed alone, by what the
// system knows it by, and what it has started lives on; memory is bounded on Linux only. A child
// that leaves its group is reached nowhere: it holds up nobody, and is left alone.
package child
