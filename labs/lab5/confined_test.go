package lab5

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"simplemessenger/labs/grade"
)

// spy is a file of a student who looks around on real sockets, and takes what he can get.
const spy = `package main

import (
	"fmt"
	"os"
	"time"
)

func init() {
	if len(os.Args) < 3 || "MODE" != "any" && os.Args[1] != "MODE" {
		return
	}
	if os.Getenv("SECRET_OF_THE_GRADER") != "" {
		fmt.Println("it sees the grader's environment")
		os.Exit(2)
	}
	if _, err := os.Stat("confined_test.go"); err == nil {
		fmt.Println("it sees the grader's folder")
		os.Exit(2)
	}
	switch "WHAT" {
	case "memory":
		b := make([]byte, 128<<20)
		for i := range b {
			b[i] = 1
		}
		time.Sleep(time.Hour)
	case "output":
		for {
			fmt.Println("here")
		}
	}
}
`

// On real sockets the same bounds hold as everywhere: those of the environment, the folder, the
// memory and the output.
func TestSocketsAreConfined(t *testing.T) {
	t.Setenv("SECRET_OF_THE_GRADER", "secret")
	monitor := startMonitor(t)
	for _, test := range []struct {
		mode, what, says string
		points           int
	}{
		{"any", "", "", 10},
		{"serve", "memory", "more than 64 MiB of memory", 0},
		{"serve", "output", "printed more than 64 KiB", 0},
		{"ping", "memory", "more than 64 MiB of memory", 0},
	} {
		t.Run(test.mode+" "+test.what, func(t *testing.T) {
			if test.what == "memory" && runtime.GOOS != "linux" {
				t.Skip("memory is bounded on Linux only")
			}
			dir, lab := solution(t), only(t, "on real sockets")
			text := strings.NewReplacer("MODE", test.mode, "WHAT", test.what).Replace(spy)
			if err := os.WriteFile(filepath.Join(dir, "spy.go"), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			lab.Monitor = monitor
			lab.Limits = grade.Limits{MaxMemory: 64 << 20, MaxOutput: 64 << 10}
			v, err := lab.Test(t.Context(), dir, 1)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if v.Story != nil {
				got = v.Story.Got
			}
			if v.Points != test.points || !strings.Contains(got, test.says) {
				t.Errorf("%d points: %q %s", v.Points, got, v.Trouble)
			}
		})
	}
}
