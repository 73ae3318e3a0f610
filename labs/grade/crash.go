package grade

import (
	"regexp"
	"strings"
)

// crashes are how the lines begin in which Go says why it ends a program.
var crashes = []string{"panic: ", "fatal error: ", "runtime: goroutine stack exceeds"}

// address is what differs each time: arguments and offsets in a trace.
var address = regexp.MustCompile(`\(([^()]*0x[^()]*|\.\.\.)\)$| \+0x[0-9a-f]+( fp=.*)?$`)

// crash returns what Go tells of the end of a program, without what is Go's own and what differs
// each time. It is nil if the program has not crashed.
func crash(lines []string) (told []string) {
	skip := false
	for _, line := range lines {
		begins := false
		for _, word := range crashes {
			begins = begins || strings.HasPrefix(line, word)
		}
		if told == nil && !begins {
			continue
		}
		if frame := strings.HasPrefix(line, "\t"); !frame {
			skip = strings.HasPrefix(line, "runtime") && !begins ||
				strings.HasPrefix(line, "goroutine ") || line == ""
		}
		if !skip {
			told = append(told, address.ReplaceAllString(line, ""))
		}
	}
	return told
}

// lastWords returns what a program has said of its end: the crash, if Go has told one, else the
// last lines that it has printed.
func lastWords(output string) string {
	const shown = 8
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(output, "")), "\n")
	if told := crash(lines); told != nil {
		return strings.Join(told[:min(len(told), shown)], "\n")
	}
	return strings.Join(lines[max(0, len(lines)-shown):], "\n")
}
