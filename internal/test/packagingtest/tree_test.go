package packagingtest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const root = "../../.."

// needsTime skips a test that compiles much, where only quick ones are asked for, and where the
// scripts that it tries have no shell.
func needsTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles the whole tree anew")
	}
	if runtime.GOOS == "windows" {
		t.Skip("runs shell scripts")
	}
}

// treeFiles returns the files of the tree as git knows them, with those that are yet to be added.
func treeFiles(t *testing.T) []string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("git does not know the files of the tree: %v", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

// copyTree copies the tree as it is now, and returns where to. The copy is no repository.
func copyTree(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, path := range treeFiles(t) {
		from := filepath.Join(root, path)
		info, err := os.Lstat(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and git has not been told
		}
		check(t, err)
		content, err := os.ReadFile(from)
		check(t, err)
		writeFile(t, filepath.Join(to, path), content, info.Mode().Perm())
	}
	return to
}

func writeFile(t *testing.T, path string, content []byte, mode fs.FileMode) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(t, os.WriteFile(path, content, mode))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// buildEnv are settings of the go command with which all tests of this package compile, as releases
// do, so that what one has compiled serves the others: wherever copies are, their paths are not in
// it.
var buildEnv = []string{"GOFLAGS=-trimpath", "CGO_ENABLED=0", "GOWORK=off", "GOTOOLCHAIN=local"}

// command runs a program in a folder, with buildEnv and what is in env, and returns what it prints.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	stdout, stderr, err := try(dir, env, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, stdout, stderr)
	}
	return stdout
}

// try is command for what may fail.
func try(dir string, env []string, name string, args ...string) (stdout, stderr string, err error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(append(os.Environ(), buildEnv...), env...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err = c.Run()
	return out.String(), errs.String(), err
}
