package grade

import (
	"strings"
	"sync"
)

// limited keeps the beginning and the end of what a program prints, and stops one that does not
// stop.
type limited struct {
	mu          sync.Mutex
	first, last []byte
	size, most  int
	full        func()
}

// Write never fails.
func (l *limited) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size += len(b)
	rest := b
	if room := maxText - len(l.first); room > 0 {
		n := min(room, len(rest))
		l.first, rest = append(l.first, rest[:n]...), rest[n:]
	}
	l.last = append(l.last, rest...)
	if len(l.last) > 2*maxText {
		l.last = append([]byte(nil), l.last[len(l.last)-maxText:]...)
	}
	if l.size > l.most {
		l.full()
	}
	return len(b), nil
}

func (l *limited) tooMuch() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size > l.most
}

// ended returns what the program has said of its end: the crash, if Go has told one, else the last
// lines.
func (l *limited) ended() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(strings.ToValidUTF8(string(l.first)+string(l.last), ""))
	const shown = 8
	lines := strings.Split(text, "\n")
	if told := crash(lines); told != nil {
		return strings.Join(told[:min(len(told), shown)], "\n")
	}
	return strings.Join(lines[max(0, len(lines)-shown):], "\n")
}
