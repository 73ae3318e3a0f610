package workload

import (
	"sync"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// server answers pings in kind.
type server struct {
	m      *simplemsgr.Messenger
	ledger *ledger
}

func (s *server) Dispatch(m *simplemsgr.Message) bool {
	if m.Type != typePing {
		return true
	}
	if l, ok := decodeLabel(m.Front); ok {
		s.ledger.receive(l)
	}
	// A dead connection takes its answers with it: the client is told.
	_ = m.Connection().Send(&simplemsgr.Message{Type: typePing, TID: m.TID, Front: m.Front,
		Data: m.Data})
	return true
}

// channel is one connection of a client, as the oracle sees it.
type channel struct {
	connection *simplemsgr.Connection
	number     uint64 // of the channel
	epoch      uint64
	next       uint64
	pending    []payload // unanswered pings, oldest first
}

// client sends pings and checks the answers. It is its messenger's dispatcher.
type client struct {
	m      *simplemsgr.Messenger
	number uint64
	load   *load

	mu       sync.Mutex
	channels map[*simplemsgr.Connection]*channel
	opened   uint64
	excused  map[channelEpoch]bool // epochs that ended with a reset, or a mark down
}

func (c *client) Dispatch(m *simplemsgr.Message) bool {
	l, ok := decodeLabel(m.Front)
	if m.Type != typePing || !ok {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.channels[m.Connection()]
	if ch == nil || l.epoch < ch.epoch || l.channel != ch.number {
		return true // an answer to what a reset has excused
	}
	if len(ch.pending) == 0 || !ch.pending[0].equal(m.Front, m.Data) {
		c.load.wrong("client %d: answer %+v does not match the oldest of %d unanswered", c.number,
			l, len(ch.pending))
		return true
	}
	ch.pending = ch.pending[1:]
	c.load.answered(1)
	return true
}

// forget ends the epoch of a channel: what is unanswered is excused. Called with c.mu held.
func (c *client) forget(ch *channel) {
	c.excused[channelEpoch{c.number, ch.number, ch.epoch}] = true
	c.load.forgotten(len(ch.pending))
	ch.pending = nil
	ch.epoch++
}

func (c *client) HandleConnect(*simplemsgr.Connection) {}
func (c *client) HandleAccept(*simplemsgr.Connection)  {}
func (c *client) HandleRefused(*simplemsgr.Connection) {}

func (c *client) HandleReset(con *simplemsgr.Connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.channels[con]; ch != nil {
		c.forget(ch)
		delete(c.channels, con)
		c.load.reset(false)
	}
}

func (c *client) HandleRemoteReset(con *simplemsgr.Connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.channels[con]; ch != nil {
		c.forget(ch)
		c.load.reset(true)
	}
}

// connect opens a channel to a server, unless there is one.
func (c *client) connect(to wire.EntityInst) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	con, err := c.m.Connect(to)
	if err != nil {
		return err
	}
	if c.channels[con] == nil {
		c.opened++
		c.channels[con] = &channel{connection: con, number: c.opened}
		c.load.connected()
	}
	return nil
}

// markDown ends a channel from this side.
func (c *client) markDown(con *simplemsgr.Connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.channels[con]; ch != nil {
		con.MarkDown()
		c.forget(ch)
		delete(c.channels, con)
		c.load.markedDown()
	}
}

// send sends a ping, or now and then something urgent in between.
func (c *client) send(con *simplemsgr.Connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.channels[con]
	if ch == nil {
		return
	}
	if c.load.random.IntN(20) == 0 {
		_ = con.Send(&simplemsgr.Message{Type: typeOther, Priority: wire.PriorityHigh,
			Front: noise[:100]})
		c.load.other()
		return
	}
	ch.next++
	p := newPayload(label{c.number, ch.number, ch.epoch, ch.next}, c.load.random,
		c.load.parameters.MaxPayload)
	if con.Send(&simplemsgr.Message{Type: typePing, TID: ch.next, Front: p.front,
		Data: p.data}) != nil {
		ch.next-- // the connection is dead, and the reset event on its way
		return
	}
	ch.pending = append(ch.pending, p)
	c.load.sent()
}

func (c *client) connections() []*simplemsgr.Connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*simplemsgr.Connection, 0, len(c.channels))
	for con := range c.channels {
		all = append(all, con)
	}
	return all
}
