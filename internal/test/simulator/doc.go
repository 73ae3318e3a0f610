// Package simulator puts messengers into a world in which time, the network and its failures belong
// to the test, and watches that they keep their promises.
//
// A World is a network in memory (package memnet) inside a bubble of virtual time
// (testing/synctest), with named Endpoints: a messenger each, on a host of its own, which can be
// marked down, crashed and started again. Nothing in it waits in real time.
//
//	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
//		server, client := simulator.Stateful.Endpoints(w)
//		stream := client.Stream(client.Connect(server))
//		stream.Send(10)
//		w.Net.Conns()[0].Reset()
//		stream.Send(10)
//		w.Drain()
//	})
//
// # The oracle
//
// Messages go out by Streams: what each of them carries says who sent it, over which connection,
// and as the how manieth. The world checks each one that arrives, and at its end the whole:
//
//   - what is sent over one connection arrives in order and never twice;
//   - nothing is missing, unless a reset was told to either side (or one of them crashed, or marked
//     the other down), one for each
//     gap; on a lossy connection only the end can be missing;
//   - every opening of a session is told by one accept or connect event, every loss of one by one
//     remote reset, and every
//     connection ends with exactly one reset event, or none if the user marked it down;
//   - all throttles are back at zero, all queues empty and all goroutines gone.
//
// # Repeating a failure
//
// All random draws of a world come from one seed. A test that fails prints it, with the timeline of
// all its messengers and the command that runs it again.
package simulator
