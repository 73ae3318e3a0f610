package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"github.com/pkg/errors"
)

// format counts the forms of recordings that cannot be read by who knows the last one alone.
const format = 1

// head is the line with which a run begins in a file.
type head struct {
	Recording int `json:"recording"`
	Run
}

func writeHead(e *json.Encoder, run Run) error {
	run.Live = false
	return e.Encode(head{Recording: format, Run: run})
}

// Write writes a run as JSON lines: the run, and then its steps. Several runs can follow each other
// in a file.
func (r *Recorded) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	if err := writeHead(e, r.Run); err != nil {
		return err
	}
	for i := range r.Steps {
		if err := e.Encode(&r.Steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// isRecording reports whether a line is that with which a run begins.
func isRecording(line []byte) bool {
	var h head
	return json.Unmarshal(line, &h) == nil && h.Recording != 0
}

// readRecording reads what Write wrote. A run whose last line is cut off is read as far as it goes.
func readRecording(b []byte) ([]Recorded, error) {
	var all []Recorded
	var left room // of the last one
	err := lines(b, func(number int, line []byte, last bool) error {
		if isRecording(line) {
			var h head
			if err := json.Unmarshal(line, &h); err != nil {
				return err
			}
			if h.Recording > format {
				return errors.Errorf("it is of format %d; this program knows those up to %d",
					h.Recording, format)
			}
			all, left = append(all, Recorded{Run: h.Run}), room{}
			return nil
		}
		if len(all) == 0 {
			return errors.New("a step before any run")
		}
		run := &all[len(all)-1]
		var s Step
		if err := json.Unmarshal(line, &s); err != nil {
			if last {
				return nil // the program was ended while it wrote it
			}
			return err
		}
		s, ok := left.admit(s)
		if !ok {
			return nil
		}
		run.Steps = append(run.Steps, s)
		return run.check(len(run.Steps) - 1)
	})
	return all, err
}

// check finds what a page cannot show.
func (r *Recorded) check(n int) error {
	s := &r.Steps[n]
	if s.Of != nil && (*s.Of < 0 || *s.Of >= n) {
		return errors.Errorf("step %d: of step %d, which is not before it", n, *s.Of)
	}
	for _, name := range []string{s.Lane, s.To} {
		if name != "" && !r.has(name) {
			return errors.Errorf("step %d: no lane %q", n, name)
		}
	}
	return nil
}

func (r *Recorded) has(lane string) bool {
	for _, l := range r.Lanes {
		if l.Name == lane {
			return true
		}
	}
	return false
}

// lines calls f with each line that is not empty. Its error names the line.
func lines(b []byte, f func(number int, line []byte, last bool) error) error {
	reader := bufio.NewReader(bytes.NewReader(b))
	for number := 1; ; number++ {
		line, err := reader.ReadBytes('\n')
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			if err := f(number, trimmed, errors.Is(err, io.EOF)); err != nil {
				return errors.Wrapf(err, "line %d", number)
			}
		}
		if err != nil {
			return nil
		}
	}
}
