// Package monclient is a client's conversation with the monitors of a cluster:
// who wants anything of Ceph logs in there first, and is told where the rest is.
//
// Dial finds a monitor that answers and logs in to it with cephx or without
// credentials; LoadConf makes its Config of a ceph.conf. The Client that it returns
//
//   - is an auth.Client: as simplemsgr.Config.AuthClient it gives a messenger
//     the tickets with which to connect to osds and managers;
//   - knows the monmap, and keeps it up to date;
//   - says where the other daemons are (Locate), and brings the maps of the cluster, its log and
//     our options as they change (Subscribe);
//   - carries commands to the monitors, as the ceph command does;
//   - renews tickets before they expire, and at once when a peer refuses one;
//   - goes over to another monitor when its own dies or falls silent. Commands
//     under way are sent again; nobody has to notice.
//
// # One conversation after the other
//
// The Client talks to one monitor at a time. A session is that conversation: a
// messenger of its own, one connection, one login. It begins with the
// login, in lines that read like the protocol, and goes on until the connection
// breaks; then comes the hunt for the next one. All of it is done by one
// goroutine, run, which owns the login, the session and the commands under way.
// Others talk to it through channels.
//
// A login needs no name, and only after it does a client know its own
// ("client.4123", by the global id). So the messenger of a session calls itself
// "client.?", and the messenger for everybody else is made when Dial has returned:
//
//	c, err := monclient.Dial(ctx, config)
//	m := simplemsgr.New(wire.Client(int64(c.GlobalID())), simplemsgr.Config{AuthClient: c})
//
// Programs that stand on it are tested with package montest.
//
// # What is not signed
//
// Connections to monitors are opened before the login, without an authorizer, and
// in protocol v1 they stay without signatures. docs/auth.md says what that means.
package monclient
