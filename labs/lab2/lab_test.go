package lab2

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
)

// wrong is a submission with one replacement that the step finds out.
func wrong(name, file, before, after, step string) gradetest.Wrong {
	w := gradetest.Wrong{Name: name, File: file, Old: before, New: after, Step: step}
	for _, s := range Lab.Steps {
		if s.Name == step {
			w.Section = s.Section
		}
	}
	return w
}

func TestLab(t *testing.T) {
	gradetest.Check(t, Lab, func() grade.Subject { return &reference{} }, []gradetest.Wrong{
		wrong("what is not complete is forgotten", "client.go",
			"c.buffer = append(c.buffer, b...)", "c.buffer = b", "client: banner"),
		wrong("the port of the socket is taken for one's own", "client.go",
			"own.IP = server.PeerAddr.IP", "own = server.PeerAddr", "client: banner"),
		wrong("whoever answers is believed", "client.go", "if server.Addr != called {",
			"if server.Addr.Port != called.Port {", "client: strangers"),
		wrong("in_seq survives RESETSESSION", "client.go",
			"c.connect.ConnectSeq, c.config.InSeq = 0, 0", "c.connect.ConnectSeq = 0",
			"client: retries"),
		wrong("an authorizer of any size is waited for", "server.go",
			"if c.AuthorizerLen > MaxAuthorizer {", "if false {", "server: authorizers"),
		wrong("every reply carries all features", "server.go",
			"s.config.Features&s.connect.Features | s.config.Required", "s.config.Features",
			"server: replies"),
	})
}

// The files that this lab takes from lab 1 are the same there.
func TestFilesOfLab1(t *testing.T) {
	for _, name := range []string{"name.go", "addr.go", "banner.go", "connect.go"} {
		for _, dir := range []string{"_starter", "_solution"} {
			here, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			there, err := os.ReadFile(filepath.Join("..", "lab1", dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(here, there) {
				t.Errorf("%s of lab 1 and lab 2 differ", filepath.Join(dir, name))
			}
		}
	}
}

// Both machines talk to both releases.
func TestRecorded(t *testing.T) {
	all := recorded()
	for _, side := range []string{"client", "server"} {
		for _, release := range []string{"14.2", "16.2"} {
			n := 0
			for _, s := range all {
				if s.side == side && strings.HasPrefix(s.what, release) {
					n++
				}
			}
			t.Logf("%s at %s: %d", side, release, n)
			if n < 5 {
				t.Errorf("only %d conversations for a %s with %s", n, side, release)
			}
		}
	}
}
