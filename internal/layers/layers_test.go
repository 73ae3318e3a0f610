// Package layers holds the tests that keep imports pointing one way, and some out.
package layers

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "simplemessenger/"

// allowed lists, for each package of the core, which packages of this module and which others outside the standard
// library it may import. It is the table of docs/architecture.md.
var allowed = map[string][]string{
	"wire":          {"github.com/pkg/errors"},
	"throttle":      {"github.com/pkg/errors"},
	"trace":         {module + "wire"},
	"auth":          {module + "wire", module + "auth/internal/denc", "github.com/pkg/errors"},
	"auth/none":     {module + "wire", module + "auth", module + "auth/internal/denc", "github.com/pkg/errors"},
	"auth/cephx":    {module + "wire", module + "auth", module + "auth/internal/denc", "github.com/pkg/errors"},
	"dispatchqueue": {module + "throttle", "github.com/pkg/errors"},
	"accepter":      {"github.com/pkg/errors"},
	"pipe": {module + "wire", module + "throttle", module + "trace", module + "auth", module + "dispatchqueue",
		"github.com/pkg/errors", "golang.org/x/sys/unix"},
	"simplemsgr": {module + "wire", module + "throttle", module + "trace", module + "auth", module + "dispatchqueue",
		module + "accepter", module + "pipe", "github.com/pkg/errors", "golang.org/x/sys/unix"},
	"messages": {module + "wire", "github.com/pkg/errors"},
	"monclient": {module + "wire", module + "trace", module + "auth", module + "auth/none", module + "auth/cephx", module + "messages",
		module + "simplemsgr", "github.com/pkg/errors"},
}

func TestImportsPointOneWay(t *testing.T) {
	for pkg, may := range allowed {
		out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, module+pkg).CombinedOutput()
		if err != nil {
			t.Fatalf("go list %s: %v\n%s", pkg, err, out)
		}
		for _, imported := range strings.Fields(string(out)) {
			first, _, _ := strings.Cut(imported, "/")
			outside := strings.Contains(first, ".") || first+"/" == module
			if outside && !slices.Contains(may, imported) {
				t.Errorf("%s imports %s, which docs/architecture.md does not allow", pkg, imported)
			}
		}
	}
}

// keptOut lists what tests use and the command must not link, and what that would cost.
var keptOut = map[string]string{
	"github.com/gopacket/gopacket": "every garbage collection scans 5 MB of its tables, which slows down what the command measures",
}

func TestCommandLinksNoTestTools(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"cmd/simplemsgr").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, module+"internal/capture") {
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
