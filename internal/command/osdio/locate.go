package osdio

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

// location is where an object is.
type location struct {
	Epoch  uint32
	PG     messages.PG
	Hash   uint32 // of the object's name
	Object string
	OSD    wire.EntityInst
}

// locate asks the monitors where an object is now.
func locate(ctx context.Context, monitors cluster.Monitors, pool, object string) (location, error) {
	var m struct {
		Epoch   uint32 `json:"epoch"`
		PoolID  uint64 `json:"pool_id"`
		RawPGID string `json:"raw_pgid"` // pool and hash
		PGID    string `json:"pgid"`
		Primary int64  `json:"acting_primary"`
	}
	if err := cluster.Command(ctx, monitors, map[string]any{"prefix": "osd map", "pool": pool, "object": object}, &m); err != nil {
		return location{}, err
	}
	_, hash, err := parsePG(m.RawPGID)
	if err != nil {
		return location{}, err
	}
	poolID, seed, err := parsePG(m.PGID)
	if err != nil {
		return location{}, err
	}
	where := location{Epoch: m.Epoch, PG: messages.PG{Pool: poolID, Seed: seed}, Hash: hash, Object: object}
	if m.Primary < 0 {
		return where, &noOSDError{m.PGID, m.Epoch}
	}
	where.OSD, err = cluster.LocateOSD(ctx, monitors, strconv.FormatInt(m.Primary, 10))
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
func parsePG(s string) (pool uint64, seed uint32, err error) {
	before, after, _ := strings.Cut(s, ".")
	pool, err = strconv.ParseUint(before, 10, 64)
	if err != nil {
		return 0, 0, errors.Errorf("%q is not a pg", s)
	}
	n, err := strconv.ParseUint(after, 16, 32)
	if err != nil {
		return 0, 0, errors.Errorf("%q is not a pg", s)
	}
	return pool, uint32(n), nil
}

// checkPool refuses pools in which the osd would wait for a request to one of its shards.
func checkPool(ctx context.Context, monitors cluster.Monitors, pool string) error {
	var profile struct{}
	err := cluster.Command(ctx, monitors, map[string]any{"prefix": "osd pool get", "pool": pool, "var": "erasure_code_profile"}, &profile)
	if err == nil {
		return errors.Errorf("pool %s is erasure coded, which is not supported here", pool)
	}
	return nil // a replicated pool has no profile; a pool that is not there will be noticed
}
