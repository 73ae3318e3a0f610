package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// files returns the files of the tree that the working directory is in, as git knows them, and its root.
func files() (root string, paths []string, err error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", nil, err
	}
	root = strings.TrimSpace(string(out))
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	if out, err = list.Output(); err != nil {
		return "", nil, err
	}
	return root, strings.Split(strings.TrimRight(string(out), "\x00"), "\x00"), nil
}

// copyTree copies the files of a tree, as they are now, and returns where to.
func copyTree(root string, paths []string) (string, error) {
	to, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return "", err
	}
	for _, path := range paths {
		if err := copyFile(filepath.Join(root, path), filepath.Join(to, path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return to, err
		}
	}
	return to, nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, info.Mode().Perm())
}
