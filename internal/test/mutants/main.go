// Command mutants checks the tests: it puts one bug at a time into a copy of the tree and runs the tests that should notice. A bug
// that no test notices survives, and makes the exit status 1. So does one that does not apply any more, because the code has
// changed, or that does not compile.
//
//	scripts/mutants [-run REGEXP] [-j N] [-timeout D] [-list] [-v]
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
)

func main() {
	pattern := flag.String("run", "", "only mutants whose name or file matches")
	workers := flag.Int("j", 2, "how many copies of the tree to work in")
	timeout := flag.Duration("timeout", time.Minute, "for the tests of one package; who hangs is caught")
	list := flag.Bool("list", false, "list the mutants and what they break")
	verbose := flag.Bool("v", false, "show what the tests said")
	flag.Parse()

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
	for _, group := range [][]mutant{pipeMutants, sessionMutants, asyncMutants, principalMutants, clusterMutants, dispatchqueueMutants, throttleMutants, wireMutants, simplemsgrMutants, limitMutants, observationMutants} {
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
