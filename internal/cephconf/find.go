package cephconf

import (
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// Find reads the file at path, or else the one that Ceph's commands would read: that in the environment's CEPH_CONF, else the
// first there is of /etc/ceph/ceph.conf, ~/.ceph/ceph.conf and ./ceph.conf. Without any it returns an empty File: everything
// can be said on the command line.
func Find(path string) (*File, error) {
	if path == "" {
		path = os.Getenv("CEPH_CONF")
	}
	if path != "" {
		return Load(path)
	}
	for _, path := range SearchPath() {
		f, err := Load(path)
		if !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
	}
	return new(File), nil
}

// SearchPath returns where Find looks.
func SearchPath() []string {
	paths := []string{"/etc/ceph/ceph.conf"}
	if home, err := os.UserHomeDir(); err == nil {
		paths = append(paths, filepath.Join(home, ".ceph", "ceph.conf"))
	}
	return append(paths, "ceph.conf")
}
