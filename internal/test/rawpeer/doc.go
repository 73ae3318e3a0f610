// Package rawpeer is a peer that does exactly what a test says: it speaks protocol v1 frame by
// frame over any net.Conn, in either role, and can say what no messenger would ever say.
//
// A script is a few calls on a Peer. Calls named Send and Expect move the conversation on by one
// piece; Open and Accept are the whole of a handshake, for tests whose subject comes later. What
// does not come as expected fails the test at once, with what came instead.
//
//	peer := rawpeer.New(t, conn, wire.EntityInst{Name: wire.Client(1)})
//	peer.Open(wire.EntityOSD)
//	frame := peer.Message(wire.MessageHeader{Type: 1}, []byte("front"), nil, nil)
//	frame[len(frame)-1] = 0 // a footer without the flag COMPLETE
//	peer.Send(frame)
//	peer.ExpectClosed()
//
// A Peer answers nothing by itself, no keepalive and no SEQ, and keeps only the numbers that a
// script would otherwise have to count. It is used by one goroutine.
package rawpeer
