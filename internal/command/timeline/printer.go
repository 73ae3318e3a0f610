package timeline

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Options say how a Printer prints.
type Options struct {
	// Sides are the messengers that get a column each, left to right. Without any there is one
	// column for all.
	Sides []wire.EntityName
	// Width of a column in characters; longer lines are cut. 0 means no limit, for a single column.
	Width int
	Color bool
	// JSON prints one object a line instead.
	JSON bool
	// Details shows changes of state, sockets and decisions too, not only frames and what alarms.
	Details bool
}

// Printer is a Tracer that prints events as they come.
type Printer struct {
	mu      sync.Mutex
	w       io.Writer
	options Options
	start   time.Time
}

// NewPrinter returns a Printer that writes to w. Times are counted from now.
func NewPrinter(w io.Writer, options Options) *Printer {
	return &Printer{w: w, options: options, start: time.Now()}
}

const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

// Trace implements trace.Tracer.
func (p *Printer) Trace(r trace.Record) {
	line, shown := Describe(r.Event)
	if !shown {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.JSON {
		p.printJSON(r)
		return
	}
	if !p.options.Details && line.Direction == Inside && !line.Alarm && !line.Milestone {
		return
	}
	arrow := map[Direction]string{Inside: "  ", Sent: "→ ", Received: "← "}[line.Direction]
	p.print(r.Time, r.Messenger, arrow+line.Text, color(line))
}

// Note prints a heading of the caller's own across all columns.
func (p *Printer) Note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if p.options.JSON {
		p.encode(map[string]any{"time": time.Now(), "note": text})
		return
	}
	fmt.Fprintln(p.w, p.paint("\n"+text, bold))
}

func (p *Printer) print(at time.Time, who wire.EntityName, text, color string) {
	stamp := p.paint(fmt.Sprintf("%9.3fms ", float64(at.Sub(p.start).Microseconds())/1000), dim)
	if len(p.options.Sides) == 0 {
		fmt.Fprintln(p.w, stamp+p.paint(text, color))
		return
	}
	columns := make([]string, len(p.options.Sides))
	for i, side := range p.options.Sides {
		cell := ""
		if side == who {
			cell = text
		}
		columns[i] = p.paint(fit(cell, p.options.Width), color)
	}
	fmt.Fprintln(p.w, strings.TrimRight(stamp+strings.Join(columns, p.paint(" │ ", dim)), " "))
}

func color(l Line) string {
	switch {
	case l.Alarm:
		return red
	case l.Milestone:
		return green
	case l.Direction == Sent:
		return cyan
	case l.Direction == Received:
		return yellow
	}
	return dim
}

func (p *Printer) paint(s, color string) string {
	if !p.options.Color || s == "" {
		return s
	}
	return color + s + reset
}

// fit cuts or pads s to width characters.
func fit(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n <= width {
		return s + strings.Repeat(" ", width-n)
	}
	runes := []rune(s)
	return string(runes[:width-1]) + "…"
}

func (p *Printer) printJSON(r trace.Record) {
	event := map[string]any{"time": r.Time, "messenger": r.Messenger, "pipe": r.Pipe,
		"connection": r.Connection, "peer": r.PeerName, "peer_addr": r.Peer,
		"event": r.Event.Name()}
	for _, a := range trace.Attrs(r.Event) {
		event[a.Key] = attrValue(a.Value)
	}
	p.encode(event)
}

func attrValue(v slog.Value) any {
	if v.Kind() == slog.KindDuration {
		return v.Duration().String()
	}
	return v.Any()
}

func (p *Printer) encode(v any) {
	_ = json.NewEncoder(p.w).Encode(v) // a broken standard output ends the command elsewhere
}
