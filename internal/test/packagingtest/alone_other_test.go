//go:build !linux

package packagingtest

import "testing"

// runAlone needs a chroot and the format of Linux.
func runAlone(*testing.T, string) {}
