package monitor

import (
	"simplemessenger/auth/cephx"
	"simplemessenger/messages"
	"simplemessenger/monclient/montest"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// closedWorld is the fsid of every cluster that has one of our monitors.
var closedWorld = messages.UUID{0: 0xc1, 1: 0x05, 2: 0xed}

// Alone returns the dispatcher of a monitor that is the only one, whose address is known once it
// listens. Without an authority it takes everybody.
func Alone(name string, authority *cephx.Authority,
	addr func() wire.EntityAddr) simplemsgr.Dispatcher {
	return montest.NewMonitor(montest.MonitorConfig{Name: name, Authority: authority,
		MonMap: func() *messages.MonMap {
			return &messages.MonMap{FSID: closedWorld, Epoch: 1, MinMonRelease: 14,
				Monitors: []messages.Monitor{{Name: name, Addrs: wire.AddrVec{addr()}}}}
		}})
}
