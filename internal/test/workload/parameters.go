package workload

import (
	"time"

	"simplemessenger/pipe"
)

// Parameters describe one load.
type Parameters struct {
	Name                       string
	Servers, Clients           int
	ServerPolicy, ClientPolicy func() pipe.Policy
	// BindClients: clients listen too, so that servers can call them back.
	BindClients bool
	// FirstConnections are opened before the operations begin.
	FirstConnections, Operations int
	// What an operation is, in percent: a new connection, a connection marked down, a message, a
	// pause.
	NewPercent, DropPercent, SendPercent, SleepPercent int
	MaxConnections, MaxUnanswered                      int
	MaxPayload                                         int
	DispatchThrottle                                   int64
	Inject                                             pipe.Inject
	Seed                                               uint64
}

// Short returns p with a fraction of its operations and small payloads, for runs of seconds.
func (p Parameters) Short(operations, firstConnections, maxPayload int) Parameters {
	p.Operations, p.FirstConnections, p.MaxPayload = operations,
		min(firstConnections, p.FirstConnections), maxPayload
	return p
}

// Sets returns the six loads of Ceph's messenger test, and some that go beyond it.
func Sets() []Parameters {
	base := Parameters{
		Servers: 8, Clients: 32, FirstConnections: 100, Operations: 1000, NewPercent: 9,
		DropPercent: 10, SendPercent: 70, SleepPercent: 11,
		MaxConnections: 128, MaxUnanswered: 64, MaxPayload: 4 << 20,
	}
	set := func(name string, change func(*Parameters)) Parameters {
		p := base
		p.Name = name
		change(&p)
		return p
	}
	stateful := func(p *Parameters) {
		p.ServerPolicy, p.ClientPolicy = pipe.StatefulServer, pipe.LosslessClient
	}
	stateless := func(p *Parameters) {
		p.ServerPolicy, p.ClientPolicy = pipe.StatelessServer, pipe.LossyClient
	}
	reuse := func(p *Parameters) {
		p.ServerPolicy, p.ClientPolicy, p.BindClients = pipe.LosslessPeerReuse,
			pipe.LosslessPeerReuse, true
	}
	peer := func(p *Parameters) {
		// Without resetcheck nobody would tell of what a mark down loses, so nothing is marked
		// down.
		p.ServerPolicy, p.ClientPolicy, p.BindClients = pipe.LosslessPeer, pipe.LosslessPeer, true
		p.NewPercent, p.DropPercent, p.SendPercent = 4, 0, 85
	}
	failures := func(n int) func(*Parameters) {
		return func(p *Parameters) {
			p.Inject.SocketFailures, p.Inject.InternalDelays = n, 100*time.Millisecond
		}
	}
	throttled := func(p *Parameters) { p.DispatchThrottle = 16 << 20 }
	all := func(changes ...func(*Parameters)) func(*Parameters) {
		return func(p *Parameters) {
			for _, change := range changes {
				change(p)
			}
		}
	}
	return []Parameters{
		set("stress", all(stateful, func(p *Parameters) { p.Operations = 5000 })),
		set("stress 1", all(reuse, func(p *Parameters) {
			p.Servers, p.FirstConnections, p.Operations = 16, 10, 10000
			p.NewPercent, p.DropPercent, p.SendPercent = 19, 20, 50
		})),
		set("inject", all(stateful, failures(30), throttled)),
		set("inject 2", all(reuse, failures(30), throttled, func(p *Parameters) {
			p.Clients = 16
		})),
		set("inject 3", all(stateless, failures(600), throttled, func(p *Parameters) {
			p.Clients = 16
		})),
		set("inject 4", all(peer, failures(30), throttled, func(p *Parameters) {
			p.Servers = 16
			p.Inject.DelayProbability, p.Inject.DelayMax = 1, 5*time.Second
		})),
		set("lossless peer, 1 in 100", all(peer, func(p *Parameters) {
			p.Inject.SocketFailures = 100
		})),
		set("lossless peer, 1 in 500", all(peer, func(p *Parameters) {
			p.Inject.SocketFailures = 500
		})),
	}
}
