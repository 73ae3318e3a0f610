package decode

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/capture"
)

// Options say what File prints.
type Options struct {
	// JSON lines instead of text; the other options but Connection and HexDump have no effect on
	// them
	JSON       bool
	Brief      bool // one line per frame, without the fields
	HexDump    bool // the bytes of each frame as well
	Connection int  // only the connection with this number, if not 0
	Color      bool // for a terminal
}

// printer writes what was decoded in one of the output formats.
type printer interface {
	connection(*Connection) error
	frame(*Connection, *Frame) error
	summary(Summary) error
}

// File decodes a file, or the standard input if path is "-", and writes what it finds to w. The
// input is a packet capture (pcap or pcapng, also compressed by gzip) or hexadecimal text as
// [ParseHex] takes it, which stands for what one side sent.
//
// A capture that ends within a packet is no error; the summary tells.
func File(ctx context.Context, w io.Writer, path string, options Options) (Summary, error) {
	input := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return Summary{}, errors.WithMessage(err, "decode")
		}
		defer f.Close()
		input = f
	}
	return Reader(ctx, w, input, options)
}

// Reader is File for an input that is open already.
func Reader(ctx context.Context, w io.Writer, input io.Reader, options Options) (Summary, error) {
	in, out := bufio.NewReader(input), bufio.NewWriter(w)
	prefix, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return Summary{}, errors.WithMessage(err, "decode")
	}
	if bytes.HasPrefix(prefix, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return Summary{}, errors.WithMessage(err, "decode: gzip")
		}
		in = bufio.NewReader(unzipped)
		if prefix, err = in.Peek(4); err != nil && !errors.Is(err, io.EOF) {
			return Summary{}, errors.WithMessage(err, "decode: gzip")
		}
	}
	var connections []*Connection
	var summary Summary
	if capture.IsCapture(prefix) {
		var recorded []*capture.Connection
		if recorded, err = capture.Read(in); errors.Is(err, capture.ErrCutOff) {
			summary.CutOff, err = true, nil
		}
		connections = Connections(recorded)
	} else {
		connections, err = readHex(in)
	}
	damage := errors.WithMessage(err, "decode") // told after what could be read before it

	var p printer = &textPrinter{w: out, options: options}
	if options.JSON {
		p = &jsonPrinter{w: out, options: options}
	}
	if err := print(ctx, p, connections, options, &summary); err != nil {
		return summary, errors.WithMessage(err, "decode")
	}
	if err := out.Flush(); err != nil {
		return summary, errors.WithMessage(err, "decode")
	}
	return summary, damage
}

func print(ctx context.Context, p printer, connections []*Connection, options Options,
	summary *Summary) error {
	for _, c := range connections {
		if err := ctx.Err(); err != nil {
			return err
		}
		if options.Connection != 0 && options.Connection != c.Number {
			continue
		}
		if c.Protocol == "" {
			summary.Connections++
		} else {
			summary.Other++
		}
		if err := p.connection(c); err != nil {
			return err
		}
		for _, f := range c.Frames {
			summary.count(f)
			if err := p.frame(c, f); err != nil {
				return err
			}
		}
	}
	if options.Connection != 0 && summary.Connections+summary.Other == 0 {
		return errors.Errorf("there is no connection %d (there are %d)", options.Connection,
			len(connections))
	}
	return p.summary(*summary)
}
