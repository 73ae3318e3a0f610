package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// verdict is what became of a mutant.
type verdict struct {
	mutant  mutant
	status  string // killed, SURVIVED, or what went wrong
	by      string // the test that noticed
	output  string
	elapsed time.Duration
}

func (v verdict) killed() bool { return v.status == "killed" }

type runner struct {
	timeout time.Duration
	verbose bool
}

// run tries all mutants and prints the table. It reports whether all were killed.
func (r *runner) run(all []mutant, workers int) (bool, error) {
	root, paths, err := files()
	if err != nil {
		return false, err
	}
	var trees []string
	defer func() {
		for _, tree := range trees {
			os.RemoveAll(tree)
		}
	}()
	for range min(workers, len(all)) {
		tree, err := copyTree(root, paths)
		if tree != "" {
			trees = append(trees, tree)
		}
		if err != nil {
			return false, err
		}
	}
	if err := r.healthy(trees[0], all); err != nil {
		return false, err
	}

	start := time.Now()
	jobs, verdicts := make(chan mutant), make(chan verdict)
	var wg sync.WaitGroup
	for _, tree := range trees {
		wg.Go(func() {
			for m := range jobs {
				verdicts <- r.try(tree, m)
			}
		})
	}
	go func() {
		for _, m := range all {
			jobs <- m
		}
		close(jobs)
		wg.Wait()
		close(verdicts)
	}()
	killed := 0
	fmt.Printf("%-10s %6s  %-44s %-28s %s\n", "", "", "mutant", "file", "noticed by")
	for v := range verdicts {
		if v.killed() {
			killed++
		}
		fmt.Printf("%-10s %5.1fs  %-44s %-28s %s\n", v.status, v.elapsed.Seconds(), v.mutant.name, v.mutant.file, v.by)
		if !v.killed() {
			fmt.Printf("           %s\n", v.mutant.breaks)
		}
		if r.verbose || !v.killed() && v.status != "SURVIVED" {
			fmt.Println(v.output)
		}
	}
	fmt.Printf("SUMMARY: mutants: %d of %d killed, %.0f s\n", killed, len(all), time.Since(start).Seconds())
	return killed == len(all), nil
}

// healthy runs the tests without any bug: a test that fails anyway notices nothing.
func (r *runner) healthy(tree string, all []mutant) error {
	var packages []string
	for _, m := range all {
		packages = append(packages, m.packages...)
	}
	slices.Sort(packages)
	var plain []string
	for _, p := range slices.Compact(packages) {
		if !strings.Contains(p, " ") {
			plain = append(plain, p)
		} else if out, err := r.test(tree, strings.Fields(p)...); err != nil {
			return fmt.Errorf("tests fail without any mutant:\n%s", out)
		}
	}
	if len(plain) == 0 {
		return nil
	}
	if out, err := r.test(tree, plain...); err != nil {
		return fmt.Errorf("tests fail without any mutant:\n%s", out)
	}
	return nil
}

// test runs tests: of packages, or of one that flags of its tests follow.
func (r *runner) test(tree string, packages ...string) (string, error) {
	arguments := append([]string{"test", "-tags=assertions", "-short", "-failfast", "-vet=off", "-timeout", r.timeout.String()}, packages...)
	command := exec.Command("go", arguments...)
	command.Dir = tree
	out, err := command.CombinedOutput()
	return string(out), err
}

var (
	failedTest = regexp.MustCompile(`--- FAIL: (\S+)`)
	hungTest   = regexp.MustCompile(`panic: test timed out`)
	badBuild   = regexp.MustCompile(`\[(build|setup) failed\]`)
	crashed    = regexp.MustCompile(`(?m)^(panic|fatal error): .*`)
	runningIn  = regexp.MustCompile(`\.(Test\w+)(?:\.func\d+)*\(`)
)

// try puts one bug into a tree, runs its tests package by package until one fails, and takes the bug out again.
func (r *runner) try(tree string, m mutant) (v verdict) {
	start := time.Now()
	defer func() { v.mutant, v.elapsed = m, time.Since(start) }()
	undo, err := m.apply(tree)
	if err != nil {
		return verdict{status: "NO PATCH", output: err.Error()}
	}
	defer func() {
		if err := undo(); err != nil {
			v.status, v.output = "NOT UNDONE", err.Error()
		}
	}()
	for _, pkg := range m.packages {
		out, err := r.test(tree, strings.Fields(pkg)...)
		switch {
		case err == nil:
			continue
		case badBuild.MatchString(out):
			return verdict{status: "NO BUILD", output: out}
		}
		return verdict{status: "killed", by: strings.TrimPrefix(pkg, "./") + ": " + witness(out), output: out}
	}
	return verdict{status: "SURVIVED"}
}

// witness finds out which test noticed, and how.
func witness(out string) string {
	if f := failedTest.FindAllStringSubmatch(out, -1); f != nil {
		return f[len(f)-1][1]
	}
	how := "failed"
	switch {
	case hungTest.MatchString(out):
		how = "hung"
	case crashed.MatchString(out):
		how = crashed.FindString(out)
	}
	if t := runningIn.FindStringSubmatch(out); t != nil {
		return t[1] + " (" + how + ")"
	}
	return how
}
