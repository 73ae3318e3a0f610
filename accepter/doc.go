// Package accepter binds a messenger to an address and accepts its sockets.
//
// An Accepter knows nothing of the protocol: it finds a free port, blocks in accept in a goroutine
// of its own, and hands each socket over. It goes on accepting when the process runs out of
// descriptors or memory, without spinning, until it is stopped.
package accepter
