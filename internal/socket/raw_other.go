//go:build !unix

package socket

const canUseRaw = false
