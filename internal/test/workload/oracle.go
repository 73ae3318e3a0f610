package workload

import (
	"fmt"
	"sync"
)

// Result is what came of a load.
type Result struct {
	Name                               string
	Connections, MarkedDown            int
	Sent, Answered, Others             int
	Lost, Duplicated, Reordered, Wrong int
	Resets, RemoteResets               int // that clients were told of
	// of sockets, and messages sent again, at both sides
	Faults, Resent int
	// the first of what was lost, duplicated, reordered or wrong
	Unexplained []string
}

// Clean reports whether the promise was kept.
func (r Result) Clean() bool {
	return r.Lost == 0 && r.Duplicated == 0 && r.Reordered == 0 && r.Wrong == 0 && r.Answered > 0
}

// String returns one line.
func (r Result) String() string {
	return fmt.Sprintf("%s: connections %d, marked down %d, sent %d, answered %d, others %d, "+
		"resets %d, remote resets %d, faults %d, resent %d, lost %d, duplicated %d, reordered %d, "+
		"wrong %d",
		r.Name, r.Connections, r.MarkedDown, r.Sent, r.Answered, r.Others, r.Resets, r.RemoteResets,
		r.Faults, r.Resent, r.Lost, r.Duplicated, r.Reordered, r.Wrong)
}

// ledger is what the servers saw of all channels.
type ledger struct {
	mu     sync.Mutex
	seen   map[channelEpoch]*sightings
	result *Result
}

type channelEpoch struct{ client, channel, epoch uint64 }

type sightings struct {
	last uint64
	gaps int
}

// receive notes a ping at a server.
func (g *ledger) receive(l label) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := channelEpoch{l.client, l.channel, l.epoch}
	s := g.seen[key]
	if s == nil {
		s = &sightings{last: l.number - 1} // an epoch begins anywhere
		if l.epoch == 0 {
			s.last = 0
		}
		g.seen[key] = s
	}
	switch {
	case l.number == s.last:
		g.result.Duplicated++
		g.complain("%+v twice", l)
	case l.number < s.last:
		g.result.Reordered++
		g.complain("%+v after %d", l, s.last)
	default:
		s.gaps += int(l.number - s.last - 1)
	}
	s.last = max(s.last, l.number)
}

func (g *ledger) complain(format string, args ...any) {
	if len(g.result.Unexplained) < 20 {
		g.result.Unexplained = append(g.result.Unexplained, fmt.Sprintf(format, args...))
	}
}

// explain counts as lost every gap in a channel's numbers that no reset explains.
func (g *ledger) explain(excused func(channelEpoch) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, s := range g.seen {
		if s.gaps > 0 && !excused(key) {
			g.result.Lost += s.gaps
			g.complain("%+v: %d pings skipped", key, s.gaps)
		}
	}
}
