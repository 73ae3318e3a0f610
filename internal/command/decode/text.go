package decode

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"simplemessenger/internal/command/capture"
)

// textPrinter writes for people. The form is meant to be stable: for the same input it changes only
// with the protocol or with a reason.
//
// A frame is a line with the time since the first data in the file, the packet, the direction (>
// from client to server), the name, the offset and size in the direction's stream, and a summary.
// Its fields follow with offset and size within the frame.
type textPrinter struct {
	w       io.Writer
	options Options
	began   bool
}

// Colors of a terminal, by what is printed in them.
const (
	colorClient    = "\x1b[36m"
	colorServer    = "\x1b[32m"
	colorMalformed = "\x1b[1;31m"
	colorNote      = "\x1b[33m"
	colorReset     = "\x1b[0m"
)

func (p *textPrinter) paint(color, text string) string {
	if !p.options.Color {
		return text
	}
	return color + text + colorReset
}

func (p *textPrinter) connection(c *Connection) error {
	if p.began {
		fmt.Fprintln(p.w)
	}
	p.began = true
	line := fmt.Sprintf("connection %d", c.Number)
	if c.Connection != nil {
		line += fmt.Sprintf(": %v > %v, packets %d to %d", c.Client, c.Server, c.FirstPacket,
			c.LastPacket)
		if c.Midway {
			line += ", its beginning was not recorded"
		}
	}
	if c.Protocol != "" {
		line += ": " + p.paint(colorNote, c.Protocol)
	}
	_, err := fmt.Fprintln(p.w, line)
	return err
}

func (p *textPrinter) frame(c *Connection, f *Frame) error {
	var line strings.Builder
	if !f.Time.IsZero() {
		fmt.Fprintf(&line, "%12.6f ", f.Time.Sub(c.Start).Seconds())
	}
	if f.Packet != 0 {
		fmt.Fprintf(&line, "%-6s ", fmt.Sprintf("#%d", f.Packet))
	}
	color := colorClient
	if f.Direction == capture.FromServer {
		color = colorServer
	}
	line.WriteString(p.paint(color, f.Direction.String()+" "+f.Name()))
	fmt.Fprintf(&line, " @%d+%d", f.Offset, len(f.Bytes))
	if f.Summary != "" {
		line.WriteString(" " + f.Summary)
	}
	if f.Note != "" {
		line.WriteString(" " + p.paint(colorNote, "("+f.Note+")"))
	}
	fmt.Fprintln(p.w, line.String())
	for _, err := range f.Malformed {
		fmt.Fprintln(p.w, p.paint(colorMalformed, "  malformed: "+strings.TrimPrefix(err.Error(),
			"wire: decode ")))
	}
	if !p.options.Brief {
		for _, field := range f.Fields {
			value := fmt.Sprint(field.Value)
			if field.Text != "" && field.Text != value {
				value += " (" + field.Text + ")"
			}
			fmt.Fprintf(p.w, "  %6d %5d %-21s %s\n", field.Offset, field.Size, field.Name, value)
		}
	}
	if p.options.HexDump {
		for line := range strings.Lines(hex.Dump(f.Bytes)) {
			fmt.Fprint(p.w, "    ", line)
		}
	}
	return nil // the writer is buffered and remembers its error
}

func (p *textPrinter) summary(s Summary) error {
	text := s.String()
	if s.Malformed > 0 {
		text = p.paint(colorMalformed, text)
	}
	_, err := fmt.Fprintln(p.w, text)
	return err
}
