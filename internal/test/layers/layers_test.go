package layers

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is how imports of this module's packages begin, whatever scripts/rename-module has made of
// its path.
var module = func() string {
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		panic(err)
	}
	path := regexp.MustCompile(`(?m)^module (\S+)$`).FindSubmatch(mod)
	return string(path[1]) + "/"
}()

// tableRow is a row of the tables of packages: the package, what it is, and what it may import.
var tableRow = regexp.MustCompile("^\\| `([^`]+)` \\| .* \\| (.*) \\|$")

// allowedImports reads the tables: for each package what it may import beside the standard
// library, relative to the module.
func allowedImports(t *testing.T, page string) map[string][]string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n## Packages\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	allowed := map[string][]string{}
	for _, line := range strings.Split(section, "\n") {
		m := tableRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		may := []string{}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[2], -1) {
			may = append(may, name[1])
		}
		allowed[m[1]] = may
	}
	if !found || len(allowed) < 20 {
		t.Fatalf("the tables of packages are not where they were: %d rows", len(allowed))
	}
	return allowed
}

// outside returns what of the imports is not of the standard library, relative to the module.
func outside(imports []string) []string {
	var all []string
	for _, name := range imports {
		first, _, _ := strings.Cut(name, "/")
		if inner, ours := strings.CutPrefix(name, module); ours {
			all = append(all, inner)
		} else if strings.Contains(first, ".") {
			all = append(all, name)
		}
	}
	return all
}

// violations compares packages and their imports with what is allowed.
func violations(imports, allowed map[string][]string) []string {
	var all []string
	for pkg, imported := range imports {
		may, listed := allowed[pkg]
		if !listed {
			all = append(all, pkg+" is in no table of packages")
			continue
		}
		for _, name := range outside(imported) {
			if !slices.ContainsFunc(may, func(m string) bool {
				return name == m || strings.Contains(m, ".") && strings.HasPrefix(name, m+"/")
			}) {
				all = append(all, pkg+" imports "+name)
			}
		}
	}
	for pkg := range allowed {
		if _, exists := imports[pkg]; !exists {
			all = append(all, pkg+" does not exist")
		}
	}
	slices.Sort(all)
	return all
}

func packageImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`,
		module+"...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	imports := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		imports[strings.TrimPrefix(fields[0], module)] = fields[1:]
	}
	return imports
}

func TestImportsPointOneWay(t *testing.T) {
	page, err := os.ReadFile("../../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range violations(packageImports(t), allowedImports(t, string(page))) {
		t.Errorf("docs/architecture.md: %s", v)
	}
}

func TestViolationsOfLayersAreSeen(t *testing.T) {
	allowed := map[string][]string{"a": {"b", "example.org/lib"}, "b": {}, "gone": {}}
	imports := map[string][]string{
		"a": {"fmt", module + "b", "example.org/lib/sub"},
		"b": {"net/http", module + "a", "example.org/library"},
		"c": {},
	}
	want := []string{"b imports a", "b imports example.org/library", "c is in no table of packages",
		"gone does not exist"}
	if got := violations(imports, allowed); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// free are what a package of pure functions has no use for.
var free = []string{"sync", "sync/atomic", "net", "os", "io", "context", "runtime", "syscall",
	"math/rand", "math/rand/v2"}

// The rules have no lock, socket, clock or goroutine.
func TestRulesArePure(t *testing.T) {
	for _, name := range packageImports(t)["protocol"] {
		if slices.Contains(free, name) {
			t.Errorf("protocol imports %s", name)
		}
	}
	for _, f := range parse(t, "../../../protocol") {
		for _, v := range impurities(f) {
			t.Error(v)
		}
	}
}

// A program that does without metrics and traces does not link them.
func TestCoreLinksOnlyItsOwn(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"simplemsgr", module+"async",
		module+"messages", module+"monclient").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for _, pkg := range outside(strings.Fields(string(out))) {
		if strings.Contains(pkg, ".") && pkg != "github.com/pkg/errors" &&
			!strings.HasPrefix(pkg, "golang.org/x/sys/") {
			t.Errorf("the core links %s", pkg)
		}
	}
}

// Which SDK makes spans is the importer's choice.
func TestSpansLinkNoSDK(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"otelmsgr").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	if linked := string(out); !strings.Contains(linked, "go.opentelemetry.io/otel/trace") ||
		strings.Contains(linked, "go.opentelemetry.io/otel/sdk") {
		t.Errorf("package otelmsgr links\n%s", linked)
	}
}

// keptOut lists what tests use and the command must not link, and what that would cost.
var keptOut = map[string]string{
	"github.com/gopacket/gopacket": "every garbage collection scans 5 MB of its tables, which " +
		"slows down what the command measures",
	module + "internal/test": "it is the machinery of tests",
}

func TestCommandLinksNoTestTools(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"cmd/simplemsgr").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, module+"internal/command/capture") {
		t.Fatal("the command does not read captures any more")
	}
	for _, pkg := range linked {
		for tool, why := range keptOut {
			if pkg == tool || strings.HasPrefix(pkg, tool+"/") {
				t.Errorf("the command links %s: %s", pkg, why)
			}
		}
	}
}
