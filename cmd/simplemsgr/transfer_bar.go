package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// transferBar shows on w, if that is a terminal, how much of an object has been written to it: the
// result counts and shows what it is given. Size is -1 if nobody knows it. Finish takes the bar
// away.
func transferBar(w io.Writer, size int64) (counted io.Writer, finish func()) {
	if !isTerminal(w) {
		return io.Discard, func() {}
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	return bar, func() { _ = bar.Finish() }
}
