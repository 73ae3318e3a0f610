package packagingtest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// releaseDate is what archives of the tests bear.
const releaseDate = 1_790_000_000

// Two who release the same source get the same bytes, whatever their folders, time zones, umasks
// and caches are. In the normal run that is one platform; with -platforms all of them, and the
// second time nothing is in the compiler's cache.
func TestRelease(t *testing.T) {
	needsTime(t)
	date := fmt.Sprintf("SOURCE_DATE_EPOCH=%d", releaseDate)
	args := []string{testVersion}
	if !*compilePlatforms {
		args = append(args, "linux/amd64")
	}
	first, second := t.TempDir(), t.TempDir()
	command(t, copyTree(t), []string{date, "OUT=" + first, "TZ=UTC"}, "scripts/release", args...)
	others := []string{date, "TZ=Asia/Kathmandu", "LC_ALL=C"}
	if *compilePlatforms {
		others = append(others, "GOCACHE="+t.TempDir())
	}
	tree := copyTree(t)
	command(t, tree, others, "sh", append([]string{"-c", `umask 077; exec scripts/release "$@"`,
		"sh"}, args...)...)
	check(t, os.Rename(filepath.Join(tree, "dist", testVersion),
		filepath.Join(second, testVersion)))

	dir := filepath.Join(first, testVersion)
	names := filesBelow(t, dir)
	if again := filesBelow(t, filepath.Join(second, testVersion)); !slices.Equal(names, again) {
		t.Fatalf("once it is %q and once %q", names, again)
	}
	platforms := 0
	for _, name := range names {
		content := read(t, filepath.Join(dir, name))
		if !bytes.Equal(content, read(t, filepath.Join(second, testVersion, name))) {
			t.Errorf("%s has other bytes when it is built again", name)
		}
		sum := fmt.Sprintf("%x  %s\n", sha256.Sum256(content), name)
		sums := string(read(t, filepath.Join(dir, "SHA256SUMS")))
		if name != "SHA256SUMS" && !strings.Contains(sums, sum) {
			t.Errorf("SHA256SUMS has no %s", sum)
		}
		if base, is := strings.CutSuffix(name, ".cdx.json"); is {
			platforms++
			testArchive(t, dir, base, content)
		}
	}
	if want := map[bool]int{false: 1, true: 6}[*compilePlatforms]; platforms != want {
		t.Errorf("%d platforms, want %d: %q", platforms, want, names)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	check(t, err)
	return content
}

// testArchive looks at what is in an archive, and at its bill of materials.
func testArchive(t *testing.T, dir, base string, bill []byte) {
	files := unpack(t, dir, base)
	program := files["bin/simplemsgr"]
	if program == nil {
		program = files["bin/simplemsgr.exe"]
	}
	for _, name := range []string{"LICENSE", "CHANGELOG.md", "share/man/man1/simplemsgr-ping.1",
		"share/bash-completion/completions/simplemsgr", "licenses/go/LICENSE",
		"licenses/github.com/pkg/errors/LICENSE"} {
		if len(files[name]) == 0 {
			t.Errorf("%s has no %s", base, name)
		}
	}
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		t.Fatalf("%s: %v", base, err)
	}
	var document struct {
		BOMFormat string
		Metadata  struct {
			Timestamp string
			Component struct {
				Name, Version string
				Hashes        []struct{ Content string }
			}
		}
		Components []struct{ PURL string }
	}
	check(t, json.Unmarshal(bill, &document))
	about := document.Metadata.Component
	if document.BOMFormat != "CycloneDX" || about.Name != "simplemsgr" ||
		about.Version != testVersion || len(about.Hashes) != 1 ||
		about.Hashes[0].Content != fmt.Sprintf("%x", sha256.Sum256(program)) ||
		document.Metadata.Timestamp != time.Unix(releaseDate, 0).UTC().Format(time.RFC3339) {
		t.Errorf("%s: the bill is about %+v", base, document)
	}
	var listed []string
	for _, c := range document.Components {
		listed = append(listed, c.PURL)
	}
	for _, module := range info.Deps {
		if !slices.Contains(listed, "pkg:golang/"+module.Path+"@"+module.Version) {
			t.Errorf("%s: the bill has no %s", base, module.Path)
		}
		if !slices.ContainsFunc(keys(files), func(name string) bool {
			return strings.HasPrefix(name, "licenses/"+module.Path+"/")
		}) {
			t.Errorf("%s: the license of %s is not there", base, module.Path)
		}
	}
	if len(info.Deps) < 5 || len(listed) != len(info.Deps)+1 {
		t.Errorf("%s: %d modules, %q", base, len(info.Deps), listed)
	}
	if !strings.HasSuffix(base, "_"+runtime.GOOS+"_"+runtime.GOARCH) {
		return
	}
	path := filepath.Join(t.TempDir(), "simplemsgr")
	writeFile(t, path, program, 0o755)
	if out := command(t, dir, nil, path, "--version"); !strings.HasPrefix(out,
		"simplemsgr "+testVersion+" ") {
		t.Errorf("%s: the program says that it is %q", base, out)
	}
}

func keys(files map[string][]byte) (all []string) {
	for name := range files {
		all = append(all, name)
	}
	return all
}

// unpack returns the files of an archive, whose names all begin with the archive's own.
func unpack(t *testing.T, dir, base string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	add := func(name string, mode int64, date time.Time, r io.Reader) {
		content, err := io.ReadAll(r)
		check(t, err)
		inner, ok := strings.CutPrefix(name, base+"/")
		wantMode := int64(0o644)
		if strings.HasPrefix(inner, "bin/") {
			wantMode = 0o755
		}
		if !ok || mode != wantMode || date.Unix() != releaseDate {
			t.Errorf("%s has %s, %o, of %v", base, name, mode, date)
		}
		files[inner] = content
	}
	if archive, err := zip.OpenReader(filepath.Join(dir, base+".zip")); err == nil {
		defer archive.Close()
		for _, f := range archive.File {
			r, err := f.Open()
			check(t, err)
			add(f.Name, int64(f.Mode()), f.Modified, r)
		}
		return files
	}
	compressed, err := gzip.NewReader(bytes.NewReader(read(t, filepath.Join(dir, base+".tar.gz"))))
	check(t, err)
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return files
		}
		check(t, err)
		if header.Uid != 0 || header.Uname != "" {
			t.Errorf("%s belongs to %d %q", header.Name, header.Uid, header.Uname)
		}
		add(header.Name, header.Mode, header.ModTime, archive)
	}
}

func TestReleaseRefuses(t *testing.T) {
	needsTime(t)
	tree := copyTree(t)
	for want, args := range map[string][]string{
		"usage":             {},
		"no version":        {"1.0"},
		"is none of":        {testVersion, "plan9/amd64"},
		"SOURCE_DATE_EPOCH": {testVersion, "linux/amd64"},
	} {
		_, stderr, err := try(tree, []string{"SOURCE_DATE_EPOCH=", "GIT_CEILING_DIRECTORIES=/"},
			"scripts/release", args...)
		if err == nil || !strings.Contains(stderr, want) {
			t.Errorf("%q: %v, %q", args, err, stderr)
		}
	}
	command(t, tree, nil, "git", "init", "-q")
	_, stderr, err := try(tree, nil, "scripts/release", testVersion, "linux/amd64")
	if err == nil || !strings.Contains(stderr, "has changes") {
		t.Errorf("with changes: %v, %q", err, stderr)
	}
}
