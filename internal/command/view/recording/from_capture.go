package recording

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
)

// maxFrames is how many frames of a capture are shown.
const maxFrames = 50_000

// heard is a frame and who said it.
type heard struct {
	frame    *decode.Frame
	socket   int
	from, to string
}

// fromCapture makes a run of a capture: each host that spoke has a lane. Ports of clients change
// with each socket, so a lane is an address and, of servers, its port.
func fromCapture(name string, b []byte) ([]Recorded, error) {
	recorded, err := capture.Read(bytes.NewReader(b))
	if err != nil && !errors.Is(err, capture.ErrCutOff) {
		return nil, err
	}
	run := Recorded{Run: Run{ID: name, Title: "Capture " + name}}
	var all []heard
	var start time.Time
	for _, c := range decode.Connections(recorded) {
		start = c.Start
		if len(c.Frames) == 0 {
			continue
		}
		client, server := c.Client.Addr().String(), c.Server.String()
		for _, lane := range []string{client, server} {
			if !run.has(lane) {
				run.Lanes = append(run.Lanes, Lane{Name: lane})
			}
		}
		for _, f := range c.Frames {
			h := heard{frame: f, socket: c.Number, from: client, to: server}
			if f.Direction == capture.FromServer {
				h.from, h.to = server, client
			}
			all = append(all, h)
		}
	}
	slices.SortStableFunc(all, func(a, b heard) int { return a.frame.Time.Compare(b.frame.Time) })
	for i, h := range all {
		if i == maxFrames {
			run.Steps = append(run.Steps, Step{Kind: Note, Mark: "alarm",
				Text: fmt.Sprintf("%d further frames are not shown.", len(all)-i)})
			break
		}
		run.Steps = append(run.Steps, stepOf(h, start))
	}
	if len(run.Steps) == 0 {
		return nil, nil
	}
	return []Recorded{run}, nil
}

// stepOf returns the step of a frame. Where it was recorded it has arrived.
func stepOf(h heard, start time.Time) Step {
	s := Step{Kind: Frame, Lane: h.from, To: h.to, Socket: h.socket, Text: h.frame.Summary,
		Frame: SaidOf(h.frame)}
	if !h.frame.Time.IsZero() {
		s.At = milliseconds(float64(h.frame.Time.Sub(start)) / float64(time.Millisecond))
	}
	if len(h.frame.Malformed) > 0 {
		s.Mark = "alarm"
	}
	return s
}
