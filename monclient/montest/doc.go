// Package montest is a test double of a cluster's monitors: for tests of programs that log in to
// one, ask it something, and go by its maps.
//
//	func TestProgram(t *testing.T) {
//		mons := montest.New(t, montest.Config{Keyring: montest.NewKeyring("client.admin")})
//		c, err := monclient.Dial(t.Context(), mons.Client("client.admin"))
//		…
//		mons.Maps().ChangeOSDMap(&messages.OSDMapIncremental{…})
//		mons.Stop("a") // and c goes on with mon.b
//	}
//
// A Cluster is one or more monitors at real addresses, or at those of a network in memory. They let
// clients log in by cephx or without credentials, give them tickets, answer pings and commands, the
// latter by a function, and send what is subscribed to as the test publishes it. What they agree on
// are the Maps of the cluster.
//
// There is no quorum and no paxos: a test says what the monitors know, and all of them know it at
// once. A Monitor alone is a dispatcher, for who has a messenger already.
//
// It does not import testing, so a program may run one as well: see Start.
package montest
