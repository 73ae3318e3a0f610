//go:build linux || darwin

package pipe

import "golang.org/x/sys/unix"

func readv(fd int, pieces [][]byte) (int, error) { return unix.Readv(fd, pieces) }
