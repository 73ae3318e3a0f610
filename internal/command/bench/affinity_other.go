//go:build !linux

package bench

import "github.com/pkg/errors"

// Pin is for Linux only.
func Pin(int) error { return errors.New("pinning to a processor works on Linux only") }
