package simplemsgr

import "time"

// Keepalive is how peers are asked whether they are still there. Ceph's clients and daemons do so
// by themselves, each for its own connections; its messenger does not, and gives up a healthy
// connection on which nobody has said anything for the read timeout.
//
// By default a peer is asked that has said nothing for a quarter of Pipe.ReadTimeout, or for up to
// half of it: a peer that is there answers, so that only one that is gone lets it pass. That costs
// nothing on a connection that is used.
type Keepalive struct {
	// Interval is how often each peer is asked, whatever else is said. 0 asks those that are silent
	// and negative asks nobody, as the original does.
	Interval time.Duration
	// Timeout, if it is above 0, is how long the answer may take, to be noticed a sixteenth of
	// Interval later; then the socket is given up, as by any fault, with pipe.ErrNoKeepalive. An
	// answer says more than what the peer says by itself: that what we write arrives. What our own
	// throttles and dispatchers leave unread is not held against the peer. One that does not speak
	// KEEPALIVE2 does not answer, and has all the time of the world.
	Timeout time.Duration
}

// keepaliveTurns is in how many turns all connections are asked, so that thousands of them are not
// asked at one moment.
const keepaliveTurns = 16

func (m *Messenger) startKeepalives() {
	every := m.config.Keepalive.Interval
	if every == 0 && m.config.Pipe.ReadTimeout > 0 {
		every = m.config.Pipe.ReadTimeout / 4
	}
	if every > 0 {
		m.goroutines.Go(func() { m.runKeepalives(max(every/keepaliveTurns, time.Millisecond)) })
	}
}

// runKeepalives looks after the connections, in turns, until the messenger shuts down.
func (m *Messenger) runKeepalives(tick time.Duration) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for turn := uint64(0); ; turn++ {
		select {
		case <-ticker.C:
			m.lookAfter(turn % keepaliveTurns)
		case <-m.stopping:
			return
		}
	}
}

// lookAfter looks after the connections whose turn it is; with a timeout after all.
func (m *Messenger) lookAfter(turn uint64) {
	k, now := m.config.Keepalive, time.Now()
	for _, s := range m.table.All() {
		switch id := s.ConnectionID(); {
		case id == 0: // its peer is not let in yet
		case id%keepaliveTurns == turn:
			s.Keepalive(now, k.Interval > 0, k.Timeout)
		case k.Timeout > 0:
			s.CheckKeepalive(now, k.Timeout)
		}
	}
}
