package simulator

import (
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Pair is a pair of policies that belong together.
type Pair struct {
	Name           string
	Server, Client simplemsgr.Policy
	// Peers: both sides are bound, and either may connect.
	Peers bool
}

// The pairs of policies that Ceph's daemons use.
var (
	Stateless = Pair{Name: "stateless server, lossy client", Server: simplemsgr.StatelessServer(),
		Client: simplemsgr.LossyClient()}
	Stateful = Pair{Name: "stateful server, lossless client", Server: simplemsgr.StatefulServer(),
		Client: simplemsgr.LosslessClient()}
	Peers = Pair{Name: "lossless peers", Server: simplemsgr.LosslessPeer(),
		Client: simplemsgr.LosslessPeer(), Peers: true}
	PeerReuse = Pair{Name: "lossless peers reuse", Server: simplemsgr.LosslessPeerReuse(),
		Client: simplemsgr.LosslessPeerReuse(), Peers: true}
)

// Pairs has all of them.
var Pairs = []Pair{Stateless, Stateful, Peers, PeerReuse}

// Lossy reports whether sessions of the pair are lossy.
func (p Pair) Lossy() bool { return p.Server.Lossy }

// Endpoints returns two endpoints with the policies of the pair, not yet started: osd.0 at
// 10.0.0.1, and client.1 or, for peers, osd.1, at 10.0.0.2.
func (p Pair) Endpoints(w *World) (server, client *Endpoint) {
	server = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
	name := wire.Client(1)
	if p.Peers {
		name = wire.OSD(1)
	}
	client = w.Endpoint(name, "10.0.0.2", p.Peers)
	server.SetPolicy(name.Type, p.Server)
	client.SetPolicy(wire.EntityOSD, p.Client)
	return server, client
}

// Start returns two endpoints as Endpoints does, started.
func (p Pair) Start(w *World) (server, client *Endpoint) {
	server, client = p.Endpoints(w)
	return server.Start(), client.Start()
}
