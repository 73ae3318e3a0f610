//go:build !linux

package bench

func residentSize() uint64 { return 0 }

func ioCalls() uint64 { return 0 }
