package realpeer

import (
	"os"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// Releases returns the releases of Ceph that are tested, oldest first: those in the environment's
// REAL_PEER_RELEASES, else those that scripts/real-peer has and that stay where they are, which
// bounds how long it takes.
func Releases(t testing.TB) []string {
	t.Helper()
	releases, err := readReleases()
	if err != nil {
		t.Fatal(err)
	}
	return releases
}

func readReleases() ([]string, error) {
	if chosen := strings.Fields(os.Getenv("REAL_PEER_RELEASES")); len(chosen) > 0 {
		return chosen, nil
	}
	script, err := scriptPath()
	if err != nil {
		return nil, err
	}
	table, err := os.ReadFile(script + ".d/releases")
	if err != nil {
		return nil, errors.Wrap(err, "the table of releases")
	}
	var releases []string
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 0 && fields[0] != "#" && fields[len(fields)-1] == "stays" {
			releases = append(releases, fields[0])
		}
	}
	return releases, nil
}

// OnEach runs a test once for each release.
func OnEach(t *testing.T, test func(t *testing.T, release string)) {
	t.Helper()
	for _, release := range Releases(t) {
		t.Run(release, func(t *testing.T) { test(t, release) })
	}
}
