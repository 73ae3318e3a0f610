package bench

import (
	"bytes"
	"os"
	"strconv"
)

// ioCalls returns how many system calls of the read and write families this process has made.
func ioCalls() uint64 {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var n uint64
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		switch string(name) {
		case "syscr", "syscw":
			calls, _ := strconv.ParseUint(string(value), 10, 64)
			n += calls
		}
	}
	return n
}

// residentSize returns the resident memory of this process in bytes.
func residentSize() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return pages * uint64(os.Getpagesize())
}
