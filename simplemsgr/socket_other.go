//go:build !linux && !darwin

package simplemsgr

import "net"

// There is no such option here.
func setNotSentLowWater(*net.TCPConn, int) error { return nil }
