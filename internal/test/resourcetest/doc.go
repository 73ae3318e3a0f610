// Package resourcetest holds the tests of what messengers take and give back: memory, descriptors,
// goroutines, throttles; and of peers that take without giving.
package resourcetest
