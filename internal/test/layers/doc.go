// Package layers has the tests of the laws of docs/architecture.md, which hold for the whole tree:
// who may import whom, that rules are pure, that locks are taken and given back where one can see
// it, that switches are exhaustive, and that docs name tests which exist.
package layers
