package osdio

import (
	"context"
	"io"

	"github.com/pkg/errors"

	"simplemessenger/messages"
)

// chunk is how much of an object is written or read with one request.
const chunk = 4 << 20

// Put writes all of r into an object, in place of what it had, and returns the number of bytes. Large objects are written in
// pieces: if it fails in the middle the object is incomplete.
func (c *Client) Put(ctx context.Context, pool, object string, r io.Reader) (written int64, err error) {
	if err := checkPool(ctx, c.monitors, pool); err != nil {
		return 0, err
	}
	what := messages.OpWriteFull
	for {
		data := make([]byte, chunk) // the messenger has it until the answer is there
		n, err := io.ReadFull(r, data)
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return written, errors.WithStack(err)
		}
		if n > 0 || written == 0 {
			op := messages.OSDOp{Object: object, Flags: messages.FlagWrite,
				Ops: []messages.ObjectOp{messages.NewExtentOp(what, uint64(written), uint64(n), uint32(n))}}
			if _, err := c.do(ctx, pool, op, data[:n]); err != nil {
				return written, err
			}
			what = messages.OpWrite
			written += int64(n)
		}
		if last {
			return written, nil
		}
	}
}

// Get writes all of an object to w and returns the number of bytes.
func (c *Client) Get(ctx context.Context, pool, object string, w io.Writer) (read int64, err error) {
	if err := checkPool(ctx, c.monitors, pool); err != nil {
		return 0, err
	}
	for {
		op := messages.OSDOp{Object: object, Flags: messages.FlagRead,
			Ops: []messages.ObjectOp{messages.NewExtentOp(messages.OpRead, uint64(read), chunk, 0)}}
		data, err := c.do(ctx, pool, op, nil)
		if err != nil {
			return read, err
		}
		n, err := w.Write(data)
		read += int64(n)
		if err != nil {
			return read, errors.WithStack(err)
		}
		if len(data) < chunk {
			return read, nil
		}
	}
}
