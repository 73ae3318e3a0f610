package main

import (
	"fmt"

	"simplemessenger/messages"
	"simplemessenger/monclient"
)

func monitors(u *monclient.Update) (all []string) {
	for rank, mon := range u.MonMap.Monitors {
		all = append(all, fmt.Sprintf("monmap %d: mon.%s has rank %d, at %v", u.Epoch, mon.Name,
			rank, mon.Addrs))
	}
	return all
}

func manager(u *monclient.Update) []string {
	if !u.MgrMap.Available {
		return []string{fmt.Sprintf("mgrmap %d: no manager", u.Epoch)}
	}
	return []string{fmt.Sprintf("mgrmap %d: mgr.%s is active", u.Epoch, u.MgrMap.ActiveName)}
}

func lines(u *monclient.Update) (all []string) {
	for _, entry := range u.Log {
		all = append(all, fmt.Sprintf("log: %v %v: %s", entry.Name, entry.Priority, entry.Text))
	}
	return all
}

// osdWatch says in what an osdmap differs from the one before.
type osdWatch struct{ before messages.OSDMap }

func (w *osdWatch) changes(u *monclient.Update) (all []string) {
	say := func(format string, args ...any) {
		all = append(all, fmt.Sprintf("osdmap %d: ", u.Epoch)+fmt.Sprintf(format, args...))
	}
	now := u.OSDMap
	for id := range int64(max(len(now.OSDs), len(w.before.OSDs))) {
		is, was := now.OSD(id), w.before.OSD(id)
		switch {
		case is.Up() && (!was.Up() || is.Addrs.Legacy() != was.Addrs.Legacy()):
			say("osd.%d is up at %v", id, is.Addrs.Legacy())
		case !is.Up() && was.Up():
			say("osd.%d is down", id)
		}
	}
	for _, pool := range now.Pools {
		if _, was := w.before.Pool(pool.Name); !was {
			say("pool %s has %d groups", pool.Name, pool.PGNum)
		}
	}
	for _, pool := range w.before.Pools {
		if _, is := now.Pool(pool.Name); !is {
			say("pool %s is gone", pool.Name)
		}
	}
	w.before = *now
	return all
}
