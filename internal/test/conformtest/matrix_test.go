package conformtest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"simplemessenger/conformance"
)

var writeMatrix = flag.Bool("matrix", false, "write docs/conformance-matrix.md")

// run is one column of the matrix.
type run struct {
	name   string
	report *conformance.Report
	// known are the reasons for what fails, by case.
	known map[string]string
}

var (
	runsMu sync.Mutex
	runs   []run
)

// record keeps a run for the matrix.
func record(name string, done *conformance.Report, whom *tested) {
	reasons := make(map[string]string)
	for _, r := range done.Results {
		if r.Verdict == conformance.Fail {
			reasons[r.Case.Name] = whom.reason(r)
		}
	}
	runsMu.Lock()
	defer runsMu.Unlock()
	runs = append(runs, run{name, done, reasons})
}

// writePage writes what the tests have found.
func writePage() error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Who keeps which rule

What the conformance kit says of our engines and of genuine messengers ([calibrated on the real thing](conformance.md#calibrated-on-the-real-thing)). Made by `+"`make conform-matrix`"+` on %s.

A cell says how many cases of a group pass, and behind it how many are non-strict (n), fail for a known reason (k), are
inconclusive (i) or unsupported (u). The reasons are below.
`, time.Now().UTC().Format(time.DateOnly))
	for _, role := range []conformance.Role{conformance.RoleServer, conformance.RoleClient,
		conformance.RolePeer} {
		writeRole(&b, role)
	}
	return os.WriteFile("../../../docs/conformance-matrix.md", []byte(b.String()), 0o666)
}

func writeRole(b *strings.Builder, role conformance.Role) {
	var of []run
	for _, r := range runs {
		if r.report.Role == role {
			of = append(of, r)
		}
	}
	if len(of) == 0 {
		return
	}
	slices.SortStableFunc(of, func(x, y run) int { return strings.Compare(x.name, y.name) })
	fmt.Fprintf(b, "\n## In the role of a %s\n\n| group |", role)
	for _, r := range of {
		fmt.Fprintf(b, " %s |", r.name)
	}
	fmt.Fprintf(b, "\n| --- |%s\n", strings.Repeat(" --- |", len(of)))
	var groups []string
	for _, r := range of[0].report.Results {
		if g := r.Case.Group(); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	for _, g := range groups {
		fmt.Fprintf(b, "| %s |", g)
		for _, r := range of {
			fmt.Fprintf(b, " %s |", cell(r, g))
		}
		b.WriteByte('\n')
	}
	for _, r := range of {
		writeReasons(b, r)
	}
}

// cell sums up a group.
func cell(r run, group string) string {
	counts := make(map[conformance.Verdict]int)
	for _, result := range r.report.Results {
		if result.Case.Group() == group {
			counts[result.Verdict]++
		}
	}
	text := fmt.Sprint(counts[conformance.Pass])
	for _, v := range []struct {
		verdict conformance.Verdict
		letter  string
	}{{conformance.NonStrict, "n"}, {conformance.Fail, "k"}, {conformance.Inconclusive, "i"},
		{conformance.Unsupported, "u"}} {
		if n := counts[v.verdict]; n > 0 {
			text += fmt.Sprintf(" %d%s", n, v.letter)
		}
	}
	return text
}

func writeReasons(b *strings.Builder, r run) {
	by := make(map[string][]string)
	for _, result := range r.report.Results {
		switch result.Verdict {
		case conformance.Fail:
			why := "fails: " + r.known[result.Case.Name]
			by[why] = append(by[why], result.Case.Name)
		case conformance.NonStrict, conformance.Inconclusive:
			_, why, _ := strings.Cut(result.Reason, ": ")
			why = string(result.Verdict) + ": " + strings.ReplaceAll(why, "\n", " ")
			by[why] = append(by[why], result.Case.Name)
		}
	}
	if len(by) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", r.name)
	for _, why := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(b, "- %s — %s\n", strings.Join(by[why], ", "), why)
	}
}
