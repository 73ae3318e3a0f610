// Command mutants checks the tests: it puts one bug at a time into a copy of the tree and runs the tests that should notice. A bug
// that no test notices survives, and makes the exit status 1. So does one that does not apply any more, because the code has
// changed, or that does not compile.
//
//	scripts/mutants [-run REGEXP] [-j N] [-timeout D] [-list] [-v]
//
// With -conform it checks the conformance kit instead: it tests the command with those bugs that are visible on the wire, and must
// find a case that fails and cites the rule which the bug breaks.
//
//	scripts/mutants -conform [-quick] [-run REGEXP] [-j N] [-v]
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

func main() {
	pattern := flag.String("run", "", "only mutants whose name or file matches")
	workers := flag.Int("j", 2, "how many copies of the tree to work in")
	timeout := flag.Duration("timeout", time.Minute, "for the tests of one package; who hangs is caught")
	list := flag.Bool("list", false, "list the mutants and what they break")
	verbose := flag.Bool("v", false, "show what the tests said")
	kit := flag.Bool("conform", false, "let the conformance kit notice, instead of tests: bugs on the wire, -run also by rule")
	quick := flag.Bool("quick", false, "with -conform: only the cases that name the rule, and no run without bugs first; the counts mean nothing then")
	flag.Parse()
	if *kit {
		tryKit(*pattern, *workers, *list, *quick, *verbose)
		return
	}

	selected, err := choose(*pattern)
	if err != nil {
		fail(err)
	}
	if *list {
		for _, m := range selected {
			fmt.Printf("%-44s %-28s %s\n", m.name, m.file, m.breaks)
		}
		return
	}
	r := &runner{timeout: *timeout, verbose: *verbose}
	ok, err := r.run(selected, *workers)
	if err != nil {
		fail(err)
	}
	if !ok {
		os.Exit(1)
	}
}

// tryKit is the whole of -conform.
func tryKit(pattern string, workers int, list, quick, verbose bool) {
	bugs, err := chooseWire(pattern)
	if err != nil {
		fail(err)
	}
	if list {
		for _, b := range bugs {
			fmt.Printf("%-44s %-14s %s\n", b.mutant, b.rule, strings.Join(b.runs, "; "))
		}
		return
	}
	ok, err := conform(bugs, workers, quick, verbose)
	if err != nil {
		fail(err)
	}
	if !ok {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mutants:", err)
	os.Exit(2)
}

func choose(pattern string) ([]mutant, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	var chosen []mutant
	for _, group := range [][]mutant{pipeMutants, sessionMutants, asyncMutants, principalMutants, clusterMutants, dispatchqueueMutants, throttleMutants, wireMutants, simplemsgrMutants, limitMutants, observationMutants, handshakeMutants, frameMutants} {
		for _, m := range group {
			if re.MatchString(m.name) || re.MatchString(m.file) {
				chosen = append(chosen, m)
			}
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no mutant matches %q", pattern)
	}
	return chosen, nil
}
