package packagingtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const newPath = "example.com/x/simplemessenger"

// Under a path of its own the module is what it was: everything compiles, tests too, those that are
// quick pass, and somebody else's module gets it through a proxy.
func TestRenamedModule(t *testing.T) {
	needsTime(t)
	tree := copyTree(t)
	before, err := os.ReadFile(filepath.Join(tree, "go.mod"))
	check(t, err)
	command(t, tree, nil, "scripts/rename-module", newPath)

	after, err := os.ReadFile(filepath.Join(tree, "go.mod"))
	check(t, err)
	_, rest, _ := strings.Cut(string(before), "\n")
	if want := "module " + newPath + "\n" + rest; string(after) != want {
		t.Fatalf("go.mod is\n%s\nwant\n%s", after, want)
	}
	if out := command(t, tree, nil, "gofmt", "-l", "."); out != "" {
		t.Errorf("gofmt would change %s", out)
	}
	// The least of vet compiles all packages and their tests, and links nothing.
	command(t, tree, nil, "go", "vet", "-printf", "./...")
	command(t, tree, nil, "go", "test", "-short", "./wire", "./protocol", "./throttle",
		"./internal/test/layers")
	t.Run("through a proxy", func(t *testing.T) { testProxy(t, tree) })
}

// testProxy publishes a tree as a version of the module and writes a program that uses it.
func testProxy(t *testing.T, tree string) {
	version := module.Version{Path: newPath, Version: "v0.1.0"}
	proxy := publish(t, tree, version)
	// What the module needs comes from the cache, which is a proxy of files by itself.
	known := strings.Fields(command(t, tree, nil, "go", "env", "GOMODCACHE", "GOPROXY"))
	// A cache of its own, so that the next test does not find this one's version.
	env := []string{
		"GOPROXY=file://" + proxy + ",file://" + known[0] + "/cache/download," + known[1],
		"GOMODCACHE=" + t.TempDir(), "GOSUMDB=off",
		"GOFLAGS=-trimpath -mod=mod -modcacherw"}
	guest := t.TempDir()
	writeFile(t, filepath.Join(guest, "main.go"), []byte(guestProgram), 0o644)
	command(t, guest, env, "go", "mod", "init", "guest.example/program")
	command(t, guest, env, "go", "get", newPath+"@latest")
	command(t, guest, env, "go", "build", "-o", "program", ".")
	out := command(t, guest, nil, filepath.Join(guest, "program"))
	if !strings.HasPrefix(out, "osd.0 127.0.0.1:") {
		t.Errorf("the program says %q", out)
	}
	linked := command(t, guest, env, "go", "list", "-deps", "-f",
		"{{with .Module}}{{.Path}}{{end}}", ".")
	for _, path := range strings.Fields(linked) {
		if path != newPath && path != "guest.example/program" && path != "github.com/pkg/errors" &&
			path != "golang.org/x/sys" {
			t.Errorf("who imports the messenger links %s", path)
		}
	}
}

const guestProgram = `package main

import (
	"context"
	"fmt"

	"` + newPath + `/simplemsgr"
	"` + newPath + `/wire"
)

func main() {
	ctx := context.Background()
	osd := simplemsgr.New(wire.OSD(0), simplemsgr.Config{})
	osd.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
	if err := osd.Bind(ctx, "127.0.0.1:0"); err != nil {
		panic(err)
	}
	fmt.Println(osd.Inst())
	_ = osd.Shutdown(ctx)
}
`

// publish lays a tree out as a proxy keeps a version of a module, and returns where. Making
// the archive fails where the go command would refuse it.
func publish(t *testing.T, tree string, version module.Version) (proxy string) {
	t.Helper()
	proxy = t.TempDir()
	dir := filepath.Join(proxy, filepath.FromSlash(version.Path), "@v")
	mod, err := os.ReadFile(filepath.Join(tree, "go.mod"))
	check(t, err)
	writeFile(t, filepath.Join(dir, "list"), []byte(version.Version+"\n"), 0o644)
	writeFile(t, filepath.Join(dir, version.Version+".mod"), mod, 0o644)
	writeFile(t, filepath.Join(dir, version.Version+".info"),
		[]byte(`{"Version": "`+version.Version+`"}`), 0o644)
	archive, err := os.Create(filepath.Join(dir, version.Version+".zip"))
	check(t, err)
	check(t, zip.CreateFromDir(archive, version, tree))
	check(t, archive.Close())
	return proxy
}

func TestRenameRefuses(t *testing.T) {
	needsTime(t)
	tree := copyTree(t)
	for _, args := range [][]string{{}, {"a", "b"}, {"simplemessenger"}, {"nodot/simplemessenger"},
		{"example.com/x y"}, {"example.com/a#b"}, {"example.com//x"}, {"example.com/.x"},
		{"https://example.com/x"}, {"example.com/x/"}, {`example.com/x\1`}, {"example.com/x&y"}} {
		_, stderr, err := try(tree, nil, "scripts/rename-module", args...)
		if err == nil || !strings.Contains(stderr, "module") {
			t.Errorf("%q: %v, %q", args, err, stderr)
		}
	}
	mod, err := os.ReadFile(filepath.Join(tree, "go.mod"))
	check(t, err)
	if old, err := os.ReadFile(root + "/go.mod"); err != nil || string(mod) != string(old) {
		t.Errorf("go.mod is changed, or %v", err)
	}
}

// Names are the module's in some places and not in others.
func TestRenameFindsNames(t *testing.T) {
	needsTime(t)
	tree := t.TempDir()
	script, err := os.ReadFile(root + "/scripts/rename-module")
	check(t, err)
	writeFile(t, filepath.Join(tree, "scripts/rename-module"), script, 0o755)
	writeFile(t, filepath.Join(tree, "go.mod"), []byte("module old.example\n\ngo 1.26.0\n"), 0o644)
	writeFile(t, filepath.Join(tree, "x/go.mod"), []byte("module old.example/x\n\nrequire (\n"+
		"\told.example v0.1.0\n\told.example/y v0.1.0\n\tmy.old.example v1.0.0\n)\n\n"+
		"replace old.example => ../\n"), 0o644)
	const text = "go get old.example\ngo get old.example@latest\n`go doc old.example/wire`, " +
		"\"old.example/a\" \"old.example/b\"\nx/old.example/a https://old.example:80 oldxexample/a\n" +
		"old.example is a name, old.example_total{} another\n"
	writeFile(t, filepath.Join(tree, "page.md"), []byte(text), 0o644)
	writeFile(t, filepath.Join(tree, "testdata/kept"), []byte(text), 0o644)
	command(t, tree, nil, "scripts/rename-module", "new.example/m")
	for name, want := range map[string]string{
		"go.mod": "module new.example/m\n\ngo 1.26.0\n",
		"x/go.mod": "module new.example/m/x\n\nrequire (\n\tnew.example/m v0.1.0\n" +
			"\tnew.example/m/y v0.1.0\n\tmy.old.example v1.0.0\n)\n\nreplace new.example/m => ../\n",
		"page.md": "go get new.example/m\ngo get new.example/m@latest\n" +
			"`go doc new.example/m/wire`, \"new.example/m/a\" \"new.example/m/b\"\n" +
			"x/old.example/a https://old.example:80 oldxexample/a\n" +
			"old.example is a name, old.example_total{} another\n",
		"testdata/kept": text,
	} {
		if got, err := os.ReadFile(filepath.Join(tree, name)); err != nil || string(got) != want {
			t.Errorf("%s is\n%s\nwant\n%s%v", name, got, want, err)
		}
	}
}
