package memnet

import "time"

// hostPair is two hosts, the one that was made first in front.
type hostPair [2]*Host

func pairOf(a, b *Host) hostPair {
	if b.order < a.order {
		a, b = b, a
	}
	return hostPair{a, b}
}

// Partition keeps everything that two hosts send each other from arriving, until
// [Network.Heal]. Nothing fails: data waits in flight, as TCP would retransmit
// it, and writes go on until the stream is full; dials wait. What has arrived
// can be read.
func (n *Network) Partition(a, b *Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.partitions[pairOf(a, b)] = true
}

// Heal ends a partition. What waited arrives, in order; what was sent less than
// its latency ago when it comes due.
func (n *Network) Heal(a, b *Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.partitions, pairOf(a, b))
	now := time.Now()
	for _, c := range n.connsBetween(a, b) {
		c.toServer.advance(now)
		c.toClient.advance(now)
	}
}

func (n *Network) partitioned(a, b *Host) bool {
	return len(n.partitions) > 0 && n.partitions[pairOf(a, b)]
}

func (n *Network) connsBetween(a, b *Host) []*Conn {
	pair := pairOf(a, b)
	return n.selectConns(func(c *Conn) bool { return pairOf(c.clientHost, c.serverHost) == pair })
}
