package metrics_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/metrics"
	"simplemessenger/protocol"
	"simplemessenger/trace"
)

// The table of metrics in docs/observation.md is what is exported, and what the page says else of
// metrics is so too.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../docs/observation.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	row := regexp.MustCompile("(?m)^\\| `(simplemsgr_\\w+)` \\|([^|]*)\\| ")
	said := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		labels := strings.Trim(strings.ReplaceAll(m[2], "`", ""), " ")
		said[m[1]] = strings.Split(labels, ", ")
	}
	have := exported(t)
	if diff := cmp.Diff(have, said); diff != "" {
		t.Errorf("- exported, + on the page\n%s", diff)
	}
	rules := 0
	for _, block := range regexp.MustCompile("(?s)```promql\n(.*?)```").
		FindAllStringSubmatch(page, -1) {
		for _, expr := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			checkExpr(t, "a rule of the page", expr, "", have)
			rules++
		}
	}
	if rules < 8 {
		t.Errorf("%d rules on the page", rules)
	}
}

// Each cause is in the page's table of causes, and each of the page is one.
func TestCausesOfThePage(t *testing.T) {
	text, err := os.ReadFile("../docs/observation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "| cause | usually |")
	table, _, _ := strings.Cut(rest, "\n\n")
	var said []string
	for _, line := range strings.Split(table, "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[1], -1) {
				said = append(said, m[1])
			}
		}
	}
	slices.Sort(said)
	// A collector shows all causes of failures to accept, also those that were not.
	c := metrics.New(metrics.Options{})
	c.Trace(trace.Record{Event: trace.Faulted{Stage: protocol.StageReadTag}})
	var causes []string
	for _, m := range gather(t, c)["simplemsgr_accept_failures_total"].GetMetric() {
		if cause := m.GetLabel()[0].GetValue(); cause != "other" {
			causes = append(causes, cause)
		}
	}
	slices.Sort(causes)
	if diff := cmp.Diff(causes, said); diff != "" {
		t.Errorf("- causes, + on the page\n%s", diff)
	}
}
