package main

// Compare returns -1, 0 or +1: which of two addresses is the lower one, as bytes in memory.
func Compare(a, b Addr) int {
	return 0 // TODO
}
