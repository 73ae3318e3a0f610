//go:build !race

package sessiontest

// raceEnabled says that everything takes ten times as long.
const raceEnabled = false

const defaultSeeds = 150
