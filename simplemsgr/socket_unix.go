//go:build linux || darwin

package simplemsgr

import (
	"net"

	"golang.org/x/sys/unix"
)

// setNotSentLowWater bounds what a socket holds that is not sent yet.
func setNotSentLowWater(conn *net.TCPConn, bytes int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, bytes)
	}); err != nil {
		return err
	}
	return set
}
