//go:build !race

package model

// raceEnabled says that everything takes ten times as long.
const raceEnabled = false
