package cephconf

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// Find reads the file at path, or else the one that Ceph's commands would read: that in the
// environment's CEPH_CONF, else the first there is of /etc/ceph/ceph.conf, ~/.ceph/ceph.conf and
// ./ceph.conf. Path and CEPH_CONF may name several files, between commas or semicolons: the first
// that is there counts. Without any it returns an empty File: everything can be said on the command
// line.
func Find(path string) (*File, error) {
	if path == "" {
		path = os.Getenv("CEPH_CONF")
	}
	if path == "" {
		f, err := loadFirst(SearchPath())
		if errors.Is(err, os.ErrNotExist) {
			return new(File), nil
		}
		return f, err
	}
	paths := strings.FieldsFunc(path, func(c rune) bool { return c == ',' || c == ';' })
	for i := range paths {
		paths[i] = strings.TrimSpace(paths[i])
	}
	return loadFirst(paths)
}

// loadFirst reads the first file that is there.
func loadFirst(paths []string) (*File, error) {
	err := errors.WithStack(os.ErrNotExist)
	for _, path := range paths {
		var f *File
		if f, err = Load(path); !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
	}
	return nil, err
}

// SearchPath returns where Find looks.
func SearchPath() []string {
	paths := []string{"/etc/ceph/ceph.conf"}
	if home, err := os.UserHomeDir(); err == nil {
		paths = append(paths, filepath.Join(home, ".ceph", "ceph.conf"))
	}
	return append(paths, "ceph.conf")
}
