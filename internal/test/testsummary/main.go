// Command testsummary reads the output of "go test -json" and prints what a person wants to know: a
// line a package, the whole output of what failed, and at the end how many tests passed, failed and
// were skipped, and why. The exit status is 1 if anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is one line of "go test -json" (see "go doc test2json").
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
	// FailedBuild and ImportPath speak of packages that do not compile.
	FailedBuild string
	ImportPath  string
}

type key struct{ pkg, test string }

type summary struct {
	out                     io.Writer
	output                  map[key][]string // until the test's verdict is known
	passed, failed, skipped int
	skips                   []string
	notes                   []string // lines that tests want to be seen: "SUMMARY: ..."
	broken                  bool
}

func main() {
	s := &summary{out: os.Stdout, output: map[key][]string{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		s.line(in.Bytes())
	}
	if in.Err() != nil {
		fmt.Fprintln(s.out, "testsummary:", in.Err())
		s.broken = true
	}
	s.end()
	if s.failed > 0 || s.broken {
		os.Exit(1)
	}
}

func (s *summary) line(b []byte) {
	var e event
	if json.Unmarshal(b, &e) != nil {
		// something that is not a test event, such as a complaint of the go command
		fmt.Fprintf(s.out, "%s\n", b)
		return
	}
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "build-fail":
		s.broken = true
	case "output":
		s.output[k] = append(s.output[k], e.Output)
		if _, note, found := strings.Cut(e.Output, "SUMMARY: "); found {
			s.notes = append(s.notes, strings.TrimSpace(note))
		}
	case "pass", "fail", "skip":
		s.verdict(e, k)
		delete(s.output, k)
	}
}

func (s *summary) verdict(e event, k key) {
	if e.Test == "" {
		if e.Action == "fail" {
			s.broken = true
			s.unfinished(e.Package)
			fmt.Fprint(s.out, strings.Join(s.output[k], ""))
		}
		fmt.Fprintf(s.out, "%-4s %-50s %6.1fs\n", e.Action, e.Package, e.Elapsed)
		return
	}
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		fmt.Fprintf(s.out, "---- %s %s\n%s", e.Package, e.Test, strings.Join(s.output[k], ""))
	case "skip":
		s.skipped++
		s.skips = append(s.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test,
			skipReason(s.output[k])))
	}
}

// unfinished prints the tests without a verdict: the program ended in them, and the cause is what
// was printed last.
func (s *summary) unfinished(pkg string) {
	for k, output := range s.output {
		if k.pkg == pkg && k.test != "" {
			fmt.Fprintf(s.out, "---- %s %s has not ended\n%s", pkg, k.test,
				strings.Join(output, ""))
			s.failed++
			delete(s.output, k)
		}
	}
}

// skipReason is the line that the test logged when it skipped itself.
func skipReason(output []string) string {
	for _, line := range slices.Backward(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") {
			continue
		}
		if _, reason, found := strings.Cut(line, ".go:"); found {
			_, line, _ = strings.Cut(reason, ": ")
		}
		return line
	}
	return "no reason given"
}

func (s *summary) end() {
	for _, note := range s.notes {
		fmt.Fprintln(s.out, "note:", note)
	}
	for _, skip := range s.skips {
		fmt.Fprintln(s.out, "SKIPPED:", skip)
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
}
