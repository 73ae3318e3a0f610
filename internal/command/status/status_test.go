package status_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/command/status"
)

func TestPrint(t *testing.T) {
	for _, release := range []string{"14.2.21", "16.2.15", "degraded"} {
		t.Run(release, func(t *testing.T) {
			output, err := os.ReadFile(filepath.Join("testdata", release+".json"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", release+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			s, err := status.Decode(output)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			s.Print(&got)
			if diff := cmp.Diff(strings.Split(string(want), "\n"),
				strings.Split(got.String(), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeGarbage(t *testing.T) {
	for _, output := range []string{"", "status", `{"osdmap": 5}`} {
		if _, err := status.Decode([]byte(output)); err == nil {
			t.Errorf("%q was taken for a status", output)
		}
	}
}
