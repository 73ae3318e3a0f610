//go:build !race && !assertions

package session

const assertions = false
