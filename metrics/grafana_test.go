package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"simplemessenger/metrics"
)

// dashboard is what the tests look at.
type dashboard struct {
	Templating struct {
		List []struct {
			Name       string
			Definition string
		}
	}
	Panels []panel
}

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	GridPos     struct{ H, W, X, Y int }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []struct{ Expr, LegendFormat string }
}

func loadDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile("grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	metricName  = regexp.MustCompile(`simplemsgr_\w+`)
	description = regexp.MustCompile(`fqName: "(\w+)".*variableLabels: \{([\w,]*)\}`)
	histogram   = regexp.MustCompile(`_(bucket|sum|count)$`)
	grouping    = regexp.MustCompile(`by \(([^)]*)\)`)
	matcher     = regexp.MustCompile(`(\w+)(?:=~|!~|!=|=)"`)
	inLegend    = regexp.MustCompile(`\{\{(\w+)\}\}`)
)

// exported returns the labels of each metric that a collector describes.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	to := make(chan *prometheus.Desc, 100)
	metrics.New(metrics.Options{}).Describe(to)
	close(to)
	all := map[string][]string{}
	for d := range to {
		m := description.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("what is %v?", d)
		}
		all[m[1]] = strings.Split(m[2], ",")
	}
	return all
}

// given are the labels that a scrape adds, and that of classic buckets.
var given = []string{"job", "instance", "le"}

// Each metric that a panel asks for is exported, with the labels that it asks for, and each metric
// that is exported is in a panel.
func TestDashboardShowsWhatIsExported(t *testing.T) {
	have, shown := exported(t), map[string]bool{}
	d := loadDashboard(t)
	ask := func(who, expr, legend string) {
		for _, name := range checkExpr(t, who, expr, legend, have) {
			shown[name] = true
		}
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			ask(p.Title, target.Expr, target.LegendFormat)
		}
	}
	if len(shown) < 30 {
		t.Errorf("only %d metrics are shown", len(shown))
	}
	for name := range have {
		if !shown[name] {
			t.Errorf("%s is in no panel", name)
		}
	}
	for _, v := range d.Templating.List {
		if v.Definition != "" {
			ask("the variable "+v.Name, v.Definition, "")
		}
	}
}

// checkExpr checks that the metrics of an expression are exported, with its labels, and returns
// them.
func checkExpr(t *testing.T, who, expr, legend string, have map[string][]string) (shown []string) {
	t.Helper()
	names := metricName.FindAllString(expr, -1)
	if len(names) == 0 {
		t.Errorf("%s asks for no metric: %s", who, expr)
	}
	var labels []string
	for _, name := range names {
		metric := name
		if _, ok := have[name]; !ok {
			metric = histogram.ReplaceAllString(name, "")
		}
		of, ok := have[metric]
		if !ok {
			t.Errorf("%s asks for %s, which is not exported", who, name)
		}
		shown, labels = append(shown, metric), append(labels, of...)
	}
	for _, by := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, label := range strings.Split(by[1], ", ") {
			checkLabel(t, who, label, labels)
		}
	}
	for _, label := range slices.Concat(matcher.FindAllStringSubmatch(expr, -1),
		inLegend.FindAllStringSubmatch(legend, -1)) {
		checkLabel(t, who, label[1], labels)
	}
	return shown
}

func checkLabel(t *testing.T, who, label string, of []string) {
	t.Helper()
	if !slices.Contains(of, label) && !slices.Contains(given, label) {
		t.Errorf("%s asks for the label %q, there are %v", who, label, of)
	}
}

// Panels have what people need to read them, and lie beside each other.
func TestDashboardCanBeRead(t *testing.T) {
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range loadDashboard(t).Panels {
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("%s: the id %d is another's", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, taken := cells[[2]int{x, y}]; taken || x >= 24 {
					t.Fatalf("%s lies over %q", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" ||
			len(p.Targets) == 0 {
			t.Errorf("%q lacks a title, a description, a unit or targets", p.Title)
		}
		for _, target := range p.Targets {
			for _, pair := range []string{"()", "{}", "[]"} {
				if strings.Count(target.Expr, pair[:1]) != strings.Count(target.Expr, pair[1:]) {
					t.Errorf("%s: %s of %s do not match", p.Title, pair, target.Expr)
				}
			}
			if target.LegendFormat == "" {
				t.Errorf("%s: no legend", p.Title)
			}
		}
	}
}
