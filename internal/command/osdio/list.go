package osdio

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/messages"
)

// listed is how many objects one answer has at most.
const listed = 1000

// List calls each with every object of a pool, group by group, in the order in which the osds have
// them. It ends with the first error of each.
func (c *Client) List(ctx context.Context, pool string,
	each func(messages.ListedObject) error) error {
	p, ok, err := c.checkPool(ctx, pool)
	switch {
	case err != nil:
		return err
	case !ok:
		return errors.Errorf("pool %s does not exist", pool)
	}
	for seed := range p.PGNum {
		if err := c.listGroup(ctx, messages.PG{Pool: uint64(p.ID), Seed: seed}, each); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) listGroup(ctx context.Context, pg messages.PG,
	each func(messages.ListedObject) error) error {
	to := c.group(pg)
	for cursor := messages.ListStart(); ; {
		where, err := to.find(ctx, false)
		var nobody *noOSDError
		if err != nil && !errors.As(err, &nobody) {
			return err
		}
		op := messages.OSDOp{Flags: messages.FlagRead | messages.FlagIgnoreOverlay,
			Ops: []messages.ObjectOp{messages.NewListOp(listed, where.Epoch, cursor)}}
		got, err := c.do(ctx, to, op, cursor)
		if err != nil {
			return err
		}
		var list messages.ObjectList
		if err := list.Decode(got.data); err != nil {
			return errors.WithMessagef(err, "pg %s", formatPG(pg))
		}
		for _, o := range list.Objects {
			if err := each(o); err != nil {
				return err
			}
		}
		if got.result == messages.ListEnd {
			return nil
		}
		if len(list.Objects) == 0 {
			return errors.Errorf("pg %s: an answer without objects, and not the last one",
				formatPG(pg))
		}
		cursor = list.Cursor
	}
}
