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

// lateSYN reports whether a SYN with that sequence number begins a connection that was seen from
// its midst on: the packets were recorded in another order than they went.
func (e *entry) lateSYN(d Direction, seq uint32) bool {
	side, other := &e.sides[d], &e.sides[d.Reverse()]
	if !e.connection.Midway {
		return false
	}
	if side.synced {
		return side.base == seq+1
	}
	return other.sure // a SYN and ACK was there, and nothing of this side yet
}

// turn makes client and server change places.
func (e *entry) turn() {
	c := e.connection
	c.Client, c.Server = c.Server, c.Client
	c.streams[0], c.streams[1] = c.streams[1], c.streams[0]
	e.sides[0], e.sides[1] = e.sides[1], e.sides[0]
	for d := range e.sides {
		e.sides[d].stream = &c.streams[d]
	}
}

// table assigns packets to connections.
type table struct {
	open map[pair]*entry // the current connection of a pair of addresses, under client → server
	all  []*entry        // in the order of their first packets
	// listening are the ends that answered a SYN, to tell client from server where the SYN is
	// missing.
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
		side.startAt(seq)
	}
	// Keep-alive probes of TCP repeat a byte that was acknowledged; add drops it as a
	// retransmission.
	side.add(seq, segment{data: p.payload, packet: number, time: at})
	side.stream.FIN = side.stream.FIN || p.fin
	side.stream.RST = side.stream.RST || p.rst
}

// find returns the connection of a packet, which may be a new one, and the packet's direction in
// it. It returns nil for what is not worth a connection: a packet without data of a connection that
// was never seen.
func (t *table) find(p tcpPacket) (*entry, Direction) {
	if t.open == nil {
		t.open, t.listening = map[pair]*entry{}, map[netip.AddrPort]bool{}
	}
	if p.syn && !p.ack {
		t.listening[p.to] = true
		// A SYN with another sequence number takes the pair of ports for a new connection.
		if e := t.open[pair{p.from, p.to}]; e != nil &&
			(e.synSeq == p.seq && !e.connection.Midway || e.lateSYN(FromClient, p.seq)) {
			e.connection.Midway, e.synSeq = false, p.seq
			return e, FromClient
		}
		if e := t.open[pair{p.to, p.from}]; e != nil && e.lateSYN(FromServer, p.seq) {
			// It was guessed the other way round who is the client.
			delete(t.open, pair{p.to, p.from})
			e.turn()
			t.open[pair{p.from, p.to}] = e
			e.connection.Midway, e.synSeq = false, p.seq
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
