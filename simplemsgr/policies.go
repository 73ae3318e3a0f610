package simplemsgr

import "simplemessenger/session"

// Policy says how sessions with peers of one entity type behave.
type Policy = session.Policy

// The six policies of the original, by name.
//
//	policy              lossy  server  standby  resetcheck  used for
//	StatefulServer      no     yes     yes      yes         mds towards clients
//	StatelessServer     yes    yes     no       no          mon, osd towards clients
//	LosslessPeer        no     no      yes      no          osd and osd, mon and mon
//	LosslessPeerReuse   no     no      yes      yes         equals that may restart under the same address
//	LossyClient         yes    no      no       no          client towards mon, osd
//	LosslessClient      no     no      no       yes         client towards mds

// StatefulServer is the policy of a server that keeps its clients' sessions.
func StatefulServer() Policy { return session.StatefulServer() }

// StatelessServer is the policy of a server that forgets its clients with their sockets.
func StatelessServer() Policy { return session.StatelessServer() }

// LosslessPeer is the policy between equals that never restart under the same address.
func LosslessPeer() Policy { return session.LosslessPeer() }

// LosslessPeerReuse is the policy between equals that may restart under the same address.
func LosslessPeerReuse() Policy { return session.LosslessPeerReuse() }

// LossyClient is the policy of a client towards a StatelessServer.
func LossyClient() Policy { return session.LossyClient() }

// LosslessClient is the policy of a client towards a StatefulServer.
func LosslessClient() Policy { return session.LosslessClient() }

// PolicyByName returns the policy of that name, in the form "stateless-server", and whether there
// is one.
func PolicyByName(name string) (Policy, bool) {
	preset, ok := map[string]func() Policy{
		"stateful-server": StatefulServer, "stateless-server": StatelessServer,
		"lossless-peer":       LosslessPeer,
		"lossless-peer-reuse": LosslessPeerReuse, "lossy-client": LossyClient,
		"lossless-client": LosslessClient,
	}[name]
	if !ok {
		return Policy{}, false
	}
	return preset(), true
}

// PolicyNames returns the names that PolicyByName knows.
func PolicyNames() []string {
	return []string{"stateful-server", "stateless-server", "lossless-peer", "lossless-peer-reuse",
		"lossy-client", "lossless-client"}
}
