package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// conformer tries whether the conformance kit tells of bugs that are visible on the wire.
type conformer struct {
	verbose bool
	quick   bool   // only the cases that name the rule
	kit     string // the trusted binary
	mutants map[string]mutant
	runs    map[string]kitRun
	// clean has what does not pass without any bug, by run and case: it is no sign of one.
	clean map[string]map[string]bool
}

// sighting is what became of a bug.
type sighting struct {
	bug     wireBug
	status  string // caught, NOT CAUGHT, or what went wrong
	cited   []finding
	others  []finding
	output  string
	elapsed time.Duration
}

// chooseWire returns the bugs whose names or rules match.
func chooseWire(pattern string) ([]wireBug, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	var chosen []wireBug
	for _, b := range wireBugs {
		if re.MatchString(b.mutant) || re.MatchString(b.rule) {
			chosen = append(chosen, b)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no bug that is visible on the wire matches %q", pattern)
	}
	return chosen, nil
}

// conform tries all bugs and prints the table. It reports whether the kit has told of all.
func conform(bugs []wireBug, workers int, quick, verbose bool) (bool, error) {
	c := &conformer{quick: quick, verbose: verbose, mutants: map[string]mutant{}, runs: map[string]kitRun{},
		clean: map[string]map[string]bool{}}
	all, err := choose("")
	if err != nil {
		return false, err
	}
	for _, m := range all {
		c.mutants[m.name] = m
	}
	for _, r := range kitRuns() {
		c.runs[r.name] = r
	}
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
	for range min(workers, len(bugs)) {
		tree, err := copyTree(root, paths)
		if tree != "" {
			trees = append(trees, tree)
		}
		if err != nil {
			return false, err
		}
	}
	start := time.Now()
	if err := c.prepare(trees[0], bugs); err != nil {
		return false, err
	}
	caught := 0
	fmt.Printf("%-10s %6s  %-44s %-14s %5s %6s  %s\n", "", "", "bug", "rule", "cases", "others", "which")
	for s := range c.all(trees, bugs) {
		if s.status == "caught" {
			caught++
		}
		c.print(s)
	}
	fmt.Printf("SUMMARY: bugs on the wire: %d of %d caught, %.0f s\n", caught, len(bugs), time.Since(start).Seconds())
	return caught == len(bugs), nil
}

// prepare builds the kit, and sees to it that nothing fails without a bug; not if it is to be quick.
func (c *conformer) prepare(tree string, bugs []wireBug) error {
	var complaint string
	if c.kit, complaint = build(tree, "kit"); complaint != "" {
		return fmt.Errorf("build without any bug: %s", complaint)
	}
	if c.quick {
		return nil
	}
	for _, b := range bugs {
		for _, name := range b.runs {
			if c.clean[name] != nil {
				continue
			}
			c.clean[name] = map[string]bool{}
			found, err := c.runs[name].play(c.kit, c.kit, "")
			if err != nil {
				return fmt.Errorf("%s, without any bug: %w", name, err)
			}
			for _, f := range found {
				if f.verdict == "fail" {
					return fmt.Errorf("%s: %s fails without any bug: %s", name, f.name, f.reason)
				}
				c.clean[name][f.name] = true
			}
		}
	}
	return nil
}

// only returns the rule whose cases are played, "" for all.
func (c *conformer) only(b wireBug) string {
	if c.quick {
		return b.rule
	}
	return ""
}

// all tries the bugs, side by side in the trees.
func (c *conformer) all(trees []string, bugs []wireBug) <-chan sighting {
	jobs, sightings := make(chan wireBug), make(chan sighting)
	var wg sync.WaitGroup
	for _, tree := range trees {
		wg.Go(func() {
			for b := range jobs {
				start := time.Now()
				s := c.try(tree, b)
				s.bug, s.elapsed = b, time.Since(start)
				sightings <- s
			}
		})
	}
	go func() {
		for _, b := range bugs {
			jobs <- b
		}
		close(jobs)
		wg.Wait()
		close(sightings)
	}()
	return sightings
}

// try puts one bug into a tree, has the kit test what is built of it, and takes the bug out again.
func (c *conformer) try(tree string, b wireBug) (s sighting) {
	undo, err := c.mutants[b.mutant].apply(tree)
	if err != nil {
		return sighting{status: "NO PATCH", output: err.Error()}
	}
	defer func() {
		if err := undo(); err != nil {
			s.status, s.output = "NOT UNDONE", err.Error()
		}
	}()
	target, complaint := build(tree, "bug")
	if complaint != "" {
		return sighting{status: "NO BUILD", output: complaint}
	}
	defer os.Remove(filepath.Clean(target))
	s.status = "caught"
	for _, name := range b.runs {
		found, err := c.runs[name].play(c.kit, target, c.only(b))
		if err != nil {
			return sighting{status: "NO REPORT", output: err.Error()}
		}
		before := len(s.cited)
		for _, f := range found {
			switch {
			case c.clean[name][f.name] || f.verdict == "inconclusive":
			case f.rule == b.rule:
				s.cited = append(s.cited, f)
			default:
				s.others = append(s.others, f)
			}
		}
		if len(s.cited) == before {
			s.status = "NOT CAUGHT"
		}
	}
	return s
}

func (c *conformer) print(s sighting) {
	fmt.Printf("%-10s %5.1fs  %-44s %-14s %5d %6d  %s\n", s.status, s.elapsed.Seconds(), s.bug.mutant, s.bug.rule,
		len(s.cited)+len(s.others), len(s.others), tally(s.others))
	if s.status != "caught" {
		fmt.Printf("           %s (%s)\n", c.mutants[s.bug.mutant].breaks, strings.Join(s.bug.runs, "; "))
	}
	if s.output != "" {
		fmt.Println(s.output)
	}
	if c.verbose || s.status != "caught" {
		for _, f := range slices.Concat(s.cited, s.others) {
			fmt.Printf("    %-12s %-14s %s: %s\n", f.verdict, f.rule, f.name, f.reason)
		}
	}
}
