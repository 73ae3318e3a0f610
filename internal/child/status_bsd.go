//go:build dragonfly || freebsd || netbsd || openbsd

package child

// noteStatus is nothing: the BSDs always say how a process has ended.
const noteStatus = 0
