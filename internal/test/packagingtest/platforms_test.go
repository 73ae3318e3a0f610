package packagingtest

import (
	"encoding/json"
	"errors"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

var compilePlatforms = flag.Bool("platforms", false,
	"compile and link for all platforms of docs/compatibility.md, instead of checking types")

// platforms returns those that docs/compatibility.md promises.
func platforms(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(root + "/docs/compatibility.md")
	check(t, err)
	var all []string
	for _, row := range regexp.MustCompile(`(?m)^\| (\w+/\w+) \| yes \|`).
		FindAllSubmatch(page, -1) {
		all = append(all, string(row[1]))
	}
	if len(all) < 8 {
		t.Fatalf("docs/compatibility.md names the platforms %q", all)
	}
	return all
}

func TestPlatforms(t *testing.T) {
	needsTime(t)
	busy := make(chan struct{}, runtime.GOMAXPROCS(0)) // each holds a standard library
	for _, platform := range platforms(t) {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			busy <- struct{}{}
			defer func() { <-busy }()
			goos, goarch, _ := strings.Cut(platform, "/")
			env := []string{"GOOS=" + goos, "GOARCH=" + goarch}
			if *compilePlatforms {
				command(t, root, env, "go", "build", "-o", t.TempDir()+"/", "./...")
				return
			}
			packages, faults := checkTypes(t, root, env, goarch)
			for _, fault := range faults {
				t.Error(fault)
			}
			if packages < 30 {
				t.Errorf("%d packages", packages)
			}
		})
	}
}

func TestFaultsOfPlatformsAreSeen(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), []byte("module m\n\ngo 1.26.0\n"), 0o644)
	writeFile(t, filepath.Join(dir, "m.go"), []byte("package m\n\nimport \"syscall\"\n\n"+
		"func Stop() error { return syscall.Kill(1, 0) }\n\nvar Wide int = 1 << 40\n"), 0o644)
	for platform, want := range map[string]string{"linux/amd64": "", "linux/386": "1 << 40",
		"windows/amd64": "syscall.Kill"} {
		goos, goarch, _ := strings.Cut(platform, "/")
		_, faults := checkTypes(t, dir, []string{"GOOS=" + goos, "GOARCH=" + goarch}, goarch)
		if want == "" && len(faults) > 0 || want != "" && (len(faults) != 1 ||
			!strings.Contains(faults[0].Error(), want)) {
			t.Errorf("%s: %v, want %q", platform, faults, want)
		}
	}
}

// listed is what "go list" says of a package.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Module          *struct{ Main bool }
}

// checkTypes checks the packages of a module for a platform, with all that they import, from their
// sources: what compiling would find wrong, in a twentieth of its time.
func checkTypes(t *testing.T, dir string, env []string, goarch string) (packages int,
	faults []error) {
	t.Helper()
	out := command(t, dir, env, "go", "list", "-deps",
		"-json=ImportPath,Dir,GoFiles,ImportMap,Module", "./...")
	known := map[string]*types.Package{"unsafe": types.Unsafe}
	for decoder := json.NewDecoder(strings.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, faults
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		isOurs := p.Module != nil && p.Module.Main
		files := token.NewFileSet()
		config := types.Config{
			Importer:         importer{known, p.ImportMap},
			Sizes:            types.SizesFor("gc", goarch),
			IgnoreFuncBodies: !isOurs,
			Error: func(err error) {
				if isOurs {
					faults = append(faults, err)
				}
			},
		}
		// What others have wrong shows where we use it.
		known[p.ImportPath], _ = config.Check(p.ImportPath, files, parseFiles(t, files, p), nil)
		if isOurs {
			packages++
		}
	}
}

func parseFiles(t *testing.T, files *token.FileSet, p listed) []*ast.File {
	t.Helper()
	all := make([]*ast.File, len(p.GoFiles))
	var wg sync.WaitGroup
	for i, name := range p.GoFiles {
		wg.Go(func() {
			var err error
			all[i], err = parser.ParseFile(files, filepath.Join(p.Dir, name), nil,
				parser.SkipObjectResolution)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return all
}

// importer has the packages that were checked before; moved says under which path an import is
// found, where that is another one.
type importer struct {
	known map[string]*types.Package
	moved map[string]string
}

func (i importer) Import(path string) (*types.Package, error) {
	if to, is := i.moved[path]; is {
		path = to
	}
	if p := i.known[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("no package " + path)
}

// The page promises the releases that the tests have.
func TestReleasesOfCeph(t *testing.T) {
	releases, err := os.ReadFile(root + "/scripts/real-peer.d/releases")
	check(t, err)
	page, err := os.ReadFile(root + "/docs/compatibility.md")
	check(t, err)
	rows := 0
	for line := range strings.Lines(string(releases)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		rows++
		release := regexp.QuoteMeta(strings.Fields(line)[0])
		if !regexp.MustCompile(`(?m)^\| ` + release + `(\.\d+)? \|`).Match(page) {
			t.Errorf("docs/compatibility.md has no row for %s", release)
		}
	}
	if rows < 3 {
		t.Errorf("%d releases", rows)
	}
}
