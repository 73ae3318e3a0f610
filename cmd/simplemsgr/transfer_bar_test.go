package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// A transfer is shown on a terminal, and taken away from it; elsewhere nothing is written.
func TestTransferBar(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	defer terminal.Close()
	shown := make(chan string)
	go func() {
		all, _ := io.ReadAll(terminal)
		shown <- string(all)
	}()
	for _, size := range []int64{1 << 20, -1} {
		bar, finish := transferBar(tty, size)
		for range 4 {
			if n, err := bar.Write(make([]byte, 1<<18)); n != 1<<18 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
		finish()
	}
	tty.Close()
	if all := <-shown; strings.Count(all, "B/s") < 2 || strings.Contains(all, "\n") {
		t.Errorf("shown %q", all)
	}
	var pipe bytes.Buffer
	bar, finish := transferBar(&pipe, 10)
	_, _ = bar.Write(make([]byte, 10))
	finish()
	if pipe.Len() != 0 {
		t.Errorf("written to a pipe: %q", pipe.String())
	}
}
