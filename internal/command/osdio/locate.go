package osdio

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/wire"
)

// location is where an object or a placement group is.
type location struct {
	Epoch  uint32
	PG     messages.PG
	Hash   uint32 // of the object's name
	Object string
	OSD    wire.EntityInst
}

// place is what a request is for. Requests for one object share it: as long as none fails, the
// monitors are asked once.
type place struct {
	ask   func(context.Context) (location, error)
	turn  chan struct{} // one slot: whose turn it is to ask, and to touch known
	known *location     // nil if the monitors have to be asked
}

func newPlace(ask func(context.Context) (location, error)) *place {
	return &place{ask: ask, turn: make(chan struct{}, 1)}
}

// find returns where it is, by what is known or anew.
func (p *place) find(ctx context.Context, anew bool) (location, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return location{}, errors.WithStack(ctx.Err())
	}
	if p.known != nil && !anew {
		return *p.known, nil
	}
	p.known = nil
	where, err := p.ask(ctx)
	if err == nil {
		p.known = &where
	}
	return where, err
}

// object returns the place of an object.
func (c *Client) object(pool, object string) *place {
	return newPlace(func(ctx context.Context) (location, error) {
		var m struct {
			Epoch   uint32 `json:"epoch"`
			RawPGID string `json:"raw_pgid"` // pool and hash
			PGID    string `json:"pgid"`
			Primary int64  `json:"acting_primary"`
		}
		if err := cluster.Command(ctx, c.monitors, map[string]any{"prefix": "osd map",
			"pool": pool, "object": object}, &m); err != nil {
			return location{}, err
		}
		raw, err := parsePG(m.RawPGID)
		if err != nil {
			return location{}, err
		}
		pg, err := parsePG(m.PGID)
		if err != nil {
			return location{}, err
		}
		return c.at(ctx, location{Epoch: m.Epoch, PG: pg, Hash: raw.Seed, Object: object},
			m.Primary)
	})
}

// group returns the place of a placement group.
func (c *Client) group(pg messages.PG) *place {
	return newPlace(func(ctx context.Context) (location, error) {
		var m struct {
			Epoch  uint32  `json:"epoch"`
			Acting []int64 `json:"acting"` // of a replicated pool, the primary first
		}
		if err := cluster.Command(ctx, c.monitors, map[string]any{"prefix": "pg map",
			"pgid": formatPG(pg)}, &m); err != nil {
			return location{}, err
		}
		primary := int64(-1)
		if len(m.Acting) > 0 {
			primary = m.Acting[0]
		}
		return c.at(ctx, location{Epoch: m.Epoch, PG: pg, Hash: pg.Seed,
			Object: "pg " + formatPG(pg)}, primary)
	})
}

// at fills in where the osd is that a request has to go to.
func (c *Client) at(ctx context.Context, where location, primary int64) (location, error) {
	nobody := &noOSDError{formatPG(where.PG), where.Epoch}
	if primary < 0 || primary > 1<<31 { // 0x7fffffff, too, stands for none
		return where, nobody
	}
	var err error
	where.OSD, err = c.monitors.Locate(ctx, "osd."+strconv.FormatInt(primary, 10))
	if errors.Is(err, monclient.ErrNoAddress) {
		return where, nobody
	}
	return where, err
}

// noOSDError says that an object is nowhere at the moment: the osds that should have it are down.
type noOSDError struct {
	pg    string
	epoch uint32 // of the map that says so
}

func (e *noOSDError) Error() string {
	return fmt.Sprintf("pg %s has no osd that is up (osdmap %d)", e.pg, e.epoch)
}

// parsePG reads a form such as "1.2f", pool and hexadecimal seed.
func parsePG(s string) (messages.PG, error) {
	before, after, _ := strings.Cut(s, ".")
	pool, err := strconv.ParseUint(before, 10, 64)
	if err != nil {
		return messages.PG{}, errors.Errorf("%q is not a pg", s)
	}
	n, err := strconv.ParseUint(after, 16, 32)
	if err != nil {
		return messages.PG{}, errors.Errorf("%q is not a pg", s)
	}
	return messages.PG{Pool: pool, Seed: uint32(n)}, nil
}

func formatPG(pg messages.PG) string { return fmt.Sprintf("%d.%x", pg.Pool, pg.Seed) }

// checkPool refuses pools in which the osd would wait for a request to one of its shards.
func (c *Client) checkPool(ctx context.Context, name string) (messages.Pool, bool, error) {
	m, err := c.monitors.OSDMap(ctx)
	if err != nil {
		return messages.Pool{}, false, err
	}
	pool, ok := m.Pool(name)
	if ok && pool.Type == messages.PoolErasure {
		return pool, ok, errors.Errorf("pool %s is erasure coded, which is not supported here",
			name)
	}
	return pool, ok, nil // what is not there will be noticed
}
