package main

import (
	"errors"
	"strings"
	"testing"
)

func TestDecodeCommand(t *testing.T) {
	const captures = "../../testdata/captures/"
	for _, test := range []struct {
		name   string
		args   []string
		output string // its end
		err    error  // nil for success; errReported for status 1 without a message
		failed bool   // some other error
	}{
		{"nothing malformed", []string{captures + "14.2.21-simple-none-client.pcap"},
			"decode: connections 16, frames 269, malformed 0\n", nil, false},
		{"malformed", []string{"--brief", captures + "14.2.21-simple-probe-open-session.pcap"},
			"decode: connections 12, frames 86, malformed 4, other connections 1\n", errReported,
			false},
		{"one connection", []string{"--connection", "9", captures +
			"14.2.21-simple-probe-open-session.pcap"},
			"decode: connections 1, frames 5, malformed 1\n", errReported, false},
		{"JSON", []string{"--json", "--hex", captures + "14.2.21-simple-none-osd-osd.pcap"},
			`"malformed":0,"incomplete":0,"other":0}` + "\n", nil, false},
		{"no file", []string{captures + "nothing"}, "", nil, true},
		{"no argument", nil, "", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			root := newRootCommand()
			root.SetArgs(append([]string{"decode"}, test.args...))
			root.SetOut(&out)
			err := root.Execute()
			if test.failed && (err == nil || errors.Is(err, errReported)) || !test.failed &&
				!errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if !strings.HasSuffix(out.String(), test.output) {
				t.Errorf("output ends with %q, want %q", out.String()[max(0, out.Len()-200):],
					test.output)
			}
		})
	}
}
