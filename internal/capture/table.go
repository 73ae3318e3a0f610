package capture

import (
	"net/netip"

	"github.com/gopacket/gopacket/layers"
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

func (t *table) add(from, to netip.AddrPort, tcp *layers.TCP, s segment) {
	e, direction := t.find(from, to, tcp)
	if e == nil {
		return
	}
	e.connection.LastPacket = s.packet
	if e.connection.FirstPacket == 0 {
		e.connection.FirstPacket = s.packet
	}
	side := &e.sides[direction]
	seq := tcp.Seq
	if tcp.SYN {
		seq++ // the SYN itself takes a sequence number
		side.start(seq)
	}
	// Keep-alive probes of TCP repeat a byte that was acknowledged; add drops it as a retransmission.
	side.add(seq, s)
	side.stream.FIN = side.stream.FIN || tcp.FIN
	side.stream.RST = side.stream.RST || tcp.RST
}

// find returns the connection of a packet, which may be a new one, and the packet's direction in it. It returns nil
// for what is not worth a connection: a packet without data of a connection that was never seen.
func (t *table) find(from, to netip.AddrPort, tcp *layers.TCP) (*entry, Direction) {
	if t.open == nil {
		t.open, t.listening = map[pair]*entry{}, map[netip.AddrPort]bool{}
	}
	if tcp.SYN && !tcp.ACK {
		t.listening[to] = true
		// A SYN with another sequence number takes the pair of ports for a new connection.
		if e := t.open[pair{from, to}]; e != nil && !e.connection.Midway && e.synSeq == tcp.Seq {
			return e, FromClient
		}
		delete(t.open, pair{to, from})
		e := t.begin(from, to, false)
		e.synSeq = tcp.Seq
		return e, FromClient
	}
	if e := t.open[pair{from, to}]; e != nil {
		return e, FromClient
	}
	if e := t.open[pair{to, from}]; e != nil {
		return e, FromServer
	}
	switch {
	case tcp.SYN: // and ACK: the packet before it was lost, but who is who is known
		t.listening[from] = true
		return t.begin(to, from, true), FromServer
	case len(tcp.Payload) == 0:
		return nil, FromClient
	case t.listening[to] || !t.listening[from] && from.Port() >= to.Port():
		return t.begin(from, to, true), FromClient
	}
	return t.begin(to, from, true), FromServer
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
