package osdio

import (
	"context"
	"fmt"
	"io"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/messages"
)

const (
	// chunk is how much of an object is written or read with one request.
	chunk = 4 << 20
	// defaultMaxObjectSize is that of Ceph (osd_max_object_size).
	defaultMaxObjectSize = 128 << 20
)

// TooLargeError says that the cluster takes no object of that size.
type TooLargeError struct {
	Object  string
	Size    int64 // -1 if it is not known how large it would be
	Limit   int64 // osd_max_object_size
	Written int64 // how much of it is there
}

func (e *TooLargeError) Error() string {
	const advice = "split it, or raise osd_max_object_size"
	if e.Size >= 0 {
		return fmt.Sprintf("object %s: %d bytes are more than the %d that the cluster's osds take "+
			"as one object: nothing was written; %s", e.Object, e.Size, e.Limit, advice)
	}
	return fmt.Sprintf("object %s: the input is longer than the %d bytes that the cluster's osds "+
		"take as one object: the first %d were written; %s", e.Object, e.Limit, e.Written, advice)
}

// Put writes all of r into an object, in place of what it had, and returns the number of bytes that
// the osd has. size is how much r has, -1 if that is not known: what is known to be too large is
// refused before a byte is sent. Large objects are written in pieces: if it fails in the middle the
// object is incomplete.
func (c *Client) Put(ctx context.Context, pool, object string,
	r io.Reader, size int64) (written int64, err error) {
	if _, _, err := c.checkPool(ctx, pool); err != nil {
		return 0, err
	}
	limit := c.maxObjectSize(ctx)
	if size > limit {
		return 0, &TooLargeError{Object: object, Size: size, Limit: limit}
	}
	to := c.object(pool, object)
	pieces := newPieces(ctx, c.inFlight())
	defer pieces.end(nil)
	var offset int64
	for last := false; !last && pieces.err() == nil; {
		data := make([]byte, chunk) // the messenger has it until the answer is there
		n, err := io.ReadFull(r, data)
		last = err == io.EOF || err == io.ErrUnexpectedEOF
		data = data[:n]
		switch {
		case err != nil && !last:
			pieces.fail(errors.WithStack(err))
		case offset+int64(n) > limit:
			pieces.fail(&TooLargeError{Object: object, Size: -1, Limit: limit, Written: offset})
		case offset == 0:
			// It cuts off what the object had, so the others have to come after it.
			pieces.run(offset, func(ctx context.Context) ([]byte, error) {
				return nil, c.write(ctx, to, object, messages.OpWriteFull, 0, data)
			})
			pieces.wait()
		case n > 0:
			at := offset
			pieces.run(at, func(ctx context.Context) ([]byte, error) {
				return nil, c.write(ctx, to, object, messages.OpWrite, at, data)
			})
		}
		if pieces.err() == nil {
			offset += int64(n)
		}
	}
	failed := pieces.wait()
	if err := pieces.err(); err != nil {
		return min(failed, offset), err
	}
	return offset, nil
}

func (c *Client) write(ctx context.Context, to *place, object string, what uint16, offset int64,
	data []byte) error {
	op := messages.OSDOp{Object: object, Flags: messages.FlagWrite,
		Ops: []messages.ObjectOp{messages.NewExtentOp(what, uint64(offset), uint64(len(data)),
			uint32(len(data)))}}
	_, err := c.do(ctx, to, op, data)
	return err
}

// maxObjectSize returns the size of the largest object, as far as the monitors know.
func (c *Client) maxObjectSize(ctx context.Context) int64 {
	var size int64
	if err := cluster.Command(ctx, c.monitors, map[string]any{"prefix": "config get", "who": "osd",
		"key": "osd_max_object_size"}, &size); err != nil || size <= 0 {
		return defaultMaxObjectSize
	}
	return size
}

// Get writes all of an object to w and returns the number of bytes. Several pieces are read at
// once, and written in their order.
func (c *Client) Get(ctx context.Context, pool, object string,
	w io.Writer) (read int64, err error) {
	if _, _, err := c.checkPool(ctx, pool); err != nil {
		return 0, err
	}
	to := c.object(pool, object)
	stat, err := c.stat(ctx, to, object)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pieces := newPieces(ctx, c.inFlight())
	defer pieces.wait()
	defer cancel()
	next := int64(0)
	for offset := int64(0); offset < int64(stat.Size); offset += chunk {
		for ; next < int64(stat.Size) && next < offset+int64(c.inFlight())*chunk; next += chunk {
			at := next
			pieces.run(at, func(ctx context.Context) ([]byte, error) {
				op := messages.OSDOp{Object: object, Flags: messages.FlagRead,
					Ops: []messages.ObjectOp{messages.NewExtentOp(messages.OpRead, uint64(at),
						chunk, 0)}}
				got, err := c.do(ctx, to, op, nil)
				return got.data, err
			})
		}
		data, err := pieces.result(offset)
		if err != nil {
			return read, err
		}
		n, err := w.Write(data)
		read += int64(n)
		if err != nil {
			return read, errors.WithStack(err)
		}
		if len(data) < chunk {
			break
		}
	}
	return read, nil
}

// Stat returns size and time of an object.
func (c *Client) Stat(ctx context.Context, pool, object string) (messages.ObjectStat, error) {
	if _, _, err := c.checkPool(ctx, pool); err != nil {
		return messages.ObjectStat{}, err
	}
	return c.stat(ctx, c.object(pool, object), object)
}

func (c *Client) stat(ctx context.Context, to *place,
	object string) (stat messages.ObjectStat, err error) {
	op := messages.OSDOp{Object: object, Flags: messages.FlagRead,
		Ops: []messages.ObjectOp{{Op: messages.OpStat}}}
	got, err := c.do(ctx, to, op, nil)
	if err == nil {
		err = errors.WithMessagef(stat.Decode(got.data), "object %s", object)
	}
	return stat, err
}

// Remove removes an object.
func (c *Client) Remove(ctx context.Context, pool, object string) error {
	if _, _, err := c.checkPool(ctx, pool); err != nil {
		return err
	}
	op := messages.OSDOp{Object: object, Flags: messages.FlagWrite,
		Ops: []messages.ObjectOp{{Op: messages.OpDelete}}}
	_, err := c.do(ctx, c.object(pool, object), op, nil)
	return err
}
