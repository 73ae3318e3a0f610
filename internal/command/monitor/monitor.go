package monitor

import (
	"sync/atomic"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Config says what a Monitor knows.
type Config struct {
	// MonMap returns the present map, with this monitor in it.
	MonMap func() *messages.MonMap
	// Name is that in the map.
	Name string
	// Authority judges logins; nil takes everybody, by the method none.
	Authority *cephx.Authority
	// Command answers commands; nil knows none.
	Command func(args, input []byte) (output []byte, status string, result messages.Errno)
}

// Monitor is a dispatcher that answers as a monitor does. The messenger has a monitor's name, takes peers without
// credentials (auth/none's ExceptMonitors), and has the policy StatelessServer.
type Monitor struct {
	config       Config
	lastGlobalID atomic.Uint64 // with the method none
}

// New returns a Monitor.
func New(config Config) *Monitor { return &Monitor{config: config} }

// client is what the monitor knows of a connection. It belongs to the dispatch goroutine.
type client struct {
	session *cephx.AuthoritySession // nil with the method none
	known   bool                    // logged in
}

// Dispatch implements simplemsgr.Dispatcher.
func (mon *Monitor) Dispatch(m *simplemsgr.Message) bool {
	con := m.Connection()
	c, ok := con.Priv().(*client)
	if !ok {
		c = new(client)
		if mon.config.Authority != nil {
			c.session = mon.config.Authority.NewSession()
		}
		con.SetPriv(c)
	}
	switch typ := messages.Type(m.Type); {
	case typ == messages.TypePing:
		reply(m, messages.TypePing, 1, 0, mon.ping(), nil)
	case typ == messages.TypeAuth:
		mon.auth(m, c)
	case !c.known:
		// As in Ceph: whoever is not logged in gets no answer.
	case typ == messages.TypeMonGetMap:
		mon.sendMonMap(m)
	case typ == messages.TypeMonSubscribe:
		mon.subscribe(m)
	case typ == messages.TypeMonCommand:
		mon.command(m)
	}
	return true
}

// reply sends an answer. A connection that is gone takes its answers with it.
func reply(to *simplemsgr.Message, typ messages.Type, version, compat uint16, front, data []byte) {
	_ = to.Connection().Send(&simplemsgr.Message{Type: uint16(typ), Priority: wire.PriorityHigh, Version: version, CompatVersion: compat,
		TID: to.TID, Front: front, Data: data})
}

func (mon *Monitor) auth(m *simplemsgr.Message, c *client) {
	var request messages.Auth
	if request.Decode(m.Version, m.Front) != nil {
		return
	}
	answer := mon.login(auth.LoginRequest{Protocol: request.Protocol, Payload: request.Payload}, c)
	front := messages.AuthReply{Protocol: answer.Protocol, Result: answer.Result, GlobalID: answer.GlobalID, Payload: answer.Payload,
		Message: answer.Message}
	reply(m, messages.TypeAuthReply, messages.AuthReplyVersion, messages.AuthReplyCompatVersion, front.Append(nil), nil)
	if c.known && mon.config.MonMap().Epoch > request.MonMapEpoch {
		mon.sendMonMap(m)
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

func (mon *Monitor) sendMonMap(m *simplemsgr.Message) {
	reply(m, messages.TypeMonMap, messages.MonMapVersion, messages.MonMapCompatVersion, mon.config.MonMap().Append(nil), nil)
}

// subscribe answers with what there is. There is never anything newer.
func (mon *Monitor) subscribe(m *simplemsgr.Message) {
	var request messages.MonSubscribe
	if request.Decode(m.Version, m.Front) != nil {
		return
	}
	for _, what := range request.What {
		if what.Name == "monmap" && what.Start <= uint64(mon.config.MonMap().Epoch) {
			mon.sendMonMap(m)
		}
	}
}
