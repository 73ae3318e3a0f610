package simplemsgr_test

import (
	"os"
	"strings"
	"testing"
)

// The library example of the README is the body of Example, which runs as a test.
func TestReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```go\n")
	if !found {
		t.Fatal("README.md has no Go example")
	}
	code, _, _ := strings.Cut(rest, "```")
	_, body, _ := strings.Cut(string(source), "func Example() {\n")
	body, _, _ = strings.Cut(body, "\t// Output:")
	if got, want := strip(code), strip(body); got != want {
		t.Errorf("README.md shows\n%s\nExample runs\n%s", got, want)
	}
}

func strip(code string) string {
	var lines []string
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
