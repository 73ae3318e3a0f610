package realpeer

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pkg/errors"
)

// Tool returns a command of a release that needs no cluster, such as ceph-conf, with the release's
// own loader and libraries. A test that asks for one that cannot be had here is skipped, or fails,
// as with [Start].
func Tool(t testing.TB, release, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	folder, err := folderOf(release)
	if err != nil {
		refuse(t, err)
	}
	libraries := filepath.Join(folder, "usr/lib/x86_64-linux-gnu")
	path := libraries + ":" + filepath.Join(libraries, "ceph") + ":" +
		filepath.Join(folder, "usr/lib/ceph")
	loader := filepath.Join(libraries, "ld-linux-x86-64.so.2")
	words := append([]string{"--library-path", path, filepath.Join(folder, "usr/bin", name)},
		arguments...)
	return exec.Command(loader, words...)
}

// folderOf returns where scripts/real-peer keeps a release.
func folderOf(release string) (string, error) {
	cache := os.Getenv("REAL_PEER_CACHE")
	if cache == "" {
		script, err := scriptPath()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(filepath.Dir(filepath.Dir(script)), ".cache")
	}
	folder := filepath.Join(cache, "ceph-"+release)
	if _, err := os.Stat(filepath.Join(folder, "usr/bin")); err != nil {
		return "", &unavailableError{reason: errors.Wrapf(err, "Ceph %s is not installed",
			release).Error()}
	}
	return folder, nil
}
