package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVectorsAreInTheCommand(t *testing.T) {
	stdout, stderr, status := run(t, "vectors", "verify")
	if status != 0 || !strings.HasSuffix(stdout, " ok, 0 wrong\n") {
		t.Errorf("verify: status %d\n%s%s", status, stdout, stderr)
	}
	dir := filepath.Join(t.TempDir(), "vectors")
	stdout, stderr, status = run(t, "vectors", "export", dir)
	if status != 0 || !strings.HasPrefix(stdout, "vectors: wrote ") {
		t.Fatalf("export: status %d\n%s%s", status, stdout, stderr)
	}
	if _, _, status := run(t, "vectors", "verify", dir); status != 0 {
		t.Errorf("verify what was exported: status %d", status)
	}
	// With one bit of a field different.
	path := filepath.Join(dir, "seq.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Replace(b, []byte(`"72623859790382856"`), []byte(`"72623859790382857"`), 1)
	if bytes.Equal(b, damaged) {
		t.Fatal("seq.json is not what it was")
	}
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, status = run(t, "vectors", "verify", dir)
	if status != 1 || !strings.HasSuffix(stdout, " ok, 1 wrong\n") ||
		!strings.Contains(stdout, "seq.json: every byte: decoded") {
		t.Errorf("verify what is wrong: status %d\n%s", status, stdout)
	}
	stdout, stderr, status = run(t, "vectors", "print", "connect_reply")
	if status != 0 || !strings.Contains(stdout, "connect_seq = ") {
		t.Errorf("print: status %d\n%s%s", status, stdout, stderr)
	}
	for args, want := range map[string]string{"verify " + t.TempDir(): "no vectors",
		"nonsense":       "unknown command",
		"print nonsense": "no file, structure or name", "export " + dir: "exists"} {
		_, stderr, status := run(t, append([]string{"vectors"}, strings.Fields(args)...)...)
		if status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, want %q in %q", args, status, want, stderr)
		}
	}
}
