package capture

import (
	"net/netip"
	"time"
)

// pair is the two ends of a packet.
type pair struct{ from, to netip.AddrPort }

// entry is a connection while its packets come in.
type entry struct {
	connection *Connection
	sides      [2]assembly // by Direction
	synSeq     uint32      // sequence number of the client's SYN
}

// table assigns packets to connections.
type table struct {
	open map[pair]*entry // the current connection of a pair of addresses, under client → server
	all  []*entry        // in the order of their first packets
	// listening are the ends that answered a SYN, to tell client from server where the SYN is missing.
	listening map[netip.AddrPort]bool
}

func (t *table) add(p tcpPacket, number int, at time.Time) {
	e, direction := t.find(p)
	if e == nil {
		return
	}
	e.connection.LastPacket = number
	if e.connection.FirstPacket == 0 {
		e.connection.FirstPacket = number
	}
	side := &e.sides[direction]
	seq := p.seq
	if p.syn {
		seq++ // the SYN itself takes a sequence number
		side.start(seq)
	}
	// Keep-alive probes of TCP repeat a byte that was acknowledged; add drops it as a retransmission.
	side.add(seq, segment{data: p.payload, packet: number, time: at})
	side.stream.FIN = side.stream.FIN || p.fin
	side.stream.RST = side.stream.RST || p.rst
}

// find returns the connection of a packet, which may be a new one, and the packet's direction in it. It returns nil
// for what is not worth a connection: a packet without data of a connection that was never seen.
func (t *table) find(p tcpPacket) (*entry, Direction) {
	if t.open == nil {
		t.open, t.listening = map[pair]*entry{}, map[netip.AddrPort]bool{}
	}
	if p.syn && !p.ack {
		t.listening[p.to] = true
		// A SYN with another sequence number takes the pair of ports for a new connection.
		if e := t.open[pair{p.from, p.to}]; e != nil && !e.connection.Midway && e.synSeq == p.seq {
			return e, FromClient
		}
		delete(t.open, pair{p.to, p.from})
		e := t.begin(p.from, p.to, false)
		e.synSeq = p.seq
		return e, FromClient
	}
	if e := t.open[pair{p.from, p.to}]; e != nil {
		return e, FromClient
	}
	if e := t.open[pair{p.to, p.from}]; e != nil {
		return e, FromServer
	}
	switch {
	case p.syn: // and ACK: the packet before it was lost, but who is who is known
		t.listening[p.from] = true
		return t.begin(p.to, p.from, true), FromServer
	case len(p.payload) == 0:
		return nil, FromClient
	case t.listening[p.to] || !t.listening[p.from] && p.from.Port() >= p.to.Port():
		return t.begin(p.from, p.to, true), FromClient
	}
	return t.begin(p.to, p.from, true), FromServer
}

func (t *table) begin(client, server netip.AddrPort, midway bool) *entry {
	c := &Connection{Client: client, Server: server, Midway: midway}
	e := &entry{connection: c}
	for d := range c.streams {
		e.sides[d].stream = &c.streams[d]
	}
	t.open[pair{client, server}] = e
	t.all = append(t.all, e)
	return e
}

func (t *table) finish() []*Connection {
	var connections []*Connection
	for _, e := range t.all {
		for d := range e.sides {
			e.sides[d].finish()
		}
		connections = append(connections, e.connection)
	}
	return connections
}
