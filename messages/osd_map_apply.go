package messages

import (
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Apply returns the map that inc makes of m, which stays as it is; the two share what has not
// changed. It fails if inc is of another cluster, is not for this map, or speaks of an osd that
// there cannot be.
func (m *OSDMap) Apply(inc *OSDMapIncremental) (*OSDMap, error) {
	switch {
	case inc.FSID != m.FSID && inc.FSID != UUID{}:
		return nil, errors.WithMessagef(wire.ErrInvalid, "messages: apply to the osdmap of %v a "+
			"change of that of %v", m.FSID, inc.FSID)
	case inc.Epoch != m.Epoch+1:
		return nil, errors.WithMessagef(wire.ErrInvalid, "messages: apply to osdmap %d the "+
			"change that makes %d", m.Epoch, inc.Epoch)
	case inc.Full != nil && inc.Full.Epoch != inc.Epoch:
		return nil, errors.WithMessagef(wire.ErrInvalid, "messages: apply to osdmap %d: new map "+
			"%d inside of %d", m.Epoch, inc.Full.Epoch, inc.Epoch)
	case inc.Full != nil:
		return inc.Full, nil
	}
	next := *m
	next.Epoch, next.Modified = inc.Epoch, inc.Modified
	if inc.Flags >= 0 {
		next.Flags = OSDMapFlags(inc.Flags)
	}
	next.applyPools(inc)
	return &next, next.applyOSDs(inc)
}

func (m *OSDMap) applyPools(inc *OSDMapIncremental) {
	if len(inc.Pools)+len(inc.Names)+len(inc.OldPools) == 0 {
		return
	}
	m.Pools = slices.Clone(m.Pools)
	for _, p := range inc.Pools {
		i, ok := findPool(m.Pools, p.ID)
		if ok {
			p.Name = m.Pools[i].Name
			m.Pools[i] = p
		} else {
			m.Pools = slices.Insert(m.Pools, i, p)
		}
	}
	for _, n := range inc.Names {
		if i, ok := findPool(m.Pools, n.ID); ok {
			m.Pools[i].Name = n.Name
		}
	}
	m.Pools = slices.DeleteFunc(m.Pools, func(p Pool) bool {
		return slices.Contains(inc.OldPools, p.ID)
	})
}

// applyOSDs changes the osds in the order that Ceph has: weights, what is no longer so, what is up.
func (m *OSDMap) applyOSDs(inc *OSDMapIncremental) error {
	n := len(m.OSDs)
	if inc.MaxOSD > MaxOSDs {
		return errors.WithMessagef(wire.ErrTooLarge, "messages: osdmap %d: max_osd %d", inc.Epoch,
			inc.MaxOSD)
	}
	if inc.MaxOSD >= 0 {
		n = int(inc.MaxOSD)
	}
	if n == len(m.OSDs) && len(inc.Up)+len(inc.States)+len(inc.Weights) == 0 {
		return nil
	}
	osds := make([]OSDInfo, n)
	copy(osds, m.OSDs)
	m.OSDs = osds
	for _, w := range inc.Weights {
		o, err := m.changed(w.OSD)
		if err != nil {
			return err
		}
		o.Weight = w.Weight
		if w.Weight != 0 {
			o.State = o.State&^osdAuto | OSDExists
		}
	}
	for _, s := range inc.States {
		o, err := m.changed(s.OSD)
		if err != nil {
			return err
		}
		switch bits := s.Bits; {
		case bits&o.State&OSDExists != 0:
			*o = OSDInfo{Weight: o.Weight}
		case bits == 0:
			o.State ^= OSDUp
		default:
			o.State ^= bits
		}
	}
	for _, up := range inc.Up {
		o, err := m.changed(up.OSD)
		if err != nil {
			return err
		}
		o.State |= OSDExists | OSDUp
		o.Addrs = up.Addrs
	}
	return nil
}

// changed returns the osd that a change is about.
func (m *OSDMap) changed(osd int32) (*OSDInfo, error) {
	if osd < 0 || int(osd) >= len(m.OSDs) {
		return nil, errors.WithMessagef(wire.ErrInvalid, "messages: osdmap %d changes osd.%d of %d",
			m.Epoch, osd, len(m.OSDs))
	}
	return &m.OSDs[osd], nil
}
