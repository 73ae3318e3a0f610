package montest

import (
	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
)

// subscribe answers with what there is, and remembers what is wanted when there is something newer.
func (mon *Monitor) subscribe(m *simplemsgr.Message, c *client) {
	var asked messages.MonSubscribe
	if request.Decode(m, &asked) != nil {
		return
	}
	con := m.Connection()
	mon.mu.Lock()
	defer mon.mu.Unlock()
	if mon.config.AckInterval != 0 {
		reply(m, request.Encode(&messages.MonSubscribeAck{Interval: mon.config.AckInterval,
			FSID: mon.config.MonMap().FSID}))
	}
	for _, what := range asked.What {
		c.wants[what.Name] = what.Start
		mon.serveLocked(con, c, what.Name)
		if what.Once {
			delete(c.wants, what.Name)
		}
	}
	mon.clients[con] = c
}

// HandleReset implements simplemsgr.ConnectionHandler, as do those after it.
func (mon *Monitor) HandleReset(con *simplemsgr.Connection) {
	mon.mu.Lock()
	defer mon.mu.Unlock()
	delete(mon.clients, con)
}

// HandleConnect does nothing.
func (mon *Monitor) HandleConnect(*simplemsgr.Connection) {}

// HandleAccept does nothing.
func (mon *Monitor) HandleAccept(*simplemsgr.Connection) {}

// HandleRemoteReset does nothing.
func (mon *Monitor) HandleRemoteReset(*simplemsgr.Connection) {}

// HandleRefused does nothing.
func (mon *Monitor) HandleRefused(*simplemsgr.Connection) {}

// publish sends everybody what they want of what is new.
func (mon *Monitor) publish() {
	mon.mu.Lock()
	defer mon.mu.Unlock()
	for con, c := range mon.clients {
		if !con.IsAlive() {
			delete(mon.clients, con)
			continue
		}
		for what := range c.wants {
			mon.serveLocked(con, c, what)
		}
	}
}

// serveLocked sends what there is of a subscription from its next epoch on.
func (mon *Monitor) serveLocked(con *simplemsgr.Connection, c *client, what string) {
	next := c.wants[what]
	if what == "monmap" {
		if epoch := uint64(mon.config.MonMap().Epoch); next <= epoch {
			mon.sendMonMap(con)
			c.wants[what] = epoch + 1
		}
		return
	}
	for _, m := range mon.config.Maps.since(what, &next) {
		send(con, m)
	}
	c.wants[what] = next
}
