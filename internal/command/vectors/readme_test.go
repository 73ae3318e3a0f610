package vectors

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReadmeNamesEveryStructure(t *testing.T) {
	_, table, _ := strings.Cut(readme(t), "| structure |")
	for name := range structures {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("README.md does not name %s", name)
		}
	}
}

// TestPythonExample runs the example of README.md.
func TestPythonExample(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	example := regexp.MustCompile("(?s)```python\n(.*?)```").FindStringSubmatch(readme(t))
	if example == nil || strings.Count(example[1], "\n") > 15 {
		t.Fatal("README.md has no short example in Python")
	}
	want := 0
	for _, f := range goldenFiles(t) {
		for _, v := range f.Vectors {
			for _, p := range append(v.Pieces, Piece{Structure: v.Structure}) {
				if p.Structure == "connect_reply" {
					want++
				}
			}
		}
	}
	out, err := exec.Command(python, "-c", example[1], vectorDir).CombinedOutput()
	if text := string(out); err != nil || text != string(marshal(want))+" replies, all right\n" {
		t.Errorf("%v, want %d replies\n%s", err, want, text)
	}
	// What is wrong is seen.
	dir := t.TempDir()
	vector := Vector{Name: "wrong", Structure: "connect_reply", Source: constructed,
		Hex: make([]byte, 26), Fields: json.RawMessage(`{"tag":1}`)}
	if err := os.WriteFile(filepath.Join(dir, "connect_reply.json"), encodeFile([]Vector{vector}),
		0o600); err != nil {
		t.Fatal(err)
	}
	out, err = exec.Command(python, "-c", example[1], dir).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("AssertionError: wrong")) {
		t.Errorf("a wrong vector passes\n%s", out)
	}
}
