package main

import (
	"strings"
	"testing"

	"simplemessenger/conformance"
)

// The command that a report names tests the same, whatever was chosen and written the first time.
func TestAgain(t *testing.T) {
	for line, want := range map[string]string{
		"127.0.0.1:6800 --run a/b --skip c --rule V1-X-1 --json --html x --junit y --pcap-dir z": "" +
			"conform server 127.0.0.1:6800",
		"--exec|./it's --bind {listen}|--seed 3 --timeout 2s --strict": "" +
			`conform server --exec './it'\''s --bind {listen}' --seed 3 --strict=true --timeout 2s`,
	} {
		var args []string
		for i, part := range strings.Split(line, "|") {
			if i == 1 {
				args = append(args, part)
			} else {
				args = append(args, strings.Fields(part)...)
			}
		}
		root := newConformCommand()
		cmd, rest, err := root.Find(append([]string{string(conformance.RoleServer)}, args...))
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := again(cmd, cmd.Flags().Args()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
