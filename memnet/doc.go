// Package memnet is a deterministic TCP-like network in memory, for tests that
// need hosts, addresses, latency and faults but no real sockets.
//
// It works in real time and, because every wait is a [sync.Cond] or a channel
// and every delay a timer, inside a [testing/synctest] bubble, where a
// simulated minute costs nothing. Create the Network inside the bubble.
//
// # Model
//
// A [Network] has hosts, a [Host] has one or more IP addresses, and its Listen
// and Dial methods have the signatures of [net.ListenConfig.Listen] and
// [net.Dialer.DialContext]. A dial creates a [Conn], which has two sockets (the
// [net.Conn] values that the program under test holds, with a CloseWrite
// method as [net.TCPConn] has) and two directions, each a [Stream].
//
// Everything that travels is a segment of a stream: the two halves of the
// handshake, data, the end of the stream (FIN), a reset (RST). Each segment is
// given a latency between Config.MinLatency and Config.MaxLatency; a segment
// never overtakes an earlier one of the same stream. All data of one Write has
// one latency.
//
//	socket.Write → in flight → arrived → socket.Read
//	             latency     |         |
//	             partition ──┘         └── stall
//
// A stream holds at most Config.ReadBuffer bytes in flight and unread together;
// a Write waits for room. A partition between two hosts keeps segments from
// arriving, a stall keeps the reader from seeing them.
//
// # Ends of a connection
//
// They follow TCP, in its less forgiving readings:
//
//   - CloseWrite sends a FIN: the peer reads what is left, then io.EOF.
//   - Close sends a FIN when everything that has arrived was read, else a RST.
//   - Data that arrives at a closed socket is answered with a RST.
//   - A RST drops what the receiver has not read, unless Config.ResetKeepsUnread
//     is set; reads then fail with ECONNRESET. After a FIN that was read to the
//     end they keep returning io.EOF, and writes fail with EPIPE.
//   - [Conn.Reset] does that to both ends at once, without latency.
//   - A cut (see [Action]) is a RST that waits its turn: the receiver reads
//     exactly the bytes before it, then ECONNRESET.
//
// Errors are *net.OpError values, as those of package net: test them with
// errors.Is against syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED,
// syscall.EADDRINUSE, net.ErrClosed and os.ErrDeadlineExceeded.
//
// # Faults
//
// [Network.OnConn] sees every connection before its first segment; there a test
// picks connections by index, host or address and installs faults:
// [Stream.AfterBytes], [Stream.AtWrite], [Stream.AtRead]. The other faults can
// be had at any moment: [Conn.Reset], [Stream.Cut], [Stream.CloseWrite],
// [Stream.Stall] and [Stream.Resume], [Network.Partition] and [Network.Heal],
// [Network.ResetConns], [Network.HoldDials] and [Network.ReleaseDial], and
// random failures by Config.FailOneIn. To wait for a fault or a held dial there
// are [Fault.Fired] and [Network.AwaitHeldDials]; in a bubble synctest.Wait does.
//
// An I/O is one Read or Write call with a non-empty slice. [net.Buffers] writes
// its slices one by one, since a memnet socket is not a file descriptor.
//
// # Determinism
//
// All randomness comes from generators of single streams and sockets. They are
// derived from the seed, the client host, the server address and the count of
// dials between these two, so that neither other connections nor the order in
// which goroutines run shift the draws of a connection. What arrives or expires
// at one instant does so in a fixed order. What remains to the program under
// test is the order in which its goroutines call: a Read that finds more data
// because it came later makes fewer reads in all.
//
// # Locking
//
// One mutex, Network.mu, guards all mutable state of a network; it is never
// held while something waits or while a hook of the test runs. Unexported
// methods and functions that touch such state expect it held, exported ones
// take it. There are no background goroutines: one timer drives the network.
package memnet
