package packagingtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goVersion returns the release of Go that go.mod asks for, without its patch level.
func goVersion(t *testing.T) string {
	t.Helper()
	mod, err := os.ReadFile(root + "/go.mod")
	check(t, err)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if version == nil {
		t.Fatal("go.mod names no release of Go")
	}
	return string(version[1])
}

// instructions returns those of the Dockerfile, with what ends them.
func instructions(t *testing.T) (all [][2]string) {
	t.Helper()
	file, err := os.ReadFile(root + "/Dockerfile")
	check(t, err)
	for line := range strings.Lines(strings.ReplaceAll(string(file), "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			name, rest, _ := strings.Cut(line, " ")
			all = append(all, [2]string{name, rest})
		}
	}
	return all
}

// There is no engine here that could make the image, so each instruction that can be wrong is tried
// or looked at by itself: what is copied is there, the program is made as it is there, and nothing
// but it is needed.
func TestDockerfile(t *testing.T) {
	needsTime(t)
	tree := copyTree(t)
	check(t, os.RemoveAll(filepath.Join(tree, ".git")))
	last := map[string]string{}
	built := ""
	for _, i := range instructions(t) {
		last[i[0]] = i[1]
		switch {
		case i[0] == "COPY" && !strings.HasPrefix(i[1], "--from"):
			fields := strings.Fields(i[1])
			for _, name := range fields[:len(fields)-1] {
				if _, err := os.Stat(filepath.Join(tree, name)); err != nil {
					t.Errorf("COPY %s: %v", i[1], err)
				}
			}
		case i[0] == "COPY":
			from := strings.Fields(i[1])[1]
			name, ofTree := strings.CutPrefix(from, "/src/")
			if _, err := os.Stat(filepath.Join(tree, name)); ofTree && err != nil ||
				!ofTree && from != "/out/simplemsgr" {
				t.Errorf("COPY %s: nothing is there: %v", i[1], err)
			}
		case i[0] == "RUN" && strings.Contains(i[1], "go build"):
			built = filepath.Join(t.TempDir(), "simplemsgr")
			if !strings.Contains(i[1], "-o /out/simplemsgr ") {
				t.Fatalf("RUN %s makes no /out/simplemsgr", i[1])
			}
			line := strings.Replace(i[1], "/out/simplemsgr", built, 1)
			command(t, tree, []string{"TARGETOS=", "TARGETARCH=", "GOFLAGS=",
				"VERSION=" + testVersion}, "sh", "-c", line)
		}
	}
	if built == "" {
		t.Fatal("the Dockerfile builds nothing")
	}
	for name, want := range map[string]string{"ARG": "VERSION", "FROM": "scratch",
		"USER": "65532:65532", "ENTRYPOINT": `["/usr/bin/simplemsgr"]`} {
		if last[name] != want {
			t.Errorf("the last %s is %q, want %q", name, last[name], want)
		}
	}
	runAlone(t, built)
}

func TestImagesHaveTheReleaseOfGo(t *testing.T) {
	version := goVersion(t)
	for _, i := range instructions(t) {
		if got, is := strings.CutPrefix(i[1], "GO_VERSION="); is && got != version {
			t.Errorf("the Dockerfile has Go %s, go.mod %s", got, version)
		}
	}
	var container struct{ Image string }
	file, err := os.ReadFile(root + "/.devcontainer/devcontainer.json")
	check(t, err)
	check(t, json.Unmarshal(file, &container))
	if want := "golang:" + version + "-bookworm"; container.Image != want {
		t.Errorf("the devcontainer is %s, want %s", container.Image, want)
	}
}
