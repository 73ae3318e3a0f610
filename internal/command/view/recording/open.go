package recording

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/capture"
)

// maxFile is how large a file may be, in bytes.
const maxFile = 1 << 30

// Open reads a file that the page can show, "-" for the standard input: a recorded run, a capture
// (pcap, pcapng), what `simplemsgr conform --json` wrote, or the verdict of a lab as JSON. At least
// one run is in it.
func Open(path string) ([]Recorded, error) {
	input := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		input = f
	}
	b, err := io.ReadAll(io.LimitReader(input, maxFile+1))
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	if len(b) > maxFile {
		return nil, errors.Errorf("%s: more than %d bytes", path, maxFile)
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if path == "-" {
		name = "input"
	}
	runs, err := Read(name, b)
	if err == nil && len(runs) == 0 {
		err = errors.New("there is nothing in it to show")
	}
	return runs, errors.Wrap(err, path)
}

// Read is Open for what is in memory, under a name. It finds out what it is by how it begins.
func Read(name string, b []byte) ([]Recorded, error) {
	if capture.IsCapture(b) {
		return fromCapture(name, b)
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	switch {
	case isRecording(first):
		return readRecording(b)
	case isReport(b):
		return fromReport(b)
	case isVerdict(b):
		return fromVerdict(name, b)
	}
	return nil, errors.New("neither a recorded run nor a capture, nor what `conform --json` or a " +
		"lab wrote")
}
