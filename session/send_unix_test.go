//go:build linux && amd64

package session_test

import (
	"syscall"
	"testing"

	"simplemessenger/session"
	"simplemessenger/wire"
)

// untouchedMemory returns memory that takes up none as long as nobody looks at it.
func untouchedMemory(t *testing.T, n int) []byte {
	t.Helper()
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skipf("SKIPPED: no address space of 4 GiB here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(b) })
	return b
}

// loopbackHost is a host for a connection to oneself, which asks it for little.
type loopbackHost struct{ session.Host }

func (loopbackHost) Name() wire.EntityName { return wire.OSD(0) }
func (loopbackHost) Addr() wire.EntityAddr { return wire.EntityAddr{} }
