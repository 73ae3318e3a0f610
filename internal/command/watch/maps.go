package watch

import (
	"fmt"
	"strings"

	"simplemessenger/messages"
)

// osdMapNow says what a map has, in a line.
func osdMapNow(m *messages.OSDMap) string {
	total, up, in := 0, 0, 0
	for _, o := range m.OSDs {
		if o.Exists() {
			total++
		}
		if o.Up() {
			up++
		}
		if o.In() {
			in++
		}
	}
	text := fmt.Sprintf("%d osds: %d up, %d in; %d pools", total, up, in, len(m.Pools))
	if flags := m.Flags.String(); flags != "" {
		text += "; " + flags
	}
	return text
}

// osdMapChanges says what is other than before. A map in which nothing of that has changed is told
// as well: something has, of which clients know nothing.
func osdMapChanges(before, after *messages.OSDMap) (texts []string) {
	say := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	for id := range max(len(before.OSDs), len(after.OSDs)) {
		was, is := before.OSD(int64(id)), after.OSD(int64(id))
		switch {
		case !was.Exists() && is.Exists():
			say("osd.%d is new", id)
		case was.Exists() && !is.Exists():
			say("osd.%d is gone", id)
			continue
		}
		switch {
		case is.Up() && (!was.Up() || was.Addrs.Legacy() != is.Addrs.Legacy()):
			say("osd.%d is up at %v", id, is.Addrs.Legacy())
		case was.Up() && !is.Up():
			say("osd.%d is down", id)
		}
		switch {
		case is.In() && !was.In():
			say("osd.%d is in", id)
		case was.In() && !is.In():
			say("osd.%d is out", id)
		case was.Weight != is.Weight && is.In():
			say("osd.%d has weight %.2f", id, float64(is.Weight)/0x10000)
		}
	}
	texts = append(texts, poolChanges(before.Pools, after.Pools)...)
	if before.Flags != after.Flags {
		say("flags are %v", after.Flags)
	}
	if len(texts) == 0 {
		say("%s", osdMapNow(after))
	}
	return texts
}

func poolChanges(before, after []messages.Pool) (texts []string) {
	was := map[int64]messages.Pool{}
	for _, p := range before {
		was[p.ID] = p
	}
	for _, p := range after {
		old, ok := was[p.ID]
		delete(was, p.ID)
		switch {
		case !ok:
			texts = append(texts, fmt.Sprintf("pool %s (%d) is new: size %d, %d pgs", p.Name, p.ID,
				p.Size, p.PGNum))
		case old.Name != p.Name:
			texts = append(texts, fmt.Sprintf("pool %s (%d) is now %s", old.Name, p.ID, p.Name))
		case old != p:
			texts = append(texts, fmt.Sprintf("pool %s (%d) has changed: size %d, %d pgs", p.Name,
				p.ID, p.Size, p.PGNum))
		}
	}
	for _, p := range before {
		if _, gone := was[p.ID]; gone {
			texts = append(texts, fmt.Sprintf("pool %s (%d) is gone", p.Name, p.ID))
		}
	}
	return texts
}

func mgrMapNow(m *messages.MgrMap) string {
	var text string
	switch {
	case m.ActiveName == "":
		text = "no mgr is active"
	case !m.Available:
		text = fmt.Sprintf("mgr.%s becomes active", m.ActiveName)
	default:
		text = fmt.Sprintf("mgr.%s is active at %v", m.ActiveName, m.ActiveAddrs.Legacy())
	}
	if len(m.Standbys) > 0 {
		names := make([]string, len(m.Standbys))
		for i, s := range m.Standbys {
			names[i] = s.Name
		}
		text += ", standbys " + strings.Join(names, ", ")
	}
	return text
}

func monMapNow(m *messages.MonMap) string {
	names := make([]string, len(m.Monitors))
	for i, mon := range m.Monitors {
		names[i] = fmt.Sprintf("mon.%s at %v", mon.Name, mon.Addrs.Legacy())
	}
	return strings.Join(names, ", ")
}
