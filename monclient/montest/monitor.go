package montest

import (
	"sync"
	"sync/atomic"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// CommandFunc answers a command to the monitors: args is the text of a JSON object, input what came
// with it.
type CommandFunc func(args, input []byte) (output []byte, status string, result messages.Errno)

// MonitorConfig says what a Monitor knows.
type MonitorConfig struct {
	// MonMap returns the present map, with this monitor in it.
	MonMap func() *messages.MonMap
	// Name is that in the map.
	Name string
	// Authority judges logins; nil takes everybody, by the method none.
	Authority *cephx.Authority
	// Command answers commands, one at a time; nil knows none.
	Command CommandFunc
	// Maps are what clients subscribe to beside the monmap; nil for none.
	Maps *Maps
	// AckInterval, unless 0, is in how many seconds clients have to renew their subscriptions, as
	// monitors want it from who has no feature MON_STATEFUL_SUB.
	AckInterval uint32
}

// Monitor is a dispatcher that answers as a monitor does. The messenger has a monitor's name, takes
// peers without credentials (auth/none's ExceptMonitors), and has the policy StatelessServer.
type Monitor struct {
	config       MonitorConfig
	lastGlobalID atomic.Uint64 // with the method none

	mu      sync.Mutex // held while something is sent, so that maps go out in order
	clients map[*simplemsgr.Connection]*client
}

// NewMonitor returns a Monitor.
func NewMonitor(config MonitorConfig) *Monitor {
	if config.Maps == nil {
		config.Maps = NewMaps(messages.UUID{})
	}
	mon := &Monitor{config: config, clients: map[*simplemsgr.Connection]*client{}}
	config.Maps.watch(mon)
	return mon
}

// client is what the monitor knows of a connection.
type client struct {
	session *cephx.AuthoritySession // nil with the method none; of the dispatch goroutine
	known   bool                    // logged in; of the dispatch goroutine
	wants   map[string]uint64       // subscriptions, and their next epochs; behind Monitor.mu
}

// Dispatch implements simplemsgr.Dispatcher.
func (mon *Monitor) Dispatch(m *simplemsgr.Message) bool {
	con := m.Connection()
	c, ok := con.Priv().(*client)
	if !ok {
		c = &client{wants: map[string]uint64{}}
		if mon.config.Authority != nil {
			c.session = mon.config.Authority.NewSession()
		}
		con.SetPriv(c)
	}
	switch typ := messages.Type(m.Type); {
	case typ == messages.TypePing:
		reply(m, &simplemsgr.Message{Type: m.Type, Version: 1, Front: mon.ping()})
	case typ == messages.TypeAuth:
		mon.auth(m, c)
	case !c.known:
		// As in Ceph: whoever is not logged in gets no answer.
	case typ == messages.TypeMonGetMap:
		mon.sendMonMap(con)
	case typ == messages.TypeMonSubscribe:
		mon.subscribe(m, c)
	case typ == messages.TypeMonCommand:
		mon.command(m)
	}
	return true
}

// reply sends an answer. A connection that is gone takes its answers with it.
func reply(to, answer *simplemsgr.Message) {
	answer.TID = to.TID
	send(to.Connection(), answer)
}

func send(con *simplemsgr.Connection, m *simplemsgr.Message) {
	m.Priority = wire.PriorityHigh
	_ = con.Send(m)
}

func (mon *Monitor) auth(m *simplemsgr.Message, c *client) {
	var asked messages.Auth
	if request.Decode(m, &asked) != nil {
		return
	}
	answer := mon.login(auth.LoginRequest{Protocol: asked.Protocol, Payload: asked.Payload}, c)
	reply(m, request.Encode(&messages.AuthReply{Protocol: answer.Protocol, Result: answer.Result,
		GlobalID: answer.GlobalID, Payload: answer.Payload, Message: answer.Message}))
	if c.known && mon.config.MonMap().Epoch > asked.MonMapEpoch {
		mon.sendMonMap(m.Connection())
	}
}

func (mon *Monitor) login(request auth.LoginRequest, c *client) auth.LoginReply {
	if c.session != nil {
		answer, err := c.session.Handle(request)
		if _, ok := c.session.Identity(); ok && err == nil {
			c.known = true
		}
		return answer
	}
	initial, err := auth.DecodeInitialRequest(request.Payload)
	if err != nil {
		return auth.LoginReply{Result: int32(messages.EINVAL)}
	}
	for _, p := range initial.Protocols {
		if p == wire.AuthNone {
			c.known = true
			id := initial.GlobalID
			if id == 0 {
				id = firstGlobalID + mon.lastGlobalID.Add(1)
			}
			return auth.LoginReply{Protocol: wire.AuthNone, GlobalID: id}
		}
	}
	return auth.LoginReply{Result: int32(messages.EOPNOTSUPP)}
}

// firstGlobalID is below the first number that is given out, as in Ceph.
const firstGlobalID = 4096

func (mon *Monitor) sendMonMap(con *simplemsgr.Connection) {
	send(con, request.Encode(mon.config.MonMap()))
}
