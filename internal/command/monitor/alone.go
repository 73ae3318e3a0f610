package monitor

import (
	"simplemessenger/messages"
	"simplemessenger/wire"
)

// closedWorld is the fsid of every cluster that has one of our monitors.
var closedWorld = messages.UUID{0: 0xc1, 1: 0x05, 2: 0xed}

// Alone returns a Config.MonMap of one monitor of that name, whose address is known once it listens.
func Alone(name string, addr func() wire.EntityAddr) func() *messages.MonMap {
	return func() *messages.MonMap {
		return &messages.MonMap{FSID: closedWorld, Epoch: 1, MinMonRelease: 14,
			Monitors: []messages.Monitor{{Name: name, Addrs: wire.AddrVec{addr()}}}}
	}
}
