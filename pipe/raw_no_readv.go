//go:build unix && !linux && !darwin

package pipe

import "syscall"

func readv(fd int, pieces [][]byte) (int, error) { return syscall.Read(fd, pieces[0]) }
