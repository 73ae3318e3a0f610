package wire_test

import (
	"strings"
	"testing"

	"simplemessenger/internal/command/vectors"
	golden "simplemessenger/testdata/vectors"
)

// TestVectors decodes and encodes every golden vector. How they are made is in
// internal/command/vectors.
func TestVectors(t *testing.T) {
	files, err := vectors.Read(golden.Files)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if wrong, err := vectors.Verify(&out, files); wrong > 0 || err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}
