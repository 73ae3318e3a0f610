// Package monitor plays the monitors' part where there are none, as far as clients notice: it lets them log in, gives them
// tickets and the monmap, answers pings, and hands their commands to a function. There is no quorum, no paxos and no map but
// the monmap.
//
// It makes a closed world possible, of messengers with cephx and without Ceph, and is what monclient is tested with in virtual time.
package monitor
